// Tables and numbers for the terminal. Display only: nothing is calculated with what these return.
import Table from "cli-table3";

/** A table whose first column is text and whose others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}

/** A table of names and texts. */
export function list(rows: readonly (readonly string[])[]): string {
  const drawn = new Table({ style: { head: [], border: [], compact: true } });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
}

/** An amount with thousands separators, rounded to `digits` places: 1234567n of 6 decimals with 2 digits is "1.23". */
export function amount(value: bigint, decimals: number, digits = 0): string {
  const unit = 10n ** BigInt(decimals - digits);
  const rounded = ((value < 0n ? -value : value) + unit / 2n) / unit;
  const scale = 10n ** BigInt(digits);
  const whole = (rounded / scale).toLocaleString("en");
  const fraction = digits === 0 ? "" : `.${(rounded % scale).toString().padStart(digits, "0")}`;
  return `${value < 0n && rounded !== 0n ? "-" : ""}${whole}${fraction}`;
}

/** What was lost on the way from `before` to `after`, in percent of `before`: "-8.1633 %". */
export function change(before: bigint, after: bigint): string {
  if (before === 0n) return "";
  const millionths = ((after - before) * 100_000_000n) / before;
  return `${amount(millionths, 6, 4)} %`;
}
