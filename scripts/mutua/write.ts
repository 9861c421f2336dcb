// Everything that changes something goes through here: simulate, show, ask, send, tell what happened.
import { setTimeout as sleep } from "node:timers/promises";

import { Contract, formatEther, type Log, Signature, type TransactionReceipt, TypedDataEncoder } from "ethers";

import { Problem, revertData } from "../lib/problem.ts";
import { list } from "../lib/table.ts";
import type { Market, Signer } from "./market.ts";
import type { Report } from "./scan.ts";
import { decimal, exact, time, type Token, tokens, WAD } from "./units.ts";
import type { Answer } from "./verbs.ts";

/** Seconds for which a signed permit is good. */
const PERMIT_SECONDS = 1_200n;
const CONFIRMATION_MS = 300_000;
const BPS = 10_000n;

export type Step = { what: string; to: string; data: string };

/** What is going to happen: what the user is shown, and the transactions in their order. */
export type Plan = { lines: [string, string][]; steps: Step[]; preview: Record<string, unknown> };

export type Writer = {
  market: Market;
  signer: Signer;
  slippageBps: bigint;
  /** Asks yes or no; undefined where there is nobody to ask. */
  confirm: (() => Promise<boolean>) | undefined;
  isAgreed: boolean;
  show: Report;
};

/** The least that is accepted for what is expected. */
export function atLeast(expected: bigint, { slippageBps }: Writer): bigint {
  return (expected * (BPS - slippageBps)) / BPS;
}

/** The most that is given for what is expected. */
export function atMost(expected: bigint, { slippageBps }: Writer): bigint {
  return (expected * (BPS + slippageBps) + BPS - 1n) / BPS;
}

const TOKEN_ABI = [
  "function balanceOf(address) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount)",
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function nonces(address) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
];

type TokenCalls = {
  balanceOf: (owner: string) => Promise<bigint>;
  allowance: (owner: string, spender: string) => Promise<bigint>;
  name: () => Promise<string>;
  version: () => Promise<string>;
  nonces: (owner: string) => Promise<bigint>;
  DOMAIN_SEPARATOR: () => Promise<string>;
};

export function tokenAt(market: Market, token: Token) {
  return new Contract(token.address, TOKEN_ABI, market.provider) as Contract & TokenCalls;
}

/** What a call costs in tokens, and what it is. `routed` is the same call to the router, without the pool's address. */
export type Payment = { token: Token; amount: bigint; spender: string; direct: Step; routed: string };

/**
 * The steps by which a payment is made: the call alone where the allowance is there; one transaction with a signed
 * permit where the token knows permits and the router serves the pool; otherwise an approval of exactly the amount.
 */
export async function pay(writer: Writer, payment: Payment): Promise<Step[]> {
  const { market, signer } = writer;
  const { token, amount, spender, direct, routed } = payment;
  const calls = tokenAt(market, token);
  const balance = await calls.balanceOf(signer.address);
  if (balance < amount) {
    throw new Problem(
      `${signer.address} has ${exact(balance, token)} ${token.symbol}, and ${exact(amount, token)} are needed`,
    );
  }
  const allowance = await calls.allowance(signer.address, spender);
  if (allowance >= amount) return [direct];
  const permit = await signPermit(writer, token, amount);
  if (permit !== undefined) {
    const { interface: abi } = market.router;
    const data = abi.encodeFunctionData("multicall", [[permit, routed]]);
    const step = {
      what: `${direct.what}, with a signed permit, through the router`,
      to: market.deployment.contracts.router,
      data,
    };
    if (await isAccepted(writer, step)) return [step];
  }
  const approve = (value: bigint): Step => ({
    what: `approve ${exact(value, token)} ${token.symbol} to ${spender}`,
    to: token.address,
    data: calls.interface.encodeFunctionData("approve", [spender, value]),
  });
  // Some tokens take an approval only from zero.
  return [...(allowance === 0n ? [] : [approve(0n)]), approve(amount), direct];
}

/** Other refusals than of the permit itself are for the user to see. */
async function isAccepted({ market, signer }: Writer, step: Step): Promise<boolean> {
  try {
    await market.provider.call({ from: signer.address, to: step.to, data: step.data });
    return true;
  } catch (error) {
    const name = market.dictionary.parseError(revertData(error) ?? "0x")?.name;
    if (name === "PermitFailed" || name === "NotListed") return false;
    throw error;
  }
}

