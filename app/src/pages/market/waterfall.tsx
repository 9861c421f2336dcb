// The waterfall as a picture: loans, reserve, fund, suppliers, and a loss that can be moved through them.
import { type CSSProperties, Fragment, useState } from "react";

import { type Account, bearing, type Market, type Tick } from "../../../../sdk/market.js";
import { max, mulDown, PRICE_SCALE, WAD } from "../../../../sdk/model/numbers.js";
import { MARKET } from "../../paths.js";
import { to } from "../../shell/path.js";
import type { ReadyMarket } from "../../chain/types.js";
import {
  Amount,
  amountText,
  Button,
  Card,
  type Column,
  Percent,
  percentText,
  sharePriceText,
  Stat,
  Table,
} from "../../ui/index.js";
import { fallen, shortfallAt } from "./book.js";
import { lossAt, markdownOf, type Picture, pictureOf, STEPS, stepOf, type Tier } from "./picture.js";

const CLAIM = `${MARKET}/claim`;

const NAMES: Record<Tier["name"], string> = { reserve: "Reserve", fund: "Insurance fund", suppliers: "Suppliers" };

const ROLES: Record<Tier["name"], string> = {
  reserve: "The pool's own shares pay first.",
  fund: "Then the stakes of insurers.",
  suppliers: "Only the rest, by one lower share price for all.",
};

/** Falls of the collateral's price that one can ask for, in percent. */
const FALLS = [25n, 50n, 75n];

/** What the picture shows: what the oracle says, a loss of some size, or what a fall of the price would uncover. */
type Choice =
  | { readonly kind: "now" }
  | { readonly kind: "loss"; readonly loss: bigint }
  | { readonly kind: "fall"; readonly percent: bigint };

function lossOf(choice: Choice, market: Market, ticks: readonly Tick[]): bigint {
  if (choice.kind === "now") return market.cover.shortfall;
  if (choice.kind === "loss") return choice.loss;
  return shortfallAt(market, ticks, fallen(market.prices.low, choice.percent));
}

export function Waterfall({ ready, ticks }: { ready: ReadyMarket; ticks: readonly Tick[] | undefined }) {
  const { market, account } = ready;
  const { asset, prices } = market;
  const [choice, choose] = useState<Choice>({ kind: "now" });
  const debt = market.totals.debtAssets;
  const picture = pictureOf(market, lossOf(choice, market, ticks ?? []));
  const isNow = choice.kind === "now";
  const low = choice.kind === "fall" ? fallen(prices.low, choice.percent) : prices.low;
  return (
    <Card title="Who bears a loss" id="waterfall">
      <p className="verdict">
        <Verdict picture={picture} market={market} isNow={isNow} />
      </p>
      {market.certificates.unpaidFace === 0n ? null : (
        <p className="verdict-more">
          Suppliers bore losses before: <Amount value={market.certificates.unpaidFace} token={asset} isCompact /> is
          still owed to them, and what comes back goes there first. <a href={to(CLAIM, { name: ready.name })}>Claim</a>
        </p>
      )}
      <div className="falls">
        <Loans market={market} loss={picture.loss} low={low} />
        {picture.tiers.map((tier, index) => (
          <Fragment key={tier.name}>
            <Pipe amount={tier.arrives} loss={picture.loss} market={market} />
            <Vessel tier={tier} place={index + 1} market={market} />
          </Fragment>
        ))}
      </div>
      {debt === 0n ? (
        <p className="muted">Nothing is lent, so nothing can be lost.</p>
      ) : (
        <div className="loss-control">
          <div className="loss-head">
            <label htmlFor="loss">A loss of</label>
            <output htmlFor="loss">{amountText(picture.loss, asset)}</output>
          </div>
          <input
            id="loss"
            type="range"
            min={0}
            max={STEPS}
            value={stepOf(picture.loss, debt)}
            aria-valuetext={inWords(picture, market)}
            style={trackOf(picture, debt)}
            onChange={({ target }) => choose({ kind: "loss", loss: lossAt(Number(target.value), debt) })}
          />
          <div className="row chips">
            <Button className="small" aria-pressed={isNow} onClick={() => choose({ kind: "now" })}>
              Now
            </Button>
            {ticks === undefined || prices.low === 0n
              ? null
              : FALLS.map((percent) => (
                  <Button
                    key={percent}
                    className="small"
                    aria-pressed={choice.kind === "fall" && choice.percent === percent}
                    title="What would be uncovered if the price fell so far and nobody were liquidated on the way"
                    onClick={() => choose({ kind: "fall", percent })}
                  >
                    {market.collateral.symbol} −{percentText((percent * WAD) / 100n)}
                  </Button>
                ))}
          </div>
        </div>
      )}
      <dl className="stats outcome">
        <Stat
          label="Exit price, assets a share"
          note={
            picture.markdownWad === 0n
              ? "nothing off the gross price"
              : `${percentText(picture.markdownWad)} off the gross price`
          }
        >
          <span className="number">
            {picture.exitAfter === picture.exitBefore ? "" : `${sharePriceText(picture.exitBefore)} → `}
            {sharePriceText(picture.exitAfter)}
          </span>
        </Stat>
        <Stat label="Reserve and fund bear">
          <Amount value={picture.preview.fromReserve + picture.preview.fromFund} token={asset} isCompact />
        </Stat>
        <Stat label="Suppliers bear (the haircut)">
          <Amount value={picture.preview.haircut} token={asset} isCompact />
        </Stat>
        {account === undefined ? null : <YourPart market={market} account={account} picture={picture} />}
      </dl>
      <details className="as-table">
        <summary>The same as a table</summary>
        <Table
          caption="Who bears the loss"
          columns={columnsOf(market)}
          rows={picture.tiers}
          keyOf={({ name }) => name}
        />
      </details>
    </Card>
  );
}

