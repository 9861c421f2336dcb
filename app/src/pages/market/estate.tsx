// Foreclosed collateral for sale. Its price falls in a line to zero over sixty days; anyone may buy.
import { BPS, min, mulUp, PRICE_SCALE, WAD } from "../../../../sdk/model/numbers.js";
import { pay } from "../../../../sdk/pay.js";
import { poolAt } from "../../../../sdk/contracts.js";
import { useSend } from "../../chain/send.js";
import type { ReadyMarket } from "../../chain/types.js";
import {
  ActionButton,
  Amount,
  AmountField,
  amountText,
  Card,
  percentText,
  priceText,
  SendStatus,
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

/** The oracle may move a little until the transaction is mined: at least so much of the collateral is bought. */
const SLIPPAGE_BPS = 50n;

function Buy({ ready: { market, addresses, account } }: { ready: ReadyMarket }) {
  const { asset, collateral, estate } = market;
  const amount = useAmount(asset);
  const sending = useSend(addresses);
  const whole = mulUp(estate.collateral, estate.price, PRICE_SCALE);
  const max = account === undefined ? whole : min(whole, account.assetBalance);
  const { paid, bought } = estateQuote(market, amount.value);
  const isTooMuch = account !== undefined && amount.value > account.assetBalance;
  const buy = async () => {
    const receipt = await sending.run(`Buy ${amountText(bought, collateral)}`, async ({ signer, onStep }) => {
      const receiver = await signer.getAddress();
      const least = (bought * (BPS - SLIPPAGE_BPS)) / BPS;
      const send = async () => await poolAt(addresses.pool, signer).buyEstate(amount.value, least, receiver, "0x");
      const direct = { spender: addresses.pool, send };
      return await pay(signer, { token: asset.token, amount: amount.value, direct }, { onStep });
    });
    if (receipt !== undefined) amount.setText("");
  };
  return (
    <div className="estate-buy">
      <AmountField
        label="Pay at most"
        token={asset}
        amount={amount}
        max={max}
        maxLabel={account === undefined ? "All of it costs" : "At most"}
        problem={isTooMuch ? `There is ${amountText(account.assetBalance, asset)} in your wallet.` : undefined}
        hint={bought === 0n ? "Buys as much as it pays for at the price of that second." : undefined}
      />
      {bought === 0n ? null : (
        <p>
          Buys about <Amount value={bought} token={collateral} /> for <Amount value={paid} token={asset} />, and at
          least {percentText(((BPS - SLIPPAGE_BPS) * WAD) / BPS, 1)} of that or nothing.
        </p>
      )}
      <ActionButton sending={sending} isDisabled={bought === 0n || isTooMuch} onClick={() => void buy()}>
        Buy
      </ActionButton>
      <SendStatus sending={sending} />
    </div>
  );
}
