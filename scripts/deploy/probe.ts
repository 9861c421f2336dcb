// What a pool can't hold, found before anything is deployed: tokens and feeds, each refusal one line with what to do.
import { getAddress, Interface, type JsonRpcProvider, toUtf8String, type Result } from "ethers";

import { receiptOf } from "../lib/anvil.ts";
import { messageOf } from "./account.ts";
import type { Reader } from "./chain.ts";
import { type Feed, type MarketFile, feedConfig } from "./params.ts";
import type { MarketPlan } from "./plan.ts";
import { interfaceOf } from "./artifacts.ts";

/** A refusal, or something worth knowing. */
export type Finding = { isRefusal: boolean; text: string };

const refuse = (text: string): Finding => ({ isRefusal: true, text });
const note = (text: string): Finding => ({ isRefusal: false, text });

const OPTIONAL = new Interface([
  "function description() view returns (string)",
  "function aggregator() view returns (address)",
  "function minAnswer() view returns (int192)",
  "function maxAnswer() view returns (int192)",
  "function granularity() view returns (uint256)",
]);

/** Names by which tokens betray that balances change without transfers: Lido's, Ampleforth's, Aave's, and the plain word. */
const REBASING_SIGNS = [
  "getPooledEthByShares(uint256)",
  "rebase(uint256,int256)",
  "rebase(uint256)",
  "scaledBalanceOf(address)",
  "scaledTotalSupply()",
  "rebasingCreditsPerToken()",
];
/** EIP-1967: where a proxy keeps the address of its code. */
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
const DAY = 86_400;

// ---------------------------------------------------------------- what any node can answer

/** Reads only. For tokens and feeds that are there already; test tokens are not. */
export async function probeByReading(market: MarketPlan, reader: Reader): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const side of ["asset", "collateral"] as const) {
    if ("address" in market.file[side]) findings.push(...(await readToken(market, side, reader)));
  }
  const { oracle } = market.file;
  if (oracle.kind === "fixed")
    return [
      ...findings,
      note(`${market.name}: the price is fixed at ${oracle.price} by ${oracle.owner}: for tests only`),
    ];
  const block = await reader.provider.getBlock("latest");
  const now = BigInt(block?.timestamp ?? 0);
  for (const [i, path] of oracle.paths.entries()) {
    for (const side of ["collateral", "loan"] as const) {
      const feed = path[side];
      if (feed !== undefined)
        findings.push(...(await readFeed(feed, `oracle.paths.${i}.${side}`, market.file, reader, now)));
    }
  }
  if (oracle.sequencer !== undefined) findings.push(...(await readSequencer(oracle.sequencer.feed, reader)));
  return findings;
}

async function readToken(market: MarketPlan, side: "asset" | "collateral", reader: Reader): Promise<Finding[]> {
  const { address, symbol, decimals } = market[side];
  const key = `${market.file.path}: ${side}`;
  if (!(await reader.hasCode(address)))
    return [refuse(`${key}: no contract at ${address}: give the address of ${symbol} on this chain`)];
  const findings: Finding[] = [];
  try {
    const found = await reader.value<bigint>("ERC20", address, "decimals");
    const most = side === "asset" ? 18n : 24n;
    if (found > most)
      findings.push(
        refuse(`${key}: ${symbol} has ${found} decimals: a pool takes at most ${most}, choose another token`),
      );
    else if (found !== BigInt(decimals))
      findings.push(
        refuse(
          `${key}.decimals: found ${decimals}, but ${address} has ${found}: write ${found}, or correct the address`,
        ),
      );
  } catch {
    findings.push(refuse(`${key}: ${address} does not answer decimals(): choose another token`));
  }
  const found = await symbolAt(address, reader);
  if (found === undefined) findings.push(note(`${side}: ${address} has no symbol()`));
  else if (found !== symbol)
    findings.push(
      refuse(
        `${key}.symbol: found ${symbol}, but ${address} calls itself ${found}: write ${found}, or correct the address`,
      ),
    );
  if ((await optional(reader, address, "granularity")) !== undefined) {
    findings.push(
      refuse(`${key}: ${symbol} calls back on transfers (ERC-777): a pool can't hold it, choose another token`),
    );
  }
  const sign = await rebasingSign(address, reader);
  if (sign !== undefined)
    findings.push(
      refuse(
        `${key}: ${symbol} has ${sign}, so its balances change without transfers: use its wrapped form, which does not rebase`,
      ),
    );
  return findings;
}

async function symbolAt(address: string, reader: Reader): Promise<string | undefined> {
  try {
    return await reader.value<string>("ERC20", address, "symbol");
  } catch {
    // Old tokens answer with 32 bytes.
    try {
      const raw = await reader.provider.call({ to: address, data: interfaceOf("ERC20").encodeFunctionData("symbol") });
      return raw.length === 66 ? toUtf8String(raw.replace(/(00)+$/, "")) : undefined;
    } catch {
      return undefined;
    }
  }
}

