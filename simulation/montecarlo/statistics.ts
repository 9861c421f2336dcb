// What a sample of paths says, and how sure of it one can be. Intervals are at 95%.

/** The two-sided 95% point of the normal distribution. */
const Z = 1.959963984540054;
const TAIL = 0.025;

export type Interval = { readonly low: number; readonly high: number };

/** Undefined where the sample is too small to have that side. */
export type Quantile = { readonly value: number; readonly low: number | undefined; readonly high: number | undefined };

/** The least value of the sample that at least `part` of it does not exceed: no value that was not seen. */
export function quantile(sorted: readonly number[], part: number): number {
  if (sorted.length === 0) throw new RangeError("A quantile of nothing");
  return sorted[rankOf(sorted.length, part) - 1] as number;
}

/** From one. A part like 0.95 is not exact in binary: 0.95 · 20 is nineteen. */
const rankOf = (count: number, part: number): number => Math.max(1, Math.ceil(count * part - 1e-9));

/**
 * The quantile, and the two values of the sample that hold the true one between them with at least 95%, whatever the
 * distribution: how many of the sample lie under the true quantile is binomial, so its tails give the ranks.
 */
export function quantileWithInterval(sorted: readonly number[], part: number): Quantile {
  const count = sorted.length;
  // The greatest rank that lies above the true quantile with at most TAIL, and the least that lies under it so.
  let under = 0;
  let low: number | undefined;
  let high: number | undefined;
  for (const [successes, probability] of binomial(count, part)) {
    under += probability;
    // The value of rank `successes + 1` is above the true quantile if so many or fewer are under it.
    if (under <= TAIL) low = sorted[successes];
    if (high === undefined && under >= 1 - TAIL) high = sorted[successes];
  }
  return { value: quantile(sorted, part), low, high };
}

/** Each number of successes with its probability; in logarithms, so that no sample is too large. */
function* binomial(count: number, part: number): Generator<[successes: number, probability: number]> {
  let logarithm = count * Math.log1p(-part);
  const odds = Math.log(part) - Math.log1p(-part);
  for (let successes = 0; successes <= count; ++successes) {
    yield [successes, Math.exp(logarithm)];
    logarithm += Math.log((count - successes) / (successes + 1)) + odds;
  }
}

/** Wilson's interval of a probability of which `hits` of `count` were seen; it has a width even where none or all were. */
export function wilson(hits: number, count: number): Interval {
  const seen = hits / count;
  const square = Z * Z;
  const middle = (seen + square / (2 * count)) / (1 + square / count);
  const half = (Z / (1 + square / count)) * Math.sqrt((seen * (1 - seen)) / count + square / (4 * count * count));
  return { low: hits === 0 ? 0 : middle - half, high: hits === count ? 1 : middle + half };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
