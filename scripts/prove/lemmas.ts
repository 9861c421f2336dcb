// Facts about integers, each proved once by itself and then used where the solver would not think of it.
import type { Lemmas } from "./theorem.ts";

export const LEMMAS: Lemmas = {
  /** A product grows with its factor. */
  grows: { over: ["a", "b", "c"], given: "a <= b && c >= 0", then: "a * c <= b * c" },
  /** A positive factor on both sides may go. */
  cancels: { over: ["a", "b", "c"], given: "a * c <= b * c && c > 0", then: "a <= b" },
  /** Of two products without a full factor between them, the first is not the larger. */
  lands: { over: ["a", "b", "c"], given: "a * c < (b + 1) * c && c > 0", then: "a <= b" },
};
