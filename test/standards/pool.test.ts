// ERC-4626 and ERC-3156 of the pool in every state, and ERC-20 of its shares.
import { ENTRY } from "./entry.js";
import { EXIT } from "./exit.js";
import { FLASH } from "./flash.js";
import { inEveryState, mattersToTokens, poolSubject } from "./states.js";
import { TOKEN } from "./token.js";

inEveryState("The pool's standards", poolSubject, [...ENTRY, ...EXIT, ...FLASH]);
inEveryState("The pool's shares", poolSubject, TOKEN, mattersToTokens);
