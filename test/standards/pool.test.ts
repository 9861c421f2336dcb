// ERC-4626, ERC-20 and ERC-3156 of the pool, in every state.
import { ENTRY } from "./entry.js";
import { EXIT } from "./exit.js";
import { FLASH } from "./flash.js";
import { inEveryState, poolSubject } from "./states.js";
import { TOKEN } from "./token.js";

inEveryState("The pool's standards", poolSubject, [...ENTRY, ...EXIT, ...TOKEN, ...FLASH]);
