// Tables for other programs: RFC 4180, a header line, times in UTC, numbers in full.

type Cell = string | number | boolean | undefined;

/** What spreadsheets would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/u;

function cellOf(cell: Cell): string {
  if (cell === undefined) return "";
  if (typeof cell !== "string") return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csv = (header: readonly string[], rows: Iterable<readonly Cell[]>): string =>
  [header, ...rows].map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
