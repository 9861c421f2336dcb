// How large must the fund be, so that suppliers bear no loss with a given confidence? First the reasoning that a table of
// losses allows; then the answer, found by playing: a fund changes what people do, and what they do changes losses.
import { table } from "../../scripts/lib/table.js";
import { Problem } from "../problem.js";
import type { Scenario } from "../scenario.js";
import type { Move } from "./bootstrap.js";
import { itemsOf, placeOf, type Results } from "./journal.js";
import type { PathResult } from "./path.js";
import { type Changes, type Item, type Plan, planOf, type Wishes } from "./plan.js";
import { type Interval, mean, quantileWithInterval, type Quantile, wilson } from "./statistics.js";

const STAKE = "insurers.stake";
const WHOLE = { number: 1, of: 1 };
/** The search ends when what does and what does not suffice are this near to one another, as a part. */
const NEAR_ENOUGH = 0.03;
const MOST_ROUNDS = 16;

/** Plays some paths of a plan; on the contracts too, a sample of them, where it is said. */
export type Play = (plan: Plan, items: readonly Item[], isFollowed: boolean) => Promise<Results>;

export type Haircuts = {
  readonly count: number;
  readonly probability: Interval & { readonly value: number };
  /** What haircuts took off a share, as a part of its price: in which `confidence` of the paths at most, the mean of
   * those that had one, and the most. */
  readonly quantile: Quantile;
  readonly meanWhereAny: number;
  readonly worst: number;
};

export type Sized = { readonly stake: number; readonly haircuts: number };

export type Advice = {
  readonly figures: {
    readonly scenario: string;
    readonly confidence: number;
    readonly paths: number;
    readonly days: number;
    readonly supply: number;
    readonly reserve: number;
    /** Without reserve and fund: how many paths had a loss, and how much cover would have borne it. */
    readonly bare: { readonly losses: number; readonly cover: Quantile; readonly worst: number };
    readonly given: Haircuts & { readonly stake: number };
    readonly tried: readonly Sized[];
    readonly advised: Haircuts & { readonly stake: number };
  };
  readonly text: string;
};

export async function sizeFundOf(scenario: Scenario, wishes: Wishes, confidence: number, play: Play): Promise<Advice> {
  if (scenario.insurers.count === 0)
    throw new Problem(`size-fund: ${scenario.name} has no insurers: insurers.count is 0`);
  const { paths } = wishes;
  const { reserve } = scenario;
  const allowed = Math.floor(paths * (1 - confidence) + 1e-9);
  const tried: Sized[] = [];

  const first = planOf(scenario, [{}, { reserve: 0, [STAKE]: 0 }], wishes);
  const results = await play(first, itemsOf(first.meta, WHOLE), true);
  const of = (variant: number): PathResult[] =>
    Array.from({ length: paths }, (_, path) => results.get(placeOf({ variant, path }, first.meta)) as PathResult);
  const [given, bare] = [of(0), of(1)];
  const losses = bare.map(({ lost }) => lost).toSorted((a, b) => a - b);
  const cover = quantileWithInterval(losses, confidence);
  // Where nothing was lost with nor without cover nothing will be: the size that is found is played on all paths.
  const suspects = itemsOf({ ...first.meta, variants: [{}] }, WHOLE).filter(
    ({ path }) => (bare[path] as PathResult).lost > 0 || (given[path] as PathResult).lost > 0,
  );

  const resultsAt = async (stake: number, items: readonly Item[], isFollowed: boolean): Promise<PathResult[]> => {
    const plan = planOf(scenario, [{ [STAKE]: stake } satisfies Changes], wishes);
    const played = await play(plan, items, isFollowed);
    const each = items.map((item) => played.get(placeOf(item, plan.meta)) as PathResult);
    tried.push({ stake, haircuts: haircutsOf(each) });
    return each;
  };
  const suffices = async (stake: number): Promise<boolean> =>
    haircutsOf(await resultsAt(stake, suspects, false)) <= allowed;

  let tooSmall = 0;
  let enough = 0;
  if (suspects.length > allowed && !(await suffices(0))) {
    enough = rounded(Math.max(cover.value - reserve, cover.value / 100));
    while (!(await suffices(enough))) {
      tooSmall = enough;
      enough = rounded(enough * 1.5);
      if (tried.length > MOST_ROUNDS) throw new Problem(hopeless(scenario, tried, allowed, paths), 1);
    }
    while (enough - tooSmall > NEAR_ENOUGH * enough) {
      const middle = rounded((tooSmall + enough) / 2);
      if (middle >= enough) break;
      if (await suffices(middle)) enough = middle;
      else tooSmall = middle;
    }
  }
  const everywhere = itemsOf({ ...first.meta, variants: [{}] }, WHOLE);
  let verified = await resultsAt(enough, everywhere, true);
  while (haircutsOf(verified) > allowed) {
    enough = rounded(enough * (1 + NEAR_ENOUGH));
    if (tried.length > 2 * MOST_ROUNDS) throw new Problem(hopeless(scenario, tried, allowed, paths), 1);
    verified = await resultsAt(enough, everywhere, true);
  }

  const figures: Advice["figures"] = {
    scenario: scenario.name,
    confidence,
    paths,
    days: daysOf(first),
    supply: scenario.suppliers.assets,
    reserve,
    bare: { losses: losses.filter((loss) => loss > 0).length, cover, worst: losses.at(-1) as number },
    given: { stake: scenario.insurers.stake, ...describeHaircuts(given, confidence) },
    tried,
    advised: { stake: enough, ...describeHaircuts(verified, confidence) },
  };
  return { figures, text: textOf(figures, allowed) };
}