// ---------------------------------------------------------------- in words

function Verdict({ picture, market, isNow }: { picture: Picture; market: Market; isNow: boolean }) {
  const { loss, preview, markdownWad } = picture;
  if (loss === 0n) {
    return (
      <>
        <strong>No loss shows at present.</strong> Move the slider to see who would bear one, and in which order.
      </>
    );
  }
  const amount = amountText(loss, market.asset, { isCompact: true });
  const lead = isNow ? `The oracle shows a shortfall of ${amount}.` : `With a loss of ${amount}`;
  if (preview.haircut === 0n) {
    const who = preview.fromFund === 0n ? "the reserve bears" : "reserve and insurance fund bear";
    return (
      <>
        <strong className="tone-good">
          {lead}
          {isNow ? " W" : ", w"}hat suppliers have stays whole
        </strong>
        : {who} all of it.
      </>
    );
  }
  return (
    <>
      <strong className="tone-bad">
        {lead}
        {isNow ? " E" : ", e"}very share is worth {percentText(markdownWad)} less
      </strong>
      {isNow ? " to who leaves now" : ""}: reserve and fund are used up, and the rest falls on all suppliers alike.
    </>
  );
}

/** What the slider says to who does not see the picture. */
function inWords({ loss, tiers, markdownWad }: Picture, { asset }: Market): string {
  const parts = tiers.map(({ name, bears }) => `${NAMES[name]} ${amountText(bears, asset, { isCompact: true })}`);
  return `${amountText(loss, asset, { isCompact: true })}. ${parts.join(", ")}. Shares lose ${percentText(markdownWad)}.`;
}

const columnsOf = ({ asset }: Market): readonly Column<Tier>[] => [
  { key: "who", title: "In this order", render: ({ name }) => NAMES[name] },
  { key: "has", title: "Has", isNumber: true, render: ({ holds }) => <Amount value={holds} token={asset} /> },
  {
    key: "in",
    title: "Loss that reaches it",
    isNumber: true,
    render: (tier) => <Amount value={tier.arrives} token={asset} />,
  },
  { key: "bears", title: "Bears", isNumber: true, render: ({ bears }) => <Amount value={bears} token={asset} /> },
  { key: "left", title: "Is left", isNumber: true, render: (tier) => <Amount value={leftOf(tier)} token={asset} /> },
];

const leftOf = ({ holds, bears }: Tier): bigint => (holds > bears ? holds - bears : 0n);

// ---------------------------------------------------------------- the picture

/** A vessel is drawn full if it holds a hundredth of all debt: a reserve of a few coins is not to look like a reserve. */
const LITTLE = 100n;

/** A part of a whole for CSS, from 0 to 1; what is there is never too thin to be seen. */
function share(part: bigint, whole: bigint): number {
  if (whole === 0n || part === 0n) return 0;
  return Math.min(Math.max(Number((part * 10_000n) / whole) / 10_000, 0.012), 1);
}