/** The router's selfPermit with a signature over exactly `amount`; undefined where the token has no ERC-2612. */
async function signPermit({ market, signer }: Writer, token: Token, amount: bigint): Promise<string | undefined> {
  const calls = tokenAt(market, token);
  const { router } = market.deployment.contracts;
  try {
    const domain = {
      name: await calls.name(),
      version: await calls.version().catch(() => "1"),
      chainId: market.deployment.chainId,
      verifyingContract: token.address,
    };
    if (TypedDataEncoder.hashDomain(domain) !== (await calls.DOMAIN_SEPARATOR())) return undefined;
    const nonce = await calls.nonces(signer.address);
    const block = await market.provider.getBlock("latest");
    const deadline = BigInt(block?.timestamp ?? 0) + PERMIT_SECONDS;
    const fields = ["owner address", "spender address", "value uint256", "nonce uint256", "deadline uint256"];
    const types = {
      Permit: fields.map((field) => ({ name: field.split(" ")[0] ?? "", type: field.split(" ")[1] ?? "" })),
    };
    const value = { owner: signer.address, spender: router, value: amount, nonce, deadline };
    const { v, r, s } = Signature.from(await signer.signTypedData(domain, types, value));
    return market.router.interface.encodeFunctionData("selfPermit", [token.address, amount, deadline, v, r, s]);
  } catch {
    return undefined;
  }
}

/** Shows the plan, asks, sends. */
export async function carryOut(writer: Writer, verb: string, plan: Plan): Promise<Answer> {
  const { market, signer, show } = writer;
  const gas = await estimate(writer, plan.steps[0]);
  const cost = await costOf(writer, gas);
  const rows: [string, string][] = [
    ["from", signer.address],
    ...plan.lines,
    ...plan.steps.map(({ what }, index): [string, string] => [
      plan.steps.length === 1 ? "transaction" : `transaction ${index + 1}`,
      what,
    ]),
    ["gas", `up to ${decimal(gas, 0)}, ${cost}${plan.steps.length > 1 ? " for the first" : ""}`],
  ];
  show(list(rows));
  if (!writer.isAgreed) {
    if (writer.confirm === undefined) throw new Problem("Nothing was sent: without a terminal to ask at, add --yes");
    if (!(await writer.confirm())) throw new Problem("Nothing was sent");
  }
  // Asked for once, past the provider's cache: transactions follow each other faster than it forgets.
  const nonce = Number(await market.provider.send("eth_getTransactionCount", [signer.address, "pending"]));
  const receipts: TransactionReceipt[] = [];
  for (const [index, step] of plan.steps.entries()) {
    // What comes after an approval can only be tried now.
    const limit = index === 0 ? gas : await estimate(writer, step);
    receipts.push(await send(writer, step, limit, nonce + index));
  }
  const events = receipts.flatMap(({ logs }) => logs.flatMap((log) => readEvent(market, log)));
  const last = receipts.at(-1);
  const used = receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
  return {
    text: [
      `Done in block ${last?.blockNumber}, ${decimal(used, 0)} gas: ${receipts.map(({ hash }) => hash).join(", ")}`,
      ...events.map((event) => `  ${eventText(market, event)}`),
    ].join("\n"),
    data: {
      verb,
      from: signer.address,
      preview: plan.preview,
      transactions: receipts.map(({ hash }) => hash),
      block: last?.blockNumber,
      gasUsed: used,
      events: events.map(({ name, values }) => ({ name, ...values })),
    },
  };
}

async function estimate({ market, signer }: Writer, step: Step | undefined): Promise<bigint> {
  if (step === undefined) throw new Problem("There is nothing to do");
  return await market.provider.estimateGas({ from: signer.address, to: step.to, data: step.data });
}

async function costOf({ market }: Writer, gas: bigint): Promise<string> {
  const { maxFeePerGas, gasPrice } = await market.provider.getFeeData();
  const fee = gasPrice ?? maxFeePerGas ?? 0n;
  return `${Number(formatEther(gas * fee)).toPrecision(3)} of the chain's coin`;
}

async function send(
  { market, signer, show }: Writer,
  { what, to, data }: Step,
  gas: bigint,
  nonce: number,
): Promise<TransactionReceipt> {
  // Interest of the seconds until it is mined can lead to a branch that costs a little more.
  const sent = await signer.sendTransaction({ to, data, nonce, gasLimit: (gas * 13n) / 10n });
  show(`Sent ${sent.hash}: ${what}`);
  const receipt = await mined(market, sent.hash);
  if (receipt === undefined)
    throw new Problem(`${sent.hash} is not mined after five minutes: look it up before sending again`);
  if (receipt.status === 1) return receipt;
  // Ask the block before what it said.
  await market.provider.call({ from: signer.address, to, data, blockTag: receipt.blockNumber - 1 });
  throw new Problem(`${sent.hash} failed in block ${receipt.blockNumber}, and nothing changed: try again`);
}

