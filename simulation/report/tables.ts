// What the page says in words and figures.
import type { Comparison } from "../comparison.js";
import { figuresOf } from "../figures.js";
import type { Outcome } from "../run.js";
import { brief, duration, percent } from "./format.js";
import type { ReportInput } from "./input.js";
import { sum } from "./parts.js";

/** What came of a run, in one sentence or two. */
export function headline({ scenario, outcome }: ReportInput): string {
  const { rows, losses } = outcome;
  const first = rows[0];
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return "";
  const lowest = rows.reduce((low, row) => (row.price < low.price ? row : low), first);
  const fall = 1 - lowest.price / first.price;
  const price =
    fall < 0.005
      ? "The collateral did not fall"
      : `The collateral fell by ${percent(fall, 0)} within ${duration(lowest.time - first.time)}`;
  const loss = sum(losses, (each) => each.loss);
  const open =
    last.shortfall > 0
      ? ` A shortfall of ${brief(last.shortfall)} is still open at the end; the exit price ${last.exitPrice < first.exitPrice ? `is ${percent(1 - last.exitPrice / first.exitPrice, 1)} under the first` : "is whole"}.`
      : "";
  if (loss === 0) {
    const worst = Math.max(...rows.map((row) => row.shortfall));
    const seen = worst > 0 ? `a shortfall of up to ${brief(worst)} was in sight and went away again` : "no shortfall";
    return `${price}: ${seen}, and nobody bore a loss.${open}`;
  }
  const reserve = sum(losses, (each) => each.fromReserve);
  const fund = sum(losses, (each) => each.fromFund);
  const haircut = sum(losses, (each) => each.haircut);
  const figures = figuresOf(scenario, outcome);
  const bearers = [
    ...(reserve > 0 ? [`the reserve bore ${brief(reserve)}`] : []),
    ...(fund > 0 ? [`the insurance fund ${reserve > 0 ? "" : "bore "}${brief(fund)}`] : []),
    haircut > 0
      ? `suppliers ${reserve + fund > 0 ? "" : "bore "}${brief(haircut)}, ${percent(figures.haircut)} of each share`
      : "suppliers nothing",
  ];
  const list = bearers.length === 1 ? bearers[0] : `${bearers.slice(0, -1).join(", ")} and ${bearers.at(-1)}`;
  return `${price} and left ${brief(loss)} of bad debt, ${percent(loss / first.debt)} of what was lent: ${list}.${open}`;
}

export type Group = { readonly name: string; readonly put: number; readonly got: number; readonly left: number };

type Supplier = Outcome["suppliers"][number];

const hasLeft = ({ supplied, left, lastExit }: Supplier): boolean => lastExit !== undefined && left <= supplied / 1_000;
const isPartlyOut = (each: Supplier): boolean => each.lastExit !== undefined && !hasLeft(each);

const groupOf = (name: string, list: readonly Supplier[]): Group => ({
  name: `${name} (${list.length})`,
  put: sum(list, ({ supplied }) => supplied),
  got: sum(list, ({ taken }) => taken),
  left: sum(list, ({ left }) => left),
});

/** Who is richer or poorer at the end, in groups. */
export function groupsOf({ scenario, outcome }: ReportInput): Group[] {
  const { rows, suppliers, insurers } = outcome;
  const last = rows.at(-1);
  return [
    groupOf("suppliers who left with all they had", suppliers.filter(hasLeft)),
    groupOf("suppliers who got a part out", suppliers.filter(isPartlyOut)),
    groupOf(
      "suppliers who stayed",
      suppliers.filter(({ lastExit }) => lastExit === undefined),
    ),
    {
      name: `insurers (${insurers.length})`,
      put: sum(insurers, ({ staked }) => staked),
      got: sum(insurers, ({ taken }) => taken),
      left: sum(insurers, ({ left }) => left),
    },
    {
      name: "reserve",
      put: scenario.reserve,
      got: 0,
      left: last === undefined ? scenario.reserve : Math.max(0, last.reserve - last.shortfall),
    },
  ].filter(({ put }) => put > 0);
}

/** For a terminal and for the page: a header and a line for each mechanism. */
export function comparisonTable({ results }: Comparison): string[][] {
  const header = [
    "rule for bad debt",
    "bad debt",
    "reserve bears",
    "insurers bear",
    "suppliers bear",
    "of what they supplied",
    "leavers took too much",
    "loss of who left",
    "loss of who stayed",
    "least loss",
    "greatest loss",
  ];
  return [
    header,
    ...results.map((result) => {
      const supplied = sum(result.suppliers, (fate) => fate.supplied);
      return [
        result.title,
        brief(result.booked + result.open),
        brief(Math.max(0, result.reserveLoss)),
        brief(Math.max(0, result.insurersLoss)),
        brief(result.suppliersLoss),
        percent(result.suppliersLoss / supplied),
        brief(result.excess),
        result.suppliers.some((fate) => fate.lastExit !== undefined) ? percent(result.lossOfLeavers) : "nobody",
        percent(result.lossOfStayers),
        percent(result.least),
        percent(result.most),
      ];
    }),
  ];
}

/** What the comparison shows, in a sentence or two. */
export function comparisonLine({ results }: Comparison): string {
  if (results.every(({ booked, open }) => booked + open === 0)) return "There was no bad debt under any of them.";
  const parts = results
    .filter(({ isInsured }) => !isInsured)
    .map(({ title, excess }) => `${excess < 1 ? "nothing" : brief(excess)} under “${title}”`);
  const list = `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  return (
    "Who left took more than its part of what the oracle said the pool could pay, and so at the cost of those who " +
    `stayed: nothing under Mutua, ${list}.`
  );
}
