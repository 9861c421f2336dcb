// The shipped crises as prices to play: real ones, as parts of the first.
import type { Crisis } from "../../app/src/local/api.js";
import { gasOf, pathOf } from "../../simulation/run.js";
import { type Scenario, shippedScenarios } from "../../simulation/scenario.js";
import type { Tick } from "../../simulation/series.js";

/** A feed reports such a move at once, and in any case after so long: what lies between is not played. */
const DEVIATION = 0.005;
const HEARTBEAT = 6 * 3_600;
/** Without such a fall it is none. */
const FALL = 0.1;

export type Play = { crisis: Crisis; scenario: Scenario; ticks: readonly Tick[]; gas: readonly Tick[] };

let loaded: Play[] | undefined;

/** Those whose course is that of a price. Where the oracle is at fault it takes more than a price to show it. */
export function crises(): Play[] {
  loaded ??= shippedScenarios().flatMap((scenario) => {
    const { frozenFrom, outages, sequencerOutages } = scenario.oracle;
    if (frozenFrom !== undefined || outages.length > 0 || sequencerOutages.length > 0) return [];
    const all = pathOf(scenario);
    const [first, last] = [all[0] as Tick, all.at(-1) as Tick];
    const lowest = Math.min(...all.map(({ price }) => price)) / first.price;
    if (lowest > 1 - FALL) return [];
    const ticks = reported(all);
    const crisis: Crisis = {
      id: scenario.name,
      title: scenario.title,
      about: scenario.about ?? "",
      steps: ticks.length,
      days: Math.max(1, Math.round((last.time - first.time) / 86_400)),
      lowest,
    };
    return [{ crisis, scenario, ticks, gas: gasOf(scenario) }];
  });
  return loaded;
}

function reported(all: readonly Tick[]): Tick[] {
  const kept = [all[0] as Tick];
  for (const tick of all.slice(1)) {
    const before = kept.at(-1) as Tick;
    const isLast = tick === all.at(-1);
    const hasMoved = Math.abs(tick.price / before.price - 1) >= DEVIATION;
    if (isLast || hasMoved || tick.time - before.time >= HEARTBEAT) kept.push(tick);
  }
  return kept;
}
