// The solver: questions in SMT-LIB, answers with a bound on the work (not on time: the same answer on every machine).
import { init } from "z3-solver";

/** Units of work per question. What is proved here takes a part of it. */
const WORK_LIMIT = 1_000_000;

export interface Answer {
  readonly verdict: "unsat" | "sat" | "unknown";
  /** For "sat": the values of `shown`. */
  readonly model: readonly (readonly [name: string, value: string])[];
}

interface Emscripten {
  ccall(name: string, returns: "string", types: readonly string[], args: readonly unknown[]): string;
}

const { Z3, em } = await init();
const context = Z3.mk_context(Z3.mk_config());

/** On this thread: the asynchronous call hands the solver a string that is freed before it is read. */
function evaluate(text: string): string {
  return (em as Emscripten).ccall("Z3_eval_smtlib2_string", "string", ["number", "string"], [context, text]);
}

const answers = new Map<string, Answer>();

/** Whether `assertions` can hold together. Paths begin alike, so that much is asked twice. */
export function ask(
  declarations: readonly string[],
  assertions: readonly string[],
  shown: readonly string[] = [],
  workLimit = WORK_LIMIT,
): Answer {
  const question = [...declarations, ...assertions.map((assertion) => `(assert ${assertion})`)].join("\n");
  const key = `${workLimit} ${question} ${shown.join(" ")}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = evaluate(`(set-option :rlimit ${workLimit})\n(push 1)\n${question}\n(check-sat)`).trim();
  if (answer !== "unsat" && answer !== "sat" && answer !== "unknown") {
    throw new Error(`the solver says: ${answer}\n${question}`);
  }
  const values = answer === "sat" && shown.length > 0 ? evaluate(`(get-value (${shown.join(" ")}))`) : "";
  evaluate("(pop 1)");
  const model = [...values.matchAll(/\(\|?([^|()]+)\|? (\d+|\(- \d+\)|true|false)\)/g)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );
  const found = { verdict: answer, model } as const;
  answers.set(key, found);
  return found;
}
