// Paths of pages, such as "market/:name/supply": what follows a colon is a parameter.

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // it was not written by `to`
  }
}

/** The parameters of a path that is the pattern's; nothing if it is not. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [partsOf(pattern), partsOf(path)];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decoded(given[index] ?? "");
    if (value === undefined) return undefined;
    if (part.startsWith(":")) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/** `to("market/:name/supply", { name })`, for an href. */
export const to = (pattern: string, params: Readonly<Record<string, string>> = {}): string =>
  `#/${partsOf(pattern)
    .map((part) => (part.startsWith(":") ? encodeURIComponent(params[part.slice(1)] ?? "") : part))
    .join("/")}`;
