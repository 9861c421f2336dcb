// The verbs of those who have a role: what waits is proposed and executed later, what tightens runs at once.
import { Problem, revertData } from "../lib/problem.ts";
import { list, table } from "../lib/table.ts";
import { describeRevert } from "./errors.ts";
import { argumentNames, type Call, callOf, readCall, requireFunction, sentence, shortNames } from "./functions.ts";
import type { Market } from "./market.ts";
import { type Operation, type Report, scan } from "./scan.ts";
import { describeOperations, when } from "./status.ts";
import { duration, time } from "./units.ts";
import type { Answer } from "./verbs.ts";
import { carryOut, type Plan, type Writer } from "./write.ts";

/** Code that answers every canCall with (true, 0): to try a restricted function without its role or its delay. */
const ALLOWS_EVERYTHING = "0x60015f5260405ff3";

/** Refusals that may have gone away by the time a proposal can run. The others are mistakes. */
const PASSING = ["TooEarly", "OracleNotOk", "ShortfallExists", "ReserveBelowTarget", "InsufficientCash", "Locked"];

type Terms = Awaited<ReturnType<Market["lens"]["market"]>>["terms"];

async function now({ provider }: Market): Promise<bigint> {
  return BigInt((await provider.getBlock("latest"))?.timestamp ?? 0);
}

async function termsOf({ lens, pool }: Market): Promise<Terms> {
  return (await lens.market(pool)).terms;
}

