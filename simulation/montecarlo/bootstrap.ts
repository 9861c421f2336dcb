// Paths that never were, of pieces that were: blocks of a real series' moves, drawn at random and put end to end. Within
// a block everything follows as it did, so crashes keep their shape; what a gas series says goes along.
import type { Random } from "../../sdk/model/random.js";
import { Problem } from "../problem.js";
import { gasOf, pathOf } from "../run.js";
import type { Scenario } from "../scenario.js";
import { at, type Tick } from "../series.js";

/** From one step to the next: seconds, the logarithm of the price's move, and the gas price after it. */
export type Move = { readonly elapsed: number; readonly log: number; readonly gwei: number };

/** Where paths start, and the moves of each real window. */
export type Source = { readonly start: Tick; readonly windows: readonly (readonly Move[])[]; readonly hasGas: boolean };

export type SourceTerms = {
  /** Steps in a block. */
  readonly block: number;
  /** What every move is multiplied by. */
  readonly volatility: number;
  /** Takes the mean move out: nobody should count on a price that rises. */
  readonly isDriftless: boolean;
};

/** The scenario's own window, or whole series in its place; each must have room for a block. */
export function sourceOf(scenario: Scenario, series: readonly string[], terms: SourceTerms): Source {
  const gas = gasOf(scenario);
  const { from: _from, until: _until, ...price } = scenario.price;
  const paths =
    series.length === 0
      ? [pathOf(scenario)]
      : series.map((name) => pathOf({ ...scenario, price: { ...price, series: name } }));
  const usual = paths.map(usualDistance);
  for (const [i, ticks] of paths.entries()) {
    const name = series[i] ?? scenario.price.series;
    if (ticks.length <= terms.block) {
      throw new Problem(`--block: ${name} has ${ticks.length - 1} moves, a block must be at most as long`);
    }
    if (usual[i] !== usual[0]) {
      throw new Problem(
        `--source: ${series[0]} has a price every ${usual[0]} s and ${name} every ${usual[i]} s; choose series of one pace`,
      );
    }
  }
  const windows = paths.map((ticks) => movesOf(ticks, gas));
  const count = windows.reduce((sum, moves) => sum + moves.length, 0);
  const drift = windows.flat().reduce((sum, { log }) => sum + log, 0) / count;
  const { volatility, isDriftless } = terms;
  const scaled = (log: number): number => (isDriftless ? log - drift : log) * volatility;
  const [first] = paths[0] as Tick[] as [Tick];
  return {
    start: { ...first, time: Math.floor(first.time) },
    windows: windows.map((moves) => moves.map((move) => ({ ...move, log: scaled(move.log) }))),
    hasGas: gas.length > 0,
  };
}

function movesOf(ticks: readonly Tick[], gas: readonly Tick[]): Move[] {
  return ticks.slice(1).map(({ time, price }, i) => {
    const before = ticks[i] as Tick;
    return {
      elapsed: Math.floor(time) - Math.floor(before.time),
      log: Math.log(price / before.price),
      gwei: gas.length === 0 ? 0 : at(gas, time),
    };
  });
}

function usualDistance(ticks: readonly Tick[]): number {
  const distances = ticks.slice(1).map(({ time }, i) => Math.floor(time) - Math.floor((ticks[i] as Tick).time));
  return distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] as number;
}

/** A path of so many steps. Every block that a window has room for is as likely as any other; the last is cut off. */
export function draw(source: Source, steps: number, block: number, random: Random): { ticks: Tick[]; gas: Tick[] } {
  const { start, windows, hasGas } = source;
  const room = windows.map((moves) => moves.length - block + 1);
  const all = room.reduce((sum, places) => sum + places, 0);
  const ticks = [start];
  const gas: Tick[] = [];
  let { time } = start;
  let log = 0;
  while (ticks.length < steps) {
    let place = random.below(all);
    let from = 0;
    while (place >= (room[from] as number)) place -= room[from++] as number;
    for (const move of (windows[from] as readonly Move[]).slice(place, place + Math.min(block, steps - ticks.length))) {
      time += move.elapsed;
      log += move.log;
      ticks.push({ time, price: start.price * Math.exp(log) });
      if (hasGas) gas.push({ time, price: move.gwei });
    }
  }
  return { ticks, gas };
}

/** A seed for each path of each purpose: different for different paths, and near ones have nothing in common. */
export const seedOf = (seed: number, path: number, purpose: number): number =>
  mixed((mixed((mixed(seed) + purpose) >>> 0) + path) >>> 0);

/** Murmur's last step: it gives each of the 2^32 numbers another. */
function mixed(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
