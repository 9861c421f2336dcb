// npm run mutua -- <verb> …: reads the command line, runs the verb, ends in text or one line of what is wrong.
import { parseArgs } from "node:util";

import { Problem } from "../lib/problem.ts";
import { list } from "../lib/table.ts";
import { explain } from "./errors.ts";
import { type Market, openMarket, type Place, signerOf } from "./market.ts";
import { json, parseBps } from "./units.ts";
import { type Answer, LISTING, type Verb, VERBS } from "./verbs.ts";

/** What a command talks to besides the chain. */
export type Surroundings = {
  out: (text: string) => void;
  note: (text: string) => void;
  /** Undefined where there is no terminal to ask at. */
  ask: ((question: string) => Promise<string>) | undefined;
};

const DEFAULT_SLIPPAGE = "0.5";

const OPTIONS = {
  network: { type: "string" },
  rpc: { type: "string" },
  url: { type: "string" },
  market: { type: "string" },
  as: { type: "string" },
  slippage: { type: "string" },
  json: { type: "boolean" },
  yes: { type: "boolean" },
  help: { type: "boolean" },
} as const;

const ABOUT_OPTIONS: readonly (readonly [string, string])[] = [
  ["--network <name>", "whose deployments/<name>.json; local if not given"],
  ["--rpc <url>", "the node to ask, instead of <NETWORK>_RPC_URL or MUTUA_RPC_URL; --url is the same"],
  ["--market <name>", "where a deployment has several"],
  ["--as <name>", "sign with <NETWORK>_<NAME>_PRIVATE_KEY; on a local chain a role, or an account's number"],
  ["--slippage <percent>", `how much worse than the preview is still accepted; ${DEFAULT_SLIPPAGE} if not given`],
  ["--json", "one JSON object instead of text; amounts in smallest units, as strings"],
  ["--yes", "do not ask before sending"],
  ["--help", "this, or with a verb what the verb does"],
];

/** Returns the exit code. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let market: Market | undefined;
  try {
    const { options, name, values } = read(args);
    if (name === undefined || options.help === true) {
      surroundings.out(name === undefined ? usage() : helpOf(name, verbOf(name)));
      return name === undefined && options.help !== true ? 1 : 0;
    }
    const verb = name === "propose" && values.length === 0 ? LISTING : verbOf(name);
    requireValues(name, verb, values);
    const slippageBps = parseBps(options.slippage ?? DEFAULT_SLIPPAGE, "--slippage");
    const place = { network: options.network, rpc: options.rpc ?? options.url, market: options.market };
    market = await openMarket(place);
    const answer = await answerOf(market, verb, values, { ...options, place, slippageBps }, surroundings);
    surroundings.out(options.json === true ? json(answer.data) : answer.text);
    return 0;
  } catch (error) {
    surroundings.note(explain(error, market?.dictionary));
    if (process.env["MUTUA_DEBUG"] !== undefined) console.error(error);
    return 1;
  } finally {
    market?.provider.destroy();
  }
}

async function answerOf(
  market: Market,
  verb: Verb,
  values: readonly string[],
  { place, slippageBps, ...options }: Options & { place: Place; slippageBps: bigint },
  { note, ask }: Surroundings,
): Promise<Answer> {
  if (verb.kind === "read") return await verb.run(market, values, note);
  const writer = {
    market,
    signer: await signerOf(market, place, options.as),
    slippageBps,
    isAgreed: options.yes === true,
    confirm: ask === undefined ? undefined : async () => /^y(es)?$/i.test((await ask("Send? (y/N) ")).trim()),
    show: note,
  };
  return await verb.run(writer, values);
}

type Options = ReturnType<typeof parse>["values"];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
}

function read(args: readonly string[]): { options: Options; name: string | undefined; values: string[] } {
  const negative = args.find((arg) => /^-[\d.]/.test(arg));
  if (negative !== undefined) throw new Problem(`Amounts are above zero: "${negative}" is negative`);
  try {
    const { values: options, positionals } = parse(args);
    const [name, ...values] = positionals;
    return { options, name, values };
  } catch (error) {
    const { message } = error as Error;
    const option = /Unknown option '(.+?)'/.exec(message)?.[1];
    if (option !== undefined) throw new Problem(`There is no option ${option}: there are ${optionNames()}`);
    const missing = /Option '(--[a-z]+).*argument/.exec(message)?.[1];
    if (missing !== undefined) throw new Problem(optionProblem(missing, message));
    throw error;
  }
}

function optionProblem(option: string, message: string): string {
  return message.includes("does not take") ? `${option} takes no value` : `${option} takes a value: see --help`;
}

function optionNames(): string {
  return Object.keys(OPTIONS)
    .map((name) => `--${name}`)
    .join(", ");
}

function verbOf(name: string): Verb {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) throw new Problem(`There is no verb "${name}": there are ${Object.keys(VERBS).join(", ")}`);
  return verb;
}

function requireValues(name: string, verb: Verb, values: readonly string[]): void {
  const least = verb.values.filter((value) => !/^\[|\.\.\.$/.test(value)).length;
  const most = verb.values.some((value) => value.includes("...")) ? Number.MAX_SAFE_INTEGER : verb.values.length;
  if (values.length >= least && values.length <= most) return;
  const wanted = verb.values.length === 0 ? "nothing" : verb.values.map((value) => `<${value}>`).join(" ");
  throw new Problem(`${name} takes ${wanted}: ${values.length === 0 ? "nothing" : `"${values.join(" ")}"`} given`);
}

function signature(name: string, verb: Verb): string {
  const values = verb.values.map((value) => (value.startsWith("[") ? value : `<${value}>`));
  return [name, ...values].join(" ");
}

function usage(): string {
  const verbs = Object.entries(VERBS).map(([name, verb]) => [signature(name, verb), verb.about] as const);
  return ["npm run mutua -- <verb> …", list(verbs), "Options", list(ABOUT_OPTIONS)].join("\n");
}

function helpOf(name: string, verb: Verb): string {
  const lines = [`npm run mutua -- ${signature(name, verb)}`, `  ${verb.about}`];
  if (verb.help !== undefined) lines.push(`  ${verb.help}`);
  const about =
    verb.kind === "write" ? ABOUT_OPTIONS : ABOUT_OPTIONS.filter(([option]) => !/--(as|slippage|yes)/.test(option));
  return [...lines, "Options", list(about)].join("\n");
}
