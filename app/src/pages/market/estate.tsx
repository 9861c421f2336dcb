// Foreclosed collateral for sale. Its price falls in a line to zero over sixty days; anyone may buy.
import { poolAt } from "../../../../sdk/contracts.js";
import { atLeast } from "../../../../sdk/market.js";
import { min, mulUp, PRICE_SCALE, WAD } from "../../../../sdk/model/numbers.js";
import { pay } from "../../../../sdk/pay.js";
import { Limit, reasonsFor, Submit, useOwn, useSteady } from "../../actions/form.js";
import { argsOf, type Job, useJob } from "../../actions/job.js";
import { tooLittleInWallet } from "../../actions/reason.js";
import { slippage } from "../../actions/slippage.js";
import { useStore } from "../../chain/store.js";
import type { ReadyMarket } from "../../chain/types.js";
import {
  Amount,
  AmountField,
  amountText,
  Card,
  exactText,
  percentText,
  priceText,
  Stat,
  Time,
  useAmount,
} from "../../ui/index.js";
import { estateQuote } from "./estate-quote.js";

const PERIOD = 60n * 86_400n;

export function EstateCard({ ready }: { ready: ReadyMarket }) {
  const { market } = ready;
  const { estate, asset, collateral, prices } = market;
  if (estate.debtAssets === 0n && estate.collateral === 0n) return null;
  const discount = prices.high === 0n ? undefined : (estate.price * WAD) / prices.high;
  return (
    <Card title="Estate for sale">
      <p className="muted card-lead">
        Collateral that was taken over from borrowers past saving. Its price falls a little every second, to zero in the
        end; what it does not bring in is a loss.
      </p>
      <dl className="stats">
        <Stat label="For sale">
          <Amount value={estate.collateral} token={collateral} />
        </Stat>
        <Stat
          label={`Price now, ${asset.symbol} for a ${collateral.symbol}`}
          note={discount === undefined ? undefined : `${percentText(discount, 1)} of the oracle's`}
        >
          <span className="number">{priceText(estate.price, market)}</span>
        </Stat>
        <Stat label="Still owed">
          <Amount value={estate.debtAssets} token={asset} />
        </Stat>
        <Stat label="Falls to zero" note={<Time at={estate.startedAt + PERIOD} />}>
          <Time at={estate.startedAt + PERIOD} isRelative />
        </Stat>
      </dl>
      {estate.collateral === 0n ? null : <Buy ready={ready} />}
    </Card>
  );
}

function Buy({ ready }: { ready: ReadyMarket }) {
  const { addresses } = ready;
  const present = useOwn(ready);
  const { asset, collateral } = present.market;
  const amount = useAmount(asset);
  const running = useJob(ready, () => amount.setText(""));
  const own = useSteady(present, running.isBusy);
  const slippageBps = useStore(slippage);
  const { market, account } = own;
  const whole = mulUp(market.estate.collateral, market.estate.price, PRICE_SCALE);
  const { paid, bought } = estateQuote(market, amount.value);
  const least = atLeast(bought, slippageBps);
  const job: Job = {
    label: `Buy ${amountText(bought, collateral)}`,
    async act({ signer, onStep }) {
      const receiver = await signer.getAddress();
      const send = async () => await poolAt(addresses.pool, signer).buyEstate(amount.value, least, receiver, "0x");
      const direct = { spender: addresses.pool, send };
      return await pay(signer, { token: asset.token, amount: amount.value, direct }, { onStep });
    },
    told(events) {
      const args = argsOf(events, "pool", "EstateSold");
      if (args === undefined) return "";
      return `${amountText(args.collateral, collateral)} came to your wallet for ${amountText(args.paidAssets, asset)}.`;
    },
  };
  return (
    <div className="estate-buy">
      <AmountField
        label="Pay at most"
        token={asset}
        amount={amount}
        max={own.isNobody ? whole : min(whole, account.assetBalance)}
        maxLabel={own.isNobody ? "All of it costs" : "At most"}
        hint={bought === 0n ? "Buys as much as it pays for at the price of that second." : undefined}
      />
      <Limit>
        {bought === 0n
          ? "The price falls every second, and moves with the oracle's."
          : `${amountText(paid, asset)} now. You get at least ${amountText(least, collateral)}, or nothing happens.`}
      </Limit>
      <Submit
        job={bought === 0n || amount.problem !== undefined ? undefined : job}
        idle="Buy"
        running={running}
        reasons={reasonsFor(own, [...tooLittleInWallet(account.assetBalance, amount.value, asset)])}
        what={`exactly ${exactText(amount.value, asset)}`}
      />
    </div>
  );
}