async function optional(reader: Reader, to: string, method: string): Promise<unknown> {
  try {
    const answer = await reader.provider.call({ to, data: OPTIONAL.encodeFunctionData(method) });
    return OPTIONAL.decodeFunctionResult(method, answer)[0];
  } catch {
    return undefined;
  }
}

/** Looks for the names in the code, and in the code behind it. */
async function rebasingSign(address: string, reader: Reader): Promise<string | undefined> {
  const behind = await reader.provider.getStorage(address, IMPLEMENTATION_SLOT).catch(() => "0x");
  const codes = [await reader.provider.getCode(address)];
  if (behind.length === 66 && BigInt(behind) !== 0n)
    codes.push(await reader.provider.getCode(getAddress(`0x${behind.slice(26)}`)));
  return REBASING_SIGNS.find((sign) => {
    const selector = new Interface([`function ${sign}`]).getFunction(sign.split("(")[0] ?? "")?.selector.slice(2) ?? "";
    return codes.some((code) => code.includes(`63${selector}`));
  });
}

async function readFeed(feed: Feed, key: string, file: MarketFile, reader: Reader, now: bigint): Promise<Finding[]> {
  const where = `${file.path}: ${key}`;
  const { feed: address, heartbeat, minAnswer, maxAnswer } = feedConfig(feed);
  if (!(await reader.hasCode(address)))
    return [
      refuse(`${where}.feed: no contract at ${address}: give the address of the ${feed.pair} feed on this chain`),
    ];
  let round: Result;
  let decimals: bigint;
  try {
    round = await reader.call("MockFeed", address, "latestRoundData");
    decimals = await reader.value<bigint>("MockFeed", address, "decimals");
  } catch {
    return [
      refuse(
        `${where}.feed: ${address} does not answer as a Chainlink feed does: give the address of the feed's proxy`,
      ),
    ];
  }
  const findings: Finding[] = [];
  const answer = round[1] as bigint;
  const updatedAt = round[3] as bigint;
  const unit = 10 ** feed.decimals;
  if (decimals !== BigInt(feed.decimals)) {
    return [refuse(`${where}.decimals: found ${feed.decimals}, but the feed has ${decimals}: write ${decimals}`)];
  }
  const description = await optional(reader, address, "description");
  if (typeof description === "string" && description.trim() !== feed.pair) {
    findings.push(
      refuse(
        `${where}.pair: found ${feed.pair}, but the feed calls itself ${description.trim()}: correct the address or the pair`,
      ),
    );
  }
  if (updatedAt === 0n || updatedAt > now) {
    findings.push(
      refuse(
        `${where}: the feed's last update is ${updatedAt === 0n ? "missing" : "in the future"}: choose another feed`,
      ),
    );
  } else if (now - updatedAt > heartbeat) {
    findings.push(
      refuse(
        `${where}: the ${feed.pair} feed is stale: last update ${now - updatedAt} s ago, its heartbeat is ${heartbeat} s: wait for an update, choose another feed, or correct the heartbeat to the published one`,
      ),
    );
  } else findings.push(note(`${feed.pair} is ${Number(answer) / unit}, ${now - updatedAt} s old`));
  if (answer <= 0n) findings.push(refuse(`${where}: the ${feed.pair} feed answers ${answer}: choose another feed`));
  else if (answer < minAnswer || answer > maxAnswer) {
    findings.push(
      refuse(
        `${where}: the ${feed.pair} feed answers ${Number(answer) / unit}, outside min ${feed.min} and max ${feed.max}: correct the bounds`,
      ),
    );
  }
  // The feed's own bounds: what it can't say, ours can't catch.
  const aggregator = await optional(reader, address, "aggregator");
  if (typeof aggregator === "string") {
    const floor = await optional(reader, aggregator, "minAnswer");
    if (typeof floor === "bigint" && floor > minAnswer) {
      findings.push(
        note(
          `${feed.pair}: the feed itself never answers under ${Number(floor) / unit}: a min of ${feed.min} can't tell a collapse through that`,
        ),
      );
    }
  }
  return findings;
}

async function readSequencer(address: string, reader: Reader): Promise<Finding[]> {
  if (!(await reader.hasCode(address)))
    return [
      refuse(
        `oracle.sequencer.feed: no contract at ${address}: leave the sequencer out on a chain that has no such feed`,
      ),
    ];
  try {
    const round = await reader.call("MockFeed", address, "latestRoundData");
    if ((round[1] as bigint) > 1n)
      return [
        refuse(
          `oracle.sequencer.feed: ${address} answers ${round[1] as bigint}, which a sequencer feed never does (0 up, 1 down): correct the address`,
        ),
      ];
    if ((round[1] as bigint) === 1n)
      return [refuse("oracle.sequencer: the sequencer is down: wait until it is up and its grace period is over")];
    return [];
  } catch {
    return [refuse(`oracle.sequencer.feed: ${address} does not answer as a Chainlink feed does: correct the address`)];
  }
}

