// Fewer rows for the eye, with every extreme kept: a plot of the thinned rows reaches as high and as low as one of all.

/**
 * The first row and the last, and of each of `parts` stretches those in which one of the values is least or most. In
 * their order, each once.
 */
export function thinned<T>(rows: readonly T[], valuesOf: (row: T) => readonly number[], parts: number): T[] {
  if (rows.length <= 2 * parts) return [...rows];
  const kept = new Set([0, rows.length - 1]);
  for (let part = 0; part < parts; ++part) {
    const from = Math.floor((part * rows.length) / parts);
    const until = Math.floor(((part + 1) * rows.length) / parts);
    const extremes = valuesOf(rows[from] as T).map((value) => ({
      least: value,
      leastAt: from,
      most: value,
      mostAt: from,
    }));
    for (let i = from; i < until; ++i) {
      for (const [k, value] of valuesOf(rows[i] as T).entries()) {
        const extreme = extremes[k];
        if (extreme === undefined) continue;
        if (value < extreme.least) Object.assign(extreme, { least: value, leastAt: i });
        if (value > extreme.most) Object.assign(extreme, { most: value, mostAt: i });
      }
    }
    for (const { leastAt, mostAt } of extremes) kept.add(leastAt).add(mostAt);
  }
  return [...kept].toSorted((a, b) => a - b).map((i) => rows[i] as T);
}
