import { Result } from "ethers";

/** What a contract answered as plain objects, for JSON. */
export function plain(value: unknown): unknown {
  if (!(value instanceof Result)) return value;
  try {
    const entries = Object.entries(value.toObject());
    if (entries.length > 0 || value.length > 0)
      return Object.fromEntries(entries.map(([key, each]) => [key, plain(each)]));
  } catch {
    // a list, whose values have no names
  }
  return value.toArray().map((each) => plain(each));
}