/** What is left, and above it what is lost, of what fits in. */
function Levels({ holds, bears, whole }: { holds: bigint; bears: bigint; whole: bigint }) {
  const left = holds > bears ? holds - bears : 0n;
  return (
    <>
      <span className={left === 0n ? "" : "level"} style={{ "--part": share(left, whole) }} />
      <span className="lost" style={{ "--part": share(bears, whole) }} />
    </>
  );
}

function Loans({ market, loss, low }: { market: Market; loss: bigint; low: bigint }) {
  const { totals, asset } = market;
  const debt = totals.debtAssets;
  const collateral = mulDown(totals.collateralBalance, low, PRICE_SCALE);
  return (
    <section className="fall loans" style={{ "--place": 0 }}>
      <h3>Loans</h3>
      <div className="vessel" aria-hidden="true">
        <Levels holds={debt} bears={loss} whole={debt} />
      </div>
      <p className="fall-figure">
        <Amount value={debt} token={asset} isCompact />
      </p>
      <p className="fall-note">
        lent, against collateral worth{" "}
        {low === 0n ? "nothing, as far as the oracle says" : <Amount value={collateral} token={asset} isCompact />}
      </p>
    </section>
  );
}

function Pipe({ amount, loss, market }: { amount: bigint; loss: bigint; market: Market }) {
  return (
    <div className={`pipe ${amount === 0n ? "dry" : ""}`} aria-hidden="true">
      <span className="pipe-label">
        {amount === 0n ? "" : amountText(amount, market.asset, { isCompact: true, hasSymbol: false })}
      </span>
      <span className="stream" style={{ "--flow": share(amount, loss) }} />
    </div>
  );
}

function Vessel({ tier, place, market }: { tier: Tier; place: number; market: Market }) {
  const { name, holds, bears } = tier;
  return (
    <section className={`fall ${name}`} style={{ "--place": place }}>
      <h3>
        <span className="order">{place}</span> {NAMES[name]}
      </h3>
      <div className="vessel" aria-hidden="true">
        <Levels holds={holds} bears={bears} whole={max(holds, market.totals.debtAssets / LITTLE)} />
      </div>
      <p className="fall-figure">
        {bears === 0n ? null : (
          <>
            <span className="unseen">bears </span>
            <span className="tone-bad">
              −{amountText(bears, market.asset, { isCompact: true, hasSymbol: false })}
            </span>{" "}
            <span className="muted">of</span>{" "}
          </>
        )}
        <Amount value={holds} token={market.asset} isCompact />
      </p>
      <p className="fall-note">{holds === 0n ? "There is nothing in it." : ROLES[name]}</p>
    </section>
  );
}

/** The slider's track has the colour of who bears the next unit. */
function trackOf({ tiers }: Picture, debt: bigint): CSSProperties {
  const [reserve, fund] = tiers;
  const first = reserve?.holds ?? 0n;
  const second = first + (fund?.holds ?? 0n);
  const at = (loss: bigint): string => `${(100 * stepOf(loss, debt)) / STEPS}%`;
  return { "--reserve-end": at(first), "--fund-end": at(second) };
}

// ---------------------------------------------------------------- who looks

function YourPart({ market, account, picture }: { market: Market; account: Account; picture: Picture }) {
  const { supplied, staked } = bearing(market, account, {
    ...picture.preview,
    exitPriceBefore: market.prices.grossPriceWad,
  });
  if (supplied.before === 0n && staked.before === 0n) return null;
  const line = (what: string, part: { before: bigint; after: bigint }) =>
    part.before === 0n ? null : (
      <>
        <Amount value={part.after} token={market.asset} isCompact />{" "}
        {part.after === part.before ? null : (
          <small className="tone-bad">
            {what}: −{amountText(part.before - part.after, market.asset, { isCompact: true })} (
            <Percent value={markdownOf(part.before, part.after)} />)
          </small>
        )}
      </>
    );
  return (
    <>
      {supplied.before === 0n ? null : <Stat label="Your shares would be worth">{line("your part", supplied)}</Stat>}
      {staked.before === 0n ? null : <Stat label="Your stake would be worth">{line("your part", staked)}</Stat>}
    </>
  );
}
