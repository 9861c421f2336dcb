// One path of one market, from its number alone: whoever runs it gets the same.
import { Random } from "../../sdk/model/random.js";
import { figuresOf } from "../figures.js";
import { type Follower, type Outcome, run } from "../run.js";
import type { Figure } from "../scenario.js";
import type { Tick } from "../series.js";
import { draw, seedOf } from "./bootstrap.js";
import type { Item, Plan } from "./plan.js";

/** Beside the scenario's figures: amounts in the loan asset, and counts. */
export const COUNTS = {
  lost: "all losses, in the loan asset",
  fromReserve: "of it borne by the reserve",
  fromFund: "of it borne by the fund",
  fromSuppliers: "of it borne by suppliers: the haircuts",
  liquidations: "liquidations",
  missed: "liquidations that were due and that nobody did, step by step",
} as const;
export type Column = Figure | keyof typeof COUNTS;
export type PathResult = Readonly<Record<Column, number>>;

const PRICES = 1;
export const PEOPLE = 2;

export type Drawn = { readonly ticks: Tick[]; readonly gas: Tick[]; readonly seed: number };

/** A path's prices, gas prices, and the seed of everybody in it. */
export function drawPath({ meta, variants }: Plan, { variant, path }: Item): Drawn {
  const { source } = variants[variant] as Plan["variants"][number];
  const random = new Random(seedOf(meta.seed, path, PRICES));
  return { ...draw(source, meta.steps, meta.block, random), seed: seedOf(meta.seed, path, PEOPLE) };
}

export async function runPath(
  plan: Plan,
  item: Item,
  follow?: Follower,
): Promise<{ result: PathResult; outcome: Outcome }> {
  const { scenario } = plan.variants[item.variant] as Plan["variants"][number];
  const { ticks, gas, seed } = drawPath(plan, item);
  const outcome = await run(scenario, ticks, gas, seed, follow);
  const sum = (of: (loss: Outcome["losses"][number]) => number): number =>
    outcome.losses.reduce((total, loss) => total + of(loss), 0);
  const count = (kind: string): number => outcome.notes.filter((note) => note.kind === kind).length;
  const result = {
    ...figuresOf(scenario, outcome),
    lost: sum(({ loss }) => loss),
    fromReserve: sum(({ fromReserve }) => fromReserve),
    fromFund: sum(({ fromFund }) => fromFund),
    fromSuppliers: sum(({ haircut }) => haircut),
    liquidations: count("liquidated"),
    missed: count("missed"),
  };
  return { result, outcome };
}
