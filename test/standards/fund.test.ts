// ERC-4626, ERC-7540 and ERC-20 of the fund, in every state.
import { ENTRY } from "./entry.js";
import { CLAIM, REQUEST } from "./redeem.js";
import { fundSubject, inEveryState } from "./states.js";
import { TOKEN } from "./token.js";

const hasShares = ({ name }: { name: string }): boolean => name !== "empty";
inEveryState("The fund's standards", fundSubject, [...ENTRY, ...REQUEST, ...CLAIM, ...TOKEN], hasShares);