const haircutsOf = (results: readonly PathResult[]): number =>
  results.filter(({ fromSuppliers }) => fromSuppliers > 0).length;

function describeHaircuts(results: readonly PathResult[], confidence: number): Haircuts {
  const count = haircutsOf(results);
  const parts = results.map(({ haircut }) => haircut).toSorted((a, b) => a - b);
  const any = results.filter(({ fromSuppliers }) => fromSuppliers > 0).map(({ haircut }) => haircut);
  return {
    count,
    probability: { value: count / results.length, ...wilson(count, results.length) },
    quantile: quantileWithInterval(parts, confidence),
    meanWhereAny: any.length === 0 ? 0 : mean(any),
    worst: parts.at(-1) as number,
  };
}

/** Up, to three digits: nobody sizes a fund to the cent. */
function rounded(amount: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(amount)) - 2);
  return Math.ceil(amount / unit) * unit;
}

function daysOf({ meta, variants }: Plan): number {
  const moves = (variants[0] as Plan["variants"][number]).source.windows.flat();
  return (mean(moves.map(({ elapsed }: Move) => elapsed)) * (meta.steps - 1)) / 86_400;
}

function hopeless(scenario: Scenario, tried: readonly Sized[], allowed: number, paths: number): string {
  const { stake, haircuts } = tried.at(-1) as Sized;
  return (
    `size-fund: in ${scenario.name} even a fund of ${whole(stake)} leaves a haircut in ${haircuts} of ${paths} paths, ` +
    `${allowed} are allowed: change the market, or ask for less confidence`
  );
}

// ---------------------------------------------------------------- in words

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const percent = (value: number): string => `${(100 * value).toFixed(2)}%`;

function between({ low, high }: { low: number | undefined; high: number | undefined }, show: typeof whole): string {
  return `[${low === undefined ? "?" : show(low)}, ${high === undefined ? "?" : show(high)}]`;
}

function textOf(figures: Advice["figures"], allowed: number): string {
  const { confidence, paths, days, supply, reserve, bare, given, tried, advised } = figures;
  const of = (amount: number): string => `${whole(amount)} (${percent(amount / supply)} of what suppliers put in)`;
  const sure = `${Number((100 * confidence).toFixed(3))}%`;
  const sizes = tried
    .toSorted((a, b) => a.stake - b.stake)
    .map(({ stake, haircuts }) => [whole(stake), percent(stake / supply), `${haircuts} of ${whole(paths)}`]);
  const fate = ({ count, probability, meanWhereAny, worst, quantile }: Haircuts): string =>
    count === 0
      ? `no haircut in ${whole(paths)} paths: its probability is under ${percent(probability.high)}.`
      : `a haircut in ${count} of ${whole(paths)} paths, ${percent(probability.value)} ${between(probability, percent)}. ` +
        `Where there is one a supplier loses ${percent(meanWhereAny)} on average and ${percent(worst)} at worst; with ` +
        `${sure} confidence at most ${percent(quantile.value)} ${between(quantile, percent)}.`;
  return [
    `How large must the fund be, so that with ${sure} confidence suppliers have no haircut in ${days.toFixed(0)} days?`,
    `1. Without reserve and fund there is a loss in ${bare.losses} of ${whole(paths)} paths. In ${sure} of the paths all ` +
      `losses together are at most ${of(bare.cover.value)}, with an interval of ${between(bare.cover, whole)}; the worst ` +
      `path loses ${whole(bare.worst)}. The reserve, ${whole(reserve)}, bears the first of it.`,
    `2. That alone would ask for a fund of ${of(Math.max(0, bare.cover.value - reserve))}. But insurers leave when they ` +
      `are frightened, premiums come in, and suppliers flee less from a pool that is covered: so each size was played. ` +
      `At most ${allowed} paths may have a haircut.`,
    table(["fund", "of supply", "haircut in"], sizes),
    `3. Advice: a fund of ${of(advised.stake)} beside the reserve, ${of(advised.stake + reserve)} together. Played on all ` +
      `paths it leaves ${fate(advised)}`,
    `4. As the scenario has it, with ${of(given.stake)}, there is ${fate(given)}`,
    "In brackets 95% intervals (order statistics, Wilson); ? where there are too few paths. All of it holds for prices " +
      "made of pieces of this past, for these borrowers and these liquidators: it is a measure, no promise.",
  ].join("\n\n");
}
