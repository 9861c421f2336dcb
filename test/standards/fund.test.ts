// ERC-4626, ERC-7540 and ERC-20 of the fund, in every state.
import { ENTRY } from "./entry.js";
import { CLAIM, REQUEST } from "./redeem.js";
import { fundSubject, inEveryState } from "./states.js";
import { TOKEN, VOIDED } from "./token.js";

/** The pool's supply cap is nothing to the fund, and where nobody has shares nobody can stake. */
const isMeant = ({ name }: { name: string }): boolean => name !== "empty" && !name.includes("supply cap");

inEveryState("The fund's standards", fundSubject, [...ENTRY, ...REQUEST, ...CLAIM, ...TOKEN], isMeant);

const VOIDING = ["after a haircut, the fund wiped", "the fund worn to a ten-billionth"];
inEveryState("The fund's units after a loss", fundSubject, VOIDED, ({ name }) => VOIDING.includes(name));