// ---------------------------------------------------------------- what only a chain of one's own can try

/** Gives `account` an amount of a token, on an anvil chain. */
export async function deal(
  provider: JsonRpcProvider,
  token: string,
  account: string,
  amount: bigint,
): Promise<boolean> {
  try {
    await provider.send("anvil_dealERC20", [account, token, `0x${amount.toString(16)}`]);
    return true;
  } catch {
    return false;
  }
}

/** Sends as an account whose key nobody here has, on an anvil chain. */
export async function sendAs(provider: JsonRpcProvider, from: string, to: string, data: string): Promise<boolean> {
  await provider.send("anvil_impersonateAccount", [from]);
  await provider.send("anvil_setBalance", [from, "0x56bc75e2d63100000"]);
  const hash = (await provider.send("eth_sendTransaction", [{ from, to, data, gas: "0xf42400" }])) as string;
  const receipt = await receiptOf(provider, hash);
  await provider.send("anvil_stopImpersonatingAccount", [from]);
  return receipt.status === 1;
}

const FROM = "0x00000000000000000000000000000000d0d00001";
const TO = "0x00000000000000000000000000000000D0D00002";
const SPENDER = "0x00000000000000000000000000000000d0d00003";

/** Moves some of the token about and holds what arrives against what was sent. Leaves the chain as it found it. */
export async function probeByMoving(
  market: MarketPlan,
  side: "asset" | "collateral",
  reader: Reader,
): Promise<Finding[]> {
  if (!("address" in market.file[side])) return [];
  const { provider } = reader;
  const snapshot: unknown = await provider.send("evm_snapshot", []);
  try {
    return await moves(market, side, reader);
  } catch (error) {
    return [
      refuse(
        `${market.file.path}: ${side}: ${market[side].symbol} can't be tried (${messageOf(error)}): choose another token`,
      ),
    ];
  } finally {
    await provider.send("evm_revert", [snapshot]);
  }
}

async function moves(market: MarketPlan, side: "asset" | "collateral", reader: Reader): Promise<Finding[]> {
  const { provider } = reader;
  const { address, symbol, decimals } = market[side];
  const key = `${market.file.path}: ${side}`;
  const token = interfaceOf("ERC20");
  const amount = 1_000n * 10n ** BigInt(decimals) + 7n;
  const balance = async (account: string) => await reader.value<bigint>("ERC20", address, "balanceOf", [account]);
  if (!(await deal(provider, address, FROM, amount * 3n)) || (await balance(FROM)) < amount * 3n) {
    return [
      note(
        `${side}: no ${symbol} could be had to try it: its balances are not kept in a plain mapping; look at its transfers yourself`,
      ),
    ];
  }
  const findings: Finding[] = [];
  const transfers = [
    { how: "transfer", from: FROM, data: token.encodeFunctionData("transfer", [TO, amount]) },
    { how: "transferFrom", from: SPENDER, data: token.encodeFunctionData("transferFrom", [FROM, TO, amount]) },
  ];
  if (!(await sendAs(provider, FROM, address, token.encodeFunctionData("approve", [SPENDER, amount])))) {
    return [refuse(`${key}: ${symbol} refuses approve: choose another token`)];
  }
  for (const { how, from, data } of transfers) {
    let answer = "0x";
    try {
      answer = await provider.call({ from, to: address, data });
    } catch (error) {
      return [refuse(`${key}: ${symbol} refuses ${how} (${messageOf(error)}): choose a token that anyone may move`)];
    }
    if (answer === "0x")
      findings.push(note(`${side}: ${symbol}.${how} returns nothing; pools and router can take that`));
    else if (BigInt(answer.slice(0, 66)) !== 1n)
      return [refuse(`${key}: ${symbol}.${how} returns false instead of reverting: choose another token`)];
    const before = [await balance(FROM), await balance(TO)] as const;
    await sendAs(provider, from, address, data);
    const left = before[0] - (await balance(FROM));
    const arrived = (await balance(TO)) - before[1];
    if (arrived < amount || left !== amount) {
      const percent = Number(((amount - arrived) * 1_000_000n + amount / 2n) / amount) / 10_000;
      return [
        refuse(
          arrived < amount && left === amount
            ? `${key}: ${symbol} takes a fee of ${percent}% on ${how}: a pool can't hold it, choose another token or its fee-free wrapper`
            : `${key}: ${symbol}.${how} of ${amount} takes ${left} and brings ${arrived}: a pool counts what it is told, choose another token`,
        ),
      ];
    }
  }
  const before = [await balance(FROM), await balance(TO)];
  await provider.send("evm_increaseTime", [30 * DAY]);
  await provider.send("evm_mine", []);
  if (before[0] !== (await balance(FROM)) || before[1] !== (await balance(TO))) {
    findings.push(
      refuse(`${key}: balances of ${symbol} change with time: use its wrapped form, which does not rebase`),
    );
  }
  return findings;
}
