import { createInterface } from "node:readline/promises";

import { run } from "./cli.ts";

/** Ctrl-C and the end of input are a no. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => {
    terminal.once("close", () => resolve(""));
    terminal.once("SIGINT", () => terminal.close());
  });
  try {
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}

const code = await run(process.argv.slice(2), {
  out: (text) => console.log(text),
  note: (text) => console.error(text),
  ask: process.stdin.isTTY ? ask : undefined,
});
// Open sockets of a provider would keep the process.
process.exit(code);