/** All restricted functions with their roles and delays, and what is proposed. */
export async function listProposals(market: Market, report: Report): Promise<Answer> {
  const { authority } = market;
  const [rules, roles, terms, { operations }] = await Promise.all([
    authority.rules(),
    authority.roles(),
    termsOf(market),
    scan(market, report),
  ]);
  const labels = new Map(roles.map(({ roleId, label }) => [roleId, label]));
  const rows = rules.map(({ signature, roleId, delay }) => {
    const name = signature.replace(/\(.*/, "");
    return [`${name} ${shortNames(name)}`.trim(), labels.get(roleId) ?? "", delay === 0n ? "none" : duration(delay)];
  });
  const proposals = describeOperations(market, operations, terms, await now(market));
  return {
    text: [
      table(["function", "role", "delay"], rows),
      ...(proposals.length === 0 ? ["Nothing is proposed."] : ["Proposed:", list(proposals)]),
    ].join("\n"),
    data: {
      functions: rules.map(({ signature, roleId, delay }) => ({ signature, role: labels.get(roleId), delay })),
      proposals: operations,
    },
  };
}

export async function propose(writer: Writer, name: string, texts: readonly string[]): Promise<Answer> {
  const { market } = writer;
  const terms = await termsOf(market);
  const call = callOf(name, texts, market, terms);
  const delay = await delayOf(writer, name);
  if (delay === 0n) {
    throw new Problem(`${name} has no delay: npm run mutua -- execute ${[name, ...texts].join(" ")} runs it at once`);
  }
  return await carryOut(writer, "propose", await proposal(writer, call, delay));
}

async function proposal(writer: Writer, call: Call, delay: bigint): Promise<Plan> {
  const { market } = writer;
  const { authority, deployed } = market;
  const executableAt = (await now(market)) + delay;
  const expiresAt = executableAt + (await authority.expiration());
  const refusal = await dryRun(writer, call);
  const role = await authority.getTargetFunctionRole(deployed.pool, call.data.slice(0, 10));
  const cancellers = await labelOf(market, await authority.getRoleGuardian(role));
  return {
    lines: [
      ["proposes", sentence(call, market)],
      ...call.lines,
      ["can run", `from about ${time(executableAt)} to ${time(expiresAt)}, by the same account`],
      ["until then", `the ${cancellers}, an admin and the proposer can cancel it`],
      ...(refusal === undefined ? [] : ([["today it would fail", refusal]] as [string, string][])),
    ],
    steps: [
      {
        what: `schedule ${call.name}`,
        to: market.deployment.contracts.authority,
        data: authority.interface.encodeFunctionData("schedule", [deployed.pool, call.data, 0]),
      },
    ],
    preview: { function: call.name, values: call.values, executableAt, expiresAt },
  };
}

/** What the pool would say today; throws where no waiting will change it. */
async function dryRun({ market, signer }: Writer, call: Call): Promise<string | undefined> {
  const { provider, deployed, deployment, dictionary } = market;
  const override = { [deployment.contracts.authority]: { code: ALLOWS_EVERYTHING } };
  try {
    await provider.send("eth_call", [{ from: signer.address, to: deployed.pool, data: call.data }, "latest", override]);
    return undefined;
  } catch (error) {
    const data = revertData(error);
    const revert = data === undefined ? null : dictionary.parseError(data);
    // A node that can't do this says nothing about the call.
    if (revert === null || revert === undefined) return undefined;
    const text = describeRevert(revert, dictionary.tokens);
    if (PASSING.includes(revert.name)) return text;
    throw new Problem(text);
  }
}

/** The delay after which this account may call a function; a Problem if it may not at all. */
async function delayOf({ market, signer }: Writer, name: string): Promise<bigint> {
  const { authority, deployed, pool } = market;
  const selector = pool.interface.getFunction(name as "pause").selector;
  const { immediate, delay } = await authority.canCall(signer.address, deployed.pool, selector);
  if (immediate) return 0n;
  if (delay > 0n) return delay;
  const role = await labelOf(market, await authority.getTargetFunctionRole(deployed.pool, selector));
  throw new Problem(`${name} is the ${role}'s, and ${signer.address} is none: sign as one with --as`);
}

async function labelOf({ authority }: Market, roleId: bigint): Promise<string> {
  const roles = await authority.roles();
  return roles.find((role) => role.roleId === roleId)?.label ?? `role ${roleId}`;
}

export async function execute(writer: Writer, what: string, texts: readonly string[]): Promise<Answer> {
  const { market, show } = writer;
  const terms = await termsOf(market);
  if (!what.startsWith("0x")) {
    requireFunction(what);
    if ((await delayOf(writer, what)) === 0n) return await executeNow(writer, what, texts, terms);
  }
  const { operations } = await scan(market, show);
  const own = operations.filter(({ proposer }) => proposer === writer.signer.address);
  const operation = choose(market, terms, own, what, texts);
  return await carryOut(writer, "execute", await execution(market, terms, operation));
}

export async function executeNow(
  writer: Writer,
  name: string,
  texts: readonly string[],
  terms?: Terms,
): Promise<Answer> {
  const { market } = writer;
  const call = callOf(name, texts, market, terms ?? (await termsOf(market)));
  if ((await delayOf(writer, name)) > 0n) throw new Problem(`${name} has a delay: propose it first`);
  return await carryOut(writer, name, {
    lines: [["runs", sentence(call, market)], ...call.lines, ...noteOf(call)],
    steps: [{ what: name, to: market.deployed.pool, data: call.data }],
    preview: { function: name, values: call.values },
  });
}

/** What a name does not say by itself. */
function noteOf({ name }: Call): [string, string][] {
  if (name === "pause") {
    return [
      [
        "effect",
        "no new deposits and loans for 72 hours; can't be repeated for 7 days after. Exits, repayments and liquidations go on",
      ],
    ];
  }
  if (name === "scheduleOracle") {
    return [
      [
        "effect",
        "from now on low is the lower of both oracles; executeOracle can run in 3 days, if it was proposed as well",
      ],
    ];
  }
  return [];
}

async function execution(market: Market, terms: Terms, operation: Operation): Promise<Plan> {
  const at = await now(market);
  const { target, data, executableAt } = operation;
  const call = target === market.deployed.pool ? readCall(data, market, terms) : undefined;
  const name = call?.name ?? operation.id.slice(0, 10);
  if (executableAt > at) throw new Problem(`${name} can run ${when(executableAt, at)}`);
  return {
    lines: [["runs", call === undefined ? `${data} of ${target}` : sentence(call, market)], ...(call?.lines ?? [])],
    steps: [
      {
        what: `execute ${name}`,
        to: market.deployment.contracts.authority,
        data: market.authority.interface.encodeFunctionData("execute", [target, data]),
      },
    ],
    preview: { operation: operation.id, function: call?.name, values: call?.values },
  };
}

export async function cancel(writer: Writer, what: string, texts: readonly string[]): Promise<Answer> {
  const { market, show } = writer;
  if (!what.startsWith("0x")) requireFunction(what);
  const terms = await termsOf(market);
  const { operations } = await scan(market, show);
  const operation = choose(market, terms, operations, what, texts);
  const call = operation.target === market.deployed.pool ? readCall(operation.data, market, terms) : undefined;
  const { authority } = market;
  return await carryOut(writer, "cancel", {
    lines: [
      ["cancels", call === undefined ? `${operation.data} of ${operation.target}` : sentence(call, market)],
      ["proposed by", operation.proposer],
    ],
    steps: [
      {
        what: "cancel",
        to: market.deployment.contracts.authority,
        data: authority.interface.encodeFunctionData("cancel", [operation.proposer, operation.target, operation.data]),
      },
    ],
    preview: { operation: operation.id, function: call?.name, values: call?.values },
  });
}

/** The one proposal that is meant: by the beginning of its id, or by the function's name, with values if there are several. */
function choose(
  market: Market,
  terms: Terms,
  operations: readonly Operation[],
  what: string,
  texts: readonly string[],
): Operation {
  const byId = what.startsWith("0x");
  const data = byId || texts.length === 0 ? undefined : callOf(what, texts, market, terms).data;
  const found = operations.filter((operation) => {
    if (byId) return operation.id.startsWith(what.toLowerCase());
    if (operation.target !== market.deployed.pool) return false;
    return data === undefined ? readCall(operation.data, market, terms)?.name === what : operation.data === data;
  });
  const [first, second] = found;
  if (first === undefined) {
    throw new Problem(
      byId
        ? `No proposal of this account has an id that begins with ${what}: see propose`
        : `${what} is not proposed${texts.length > 0 ? " with these values" : ""}: propose ${[what, argumentNames(what)].join(" ").trim()} comes first`,
    );
  }
  if (second !== undefined) {
    throw new Problem(
      `${what} is proposed ${found.length} times: name one by its id, ${found.map(({ id }) => id.slice(0, 10)).join(" or ")}`,
    );
  }
  return first;
}

/** One way, in two steps: proposed the first time, executed when it is due. */
export async function windDown(writer: Writer, texts: readonly string[]): Promise<Answer> {
  const { market, signer, show } = writer;
  const terms = await termsOf(market);
  const { operations } = await scan(market, show);
  const call = callOf("windDown", texts, market, terms);
  const due = operations.find(({ proposer, data }) => proposer === signer.address && data === call.data);
  const note: [string, string][] = [
    [
      "effect",
      "no deposit and no loan any more; the lltv falls to zero over the ramp, so that every loan has to be closed",
    ],
    ["one way", "it can't be undone"],
  ];
  const plan =
    due === undefined
      ? await proposal(writer, call, await delayOf(writer, "windDown"))
      : await execution(market, terms, due);
  return await carryOut(writer, "wind-down", { ...plan, lines: [...plan.lines, ...note] });
}
