// What a scenario's assertions look at, as parts of one, from what became of a path.
import type { Outcome, Row } from "./run.js";
import type { Assertion, Figure, Scenario } from "./scenario.js";

export type Figures = Readonly<Record<Figure, number>>;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const part = (some: number, all: number): number => (all === 0 ? 0 : some / all);

export function figuresOf(scenario: Scenario, outcome: Outcome): Figures {
  const { rows, losses, suppliers, insurers } = outcome;
  const first = rows[0] as Row;
  const most = (of: (row: Row) => number): number => rows.reduce((all, row) => Math.max(all, of(row)), -Infinity);
  const lossOf = (who: { supplied: number; taken: number; left: number }): number =>
    part(who.supplied - who.taken - who.left, who.supplied);
  const each = suppliers.map(lossOf);
  const staked = sum(insurers.map((insurer) => insurer.staked));
  const all = suppliers.reduce(
    (total, { supplied, taken, left }) => ({
      supplied: total.supplied + supplied,
      taken: total.taken + taken,
      left: total.left + left,
    }),
    { supplied: 0, taken: 0, left: 0 },
  );
  return {
    haircut: 1 - losses.reduce((price, loss) => price * (1 - loss.part), 1),
    supplierLoss: lossOf(all),
    unfairness: each.length === 0 ? 0 : Math.max(...each) - Math.min(...each),
    shortfall: most((row) => part(row.shortfall, row.gross)),
    uncovered: most((row) => part(row.uncovered, row.gross)),
    exitPrice: -most((row) => -row.exitPrice) / first.exitPrice,
    coverage: -most((row) => (row.debt === 0 ? -Infinity : -(row.reserve + row.fund) / row.debt)),
    reserveLoss: part(sum(losses.map((loss) => loss.fromReserve)), scenario.reserve),
    fundLoss: part(staked - sum(insurers.map(({ taken, left }) => taken + left)), staked),
    loss: part(sum(losses.map((loss) => loss.loss)), first.debt),
    overdue: part(outcome.overdue, first.debt),
  };
}

const HOLDS: Readonly<Record<Assertion["sign"], (value: number, bound: number) => boolean>> = {
  "<=": (value, bound) => value <= bound,
  ">=": (value, bound) => value >= bound,
  "<": (value, bound) => value < bound,
  ">": (value, bound) => value > bound,
};

/** A line for each assertion that does not hold: which, what the value is, what it must be. */
export function brokenAssertions(scenario: Scenario, figures: Figures): string[] {
  return scenario.assert.flatMap(({ figure, sign, bound, text }) =>
    HOLDS[sign](figures[figure], bound)
      ? []
      : [
          `${scenario.name}: assertion broken: ${text}: ${figure} is ${Number(figures[figure].toPrecision(6))}, must be ${sign} ${bound}`,
        ],
  );
}