/** At once on a local chain; then every second. */
async function mined({ provider }: Market, hash: string): Promise<TransactionReceipt | undefined> {
  const end = Date.now() + CONFIRMATION_MS;
  for (let pause = 10; Date.now() < end; pause = Math.min(2 * pause, 1_000)) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt;
    await sleep(pause);
  }
  return undefined;
}

type Event = { name: string; values: Record<string, unknown> };

type Kind = "asset" | "collateral" | "share" | "unit" | "time" | "id";

/** Of all that a transaction logged, what a person wants to know; the fund's have its name in front. */
const TOLD: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  Deposit: { assets: "asset", shares: "share" },
  Withdraw: { assets: "asset", shares: "share" },
  Borrowed: { assets: "asset" },
  Repaid: { assets: "asset" },
  CollateralSupplied: { amount: "collateral" },
  CollateralWithdrawn: { amount: "collateral" },
  RecoveryClaimed: { assets: "asset" },
  "Fund.Deposit": { assets: "share", shares: "unit" },
  "Fund.Withdraw": { assets: "share", shares: "unit" },
  "Fund.CoolingStarted": { requestId: "id", poolShares: "share" },
  OperationScheduled: { operationId: "id", schedule: "time" },
  OperationExecuted: { operationId: "id" },
  OperationCanceled: { operationId: "id" },
  PauseSet: { until: "time" },
  CapsSet: { supplyCapTokens: "id", borrowCapTokens: "id" },
  LtvsSet: { borrowLtvBps: "id", lltvBps: "id", rampSeconds: "id" },
  FeesSet: { reserveFeePercent: "id", fundFeePercent: "id", reserveTargetBps: "id" },
  OracleScheduled: { oracle: "id", executableAt: "time" },
  OracleSet: { oracle: "id" },
  OracleCancelled: { oracle: "id" },
  BorrowingHaltSet: { isHalted: "id" },
  WindDownStarted: { rampSeconds: "id" },
  ReserveWithdrawn: { assets: "asset", shares: "share" },
};

function readEvent(market: Market, log: Log): Event[] {
  const { deployed, deployment } = market;
  const known = [
    [deployed.pool, market.pool.interface],
    [deployed.fund, market.fund.interface],
    [deployment.contracts.authority, market.authority.interface],
  ] as const;
  const abi = known.find(([address]) => address === log.address)?.[1];
  if (abi === undefined) return [];
  const event = abi.parseLog(log) as { name: string; args: { toObject: () => Record<string, unknown> } } | null;
  const name = `${log.address === deployed.fund ? "Fund." : ""}${event?.name ?? ""}`;
  return event === null || TOLD[name] === undefined ? [] : [{ name, values: event.args.toObject() }];
}

function eventText(market: Market, { name, values }: Event): string {
  const texts = Object.entries(TOLD[name] ?? {}).map(([key, kind]) => {
    const value = values[key];
    if (typeof value !== "bigint" || kind === "id") return `${key} ${String(value)}`;
    return `${key} ${kind === "time" ? time(value) : tokens(value, market[kind])}`;
  });
  return `${name}: ${texts.join(", ")}`;
}

/** A health or ltv after something, from what is read before it. */
export function afterwards(
  bundle: Awaited<ReturnType<Market["lens"]["market"]>>,
  position: { debtAssets: bigint; collateral: bigint },
): { ltvWad: bigint; healthWad: bigint; liquidationPrice: bigint } {
  const { debtAssets, collateral } = position;
  if (debtAssets <= 0n) return { ltvWad: 0n, healthWad: 10n ** 60n, liquidationPrice: 0n };
  const { lltvBps } = bundle.terms;
  const value = (collateral * bundle.prices.high) / 10n ** 36n;
  if (value === 0n) return { ltvWad: 10n ** 60n, healthWad: 0n, liquidationPrice: 10n ** 60n };
  const ltvWad = (debtAssets * WAD) / value;
  const healthWad = (lltvBps * WAD * value) / (debtAssets * BPS);
  return {
    ltvWad,
    healthWad,
    liquidationPrice: (debtAssets * BPS * 10n ** 36n) / (collateral * (lltvBps === 0n ? 1n : lltvBps)),
  };
}
