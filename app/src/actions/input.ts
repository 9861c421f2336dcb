// What people type, in their own locale, as an exact amount. A sign that could be meant either way is refused rather
// than guessed: "1,250" is a thousand here and a little more than one there.
import { formatAmount, parseAmount, type Token } from "../../../sdk/index.js";
import { NOTHING, type Reason } from "./reason.js";

type Decimals = Pick<Token, "decimals">;

export type Input =
  | { readonly state: "empty" }
  | { readonly state: "amount"; readonly amount: bigint }
  | { readonly state: "refused"; readonly reason: Reason };

type Signs = { readonly decimal: string; readonly group: string };

function signsOf(locale: string | undefined): Signs {
  const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(1_234_567.5);
  const find = (type: string, otherwise: string): string =>
    parts.find((part) => part.type === type)?.value ?? otherwise;
  return { decimal: find("decimal", "."), group: find("group", ",") };
}

const refused = (name: string, sentence: string, wayOut: string): Input => ({
  state: "refused",
  reason: { by: "input", name, sentence, wayOut },
});

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** Space signs look alike and keyboards have one of them. */
const sign = (text: string): string => (/\s/.test(text) ? "\\s" : literally(text));

export function parseInput(text: string, token: Decimals, locale?: string): Input {
  const typed = text.trim();
  if (typed === "") return { state: "empty" };
  const { decimal, group } = signsOf(locale);
  const [point, comma] = [sign(decimal), sign(group)];
  const pattern = new RegExp(`^(\\d*|\\d{1,3}(?:${comma}\\d{2,3})*${comma}\\d{3})(?:${point}(\\d*))?$`, "u");
  const match = pattern.exec(typed);
  const [, whole = "", fraction = ""] = match ?? [];
  const digits = whole.replace(/\D/g, "");
  if (match === null || digits + fraction === "") {
    return refused("NotANumber", `"${typed}" is not a number.`, `Write it like 1250${decimal}5.`);
  }
  if (fraction.replace(/0+$/, "").length > token.decimals) {
    const places = token.decimals === 0 ? "no decimals" : `${token.decimals} decimals`;
    return refused("TooManyDecimals", `There are ${places}, and this has ${fraction.length}.`, "Leave some off.");
  }
  const amount = parseAmount(`${digits}.${fraction.slice(0, token.decimals)}`.replace(/^\./, "0."), token);
  return amount === 0n ? { state: "refused", reason: NOTHING } : { state: "amount", amount };
}

/** The amount as one would type it here, all digits, no groups: what `parseInput` takes back exactly. */
export const inputText = (amount: bigint, token: Decimals, locale?: string): string =>
  formatAmount(amount, token).replace(".", signsOf(locale).decimal);
