// ERC-4626 and ERC-7540 of the fund in every state, and ERC-20 of its units.
import { ENTRY } from "./entry.js";
import { CLAIM, REQUEST } from "./redeem.js";
import { fundSubject, inEveryState, mattersToTokens, type State } from "./states.js";
import { TOKEN, VOIDED } from "./token.js";

/** The pool's supply cap is nothing to the fund, and where nobody has shares nobody can stake. */
const isMeant = ({ name }: State): boolean => name !== "empty" && !name.includes("supply cap");

const VOIDING = ["after a haircut, the fund wiped", "the fund worn to a ten-billionth"];

inEveryState("The fund's standards", fundSubject, [...ENTRY, ...REQUEST, ...CLAIM], isMeant);
inEveryState("The fund's units", fundSubject, TOKEN, mattersToTokens);
inEveryState("The fund's units after a loss", fundSubject, VOIDED, ({ name }) => VOIDING.includes(name));
