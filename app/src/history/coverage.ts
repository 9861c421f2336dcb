// Which blocks have been read: stretches, lowest first, never touching one another.

export type Blocks = { readonly from: number; readonly to: number };

/** With `added` read too. */
export function cover(covered: readonly Blocks[], added: Blocks): Blocks[] {
  const joined = (each: Blocks) => each.from <= added.to + 1 && added.from <= each.to + 1;
  const { from, to } = covered
    .filter(joined)
    .reduce((sum, each) => ({ from: Math.min(sum.from, each.from), to: Math.max(sum.to, each.to) }), added);
  const rest = covered.filter((each) => !joined(each));
  return [...rest, { from, to }].toSorted((a, b) => a.from - b.from);
}

/** Without what is above `block`. */
export function uncover(covered: readonly Blocks[], block: number): Blocks[] {
  return covered.filter(({ from }) => from <= block).map(({ from, to }) => ({ from, to: Math.min(to, block) }));
}

/** The highest stretch between `first` and `last` that has not been read. */
export function highestGap(covered: readonly Blocks[], first: number, last: number): Blocks | undefined {
  let to = last;
  for (const each of covered.toReversed()) {
    if (each.to < to) return { from: Math.max(first, each.to + 1), to };
    if (each.from <= to) to = each.from - 1;
  }
  return to < first ? undefined : { from: first, to };
}

/** The lowest block from which on all is read, up to `last`; undefined if `last` itself is not. */
export function knownFrom(covered: readonly Blocks[], last: number): number | undefined {
  return covered.findLast(({ from, to }) => from <= last && last <= to)?.from;
}

export const countOf = (covered: readonly Blocks[]): number =>
  covered.reduce((sum, { from, to }) => sum + to - from + 1, 0);
