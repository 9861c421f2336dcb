// How much of the price selling costs, fitted to the quotes that are shipped: cost = 1% · (sold / onePercent) ^ exponent.
import { readFileSync } from "node:fs";
import path from "node:path";

/** The collaterals whose quotes lie on such a line; pools of sfrxETH run empty before. */
export const QUOTED = ["WBTC", "WETH", "wstETH"] as const;
export type Quoted = (typeof QUOTED)[number];

const FILE = path.join(import.meta.dirname, "data", "dex-price-impact_1inch_2023-11.csv");

/** Below this size and this cost what quotes differ by is noise; above that cost pools were simply empty. */
const LEAST_SOLD = 100_000;
const [LEAST_COST, MOST_COST] = [0.0005, 0.3];

export type Impact = { readonly onePercent: number; readonly exponent: number; readonly points: number };

/** A straight line of least squares through the logarithms of size and cost. */
export function fittedImpact(asset: Quoted): Impact {
  const points = readFileSync(FILE, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [sell, , , fetched, cost] = line.split(",");
      const part = Number(cost);
      const sold = Number(fetched) / (1 - part);
      if (sell !== asset || sold < LEAST_SOLD || part < LEAST_COST || part > MOST_COST) return [];
      return [[Math.log(sold), Math.log(part)] as const];
    });
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([sold]) => sold), mean(([, cost]) => cost)];
  const exponent = mean(([sold, cost]) => (sold - x) * (cost - y)) / mean(([sold]) => (sold - x) ** 2);
  return { onePercent: Math.exp(x + (Math.log(0.01) - y) / exponent), exponent, points: points.length };
}
