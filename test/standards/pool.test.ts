// ERC-4626 and ERC-20 of the pool, in every state.
import { ENTRY } from "./entry.js";
import { EXIT } from "./exit.js";
import { inEveryState, poolSubject } from "./states.js";
import { TOKEN } from "./token.js";

inEveryState("The pool's standards", poolSubject, [...ENTRY, ...EXIT, ...TOKEN]);
