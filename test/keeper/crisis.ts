// A crowd of loans, a real crash, and keepers as processes. What is counted afterwards comes from the chain alone.
import { setTimeout as sleep } from "node:timers/promises";

import { folder, KeeperProcess } from "./process.js";
import { raise, type Stage } from "./stage.js";

/** Blocks from a price to the next, the price's own among them. */
const BLOCKS_A_PRICE = 3;
const BORROWERS_A_CALL = 250;
/** Enum PositionStatus of the pool. */
const LIQUIDATABLE = 2n;

export type CrisisOptions = {
  positions: number;
  prices: readonly number[];
  /** Loan tokens on the venue's one side. */
  depth: number;
  seed: number;
  keepers: number;
  /** Whether they know of each other. */
  hasSlots: boolean;
  /** From this price on the first keeper is killed as soon as it has sent something, and is back so many prices later. */
  kill?: { from: number; back: number };
  /** Seconds a block; 0: the next block comes when all keepers have done what is due. */
  blockSeconds: number;
  gasLimit: number;
  keeperOptions?: readonly string[];
  say?: (text: string) => void;
};

export type Crisis = {
  positions: number;
  prices: number;
  liquidations: number;
  liquidatedPositions: number;
  /** How often a price made a position liquidatable. */
  cases: number;
  /** Blocks from the price to the liquidation, of each case. */
  delays: number[];
  /** Cases that nobody had handled two blocks after the price. */
  late: number;
  /** Positions liquidated more than once at one price, in parts or by two keepers. */
  twice: number;
  transactions: number;
  /** Mined without success. */
  reverted: number;
  racesLost: number;
  gas: bigint;
  /** Of each keeper and block: seconds from the block to the last transaction sent. */
  rounds: number[];
  mismatches: number;
  setupSeconds: number;
  seconds: number;
  wasResumed: boolean;
  /** Of keepers that were asked to end. */
  exitCodes: (number | null)[];
};

export async function runCrisis(options: CrisisOptions): Promise<Crisis> {
  const say = options.say ?? (() => undefined);
  const begun = performance.now();
  const stage = await raise({
    positions: options.positions,
    price: options.prices[0] as number,
    depth: options.depth,
    seed: options.seed,
    anvil: ["--gas-limit", `${options.gasLimit}`],
  });
  const disk = folder();
  const keepers = Array.from({ length: options.keepers }, (_, i) => {
    const slot = options.hasSlots ? ["--slot", `${i + 1}/${options.keepers}`] : [];
    const checkpoint = ["--checkpoint", `${disk.path}/keeper-${i}.json`];
    return new KeeperProcess(stage, i + 1, [...slot, ...checkpoint, ...(options.keeperOptions ?? [])]);
  });
  try {
    say(`${stage.borrowers.length} positions are open`);
    await stage.rpc("evm_setAutomine", false);
    await Promise.all(keepers.map((keeper) => keeper.start()));
    const first = await stage.mine();
    await Promise.all(keepers.map((keeper) => keeper.reach(first)));
    const setupSeconds = (performance.now() - begun) / 1_000;
    if (options.blockSeconds > 0) await stage.rpc("evm_setIntervalMining", options.blockSeconds);

    const started = performance.now();
    const steps: number[] = [];
    const rounds: number[] = [];
    let killedAt: number | undefined;
    for (const [i, price] of options.prices.entries()) {
      await stage.setPrice(price);
      const sentBefore = keepers[0]?.count("sent") ?? 0;
      steps.push(await nextBlock(stage, options));
      const [victim] = keepers;
      if (options.kill !== undefined && victim !== undefined) {
        if (killedAt === undefined && i >= options.kill.from) {
          if (await killAtWork(victim, sentBefore, steps.at(-1) as number, say)) killedAt = i;
        } else if (killedAt !== undefined && i === killedAt + options.kill.back) {
          await victim.start();
        }
      }
      for (let block = 1; block < BLOCKS_A_PRICE; ++block) {
        if (options.blockSeconds === 0) rounds.push(...(await idle(stage, keepers)));
        await nextBlock(stage, options);
        if (options.blockSeconds > 0) rounds.push(...(await roundSeconds(keepers)));
      }
      if (i % 10 === 9) say(`price ${i + 1} of ${options.prices.length}`);
    }
    await idle(stage, keepers);
    if (options.blockSeconds > 0) await stage.rpc("evm_setIntervalMining", 0);
    const seconds = (performance.now() - started) / 1_000;
    say("counting");
    const figures = await count(stage, steps, keepers);
    const metrics = await Promise.all(keepers.filter(({ isAlive }) => isAlive).map((keeper) => keeper.metrics()));
    const sum = (name: string): number => metrics.reduce((total, each) => total + (each[name] ?? 0), 0);
    const exitCodes = await Promise.all(keepers.map((keeper) => keeper.end("SIGTERM")));
    return {
      ...figures,
      exitCodes,
      positions: stage.borrowers.length,
      prices: options.prices.length,
      racesLost: sum("mutua_keeper_races_lost_total"),
      mismatches: keepers.reduce((total, keeper) => total + keeper.count("book-mismatch"), 0),
      rounds,
      setupSeconds,
      seconds,
      wasResumed:
        killedAt !== undefined &&
        keepers[0]?.lines.filter(({ event }) => event === "started").at(-1)?.["resumed"] === true,
    };
  } finally {
    await Promise.all(keepers.map((keeper) => keeper.end("SIGKILL")));
    await stage.stop();
    disk.remove();
  }
}

async function nextBlock(stage: Stage, { blockSeconds }: CrisisOptions): Promise<number> {
  if (blockSeconds === 0) return await stage.mine();
  const now = Number(await stage.rpc("eth_blockNumber"));
  for (;;) {
    const block = Number(await stage.rpc("eth_blockNumber"));
    if (block > now) return block;
    await sleep(20);
  }
}

/** All living keepers have done what is due at the last block; what that took each of them. */
async function idle(stage: Stage, keepers: readonly KeeperProcess[]): Promise<number[]> {
  const block = Number(await stage.rpc("eth_blockNumber"));
  await Promise.all(keepers.map((keeper) => keeper.reach(block)));
  return await roundSeconds(keepers);
}

async function roundSeconds(keepers: readonly KeeperProcess[]): Promise<number[]> {
  const alive = keepers.filter(({ isAlive }) => isAlive);
  return await Promise.all(alive.map(async (keeper) => (await keeper.metrics())["mutua_keeper_round_seconds"] ?? 0));
}

/** Ends a keeper without warning as soon as it has sent something, the rest of its work undone. */
async function killAtWork(
  keeper: KeeperProcess,
  before: number,
  block: number,
  say: (text: string) => void,
): Promise<boolean> {
  for (;;) {
    if (keeper.count("sent") > before) break;
    if (((await keeper.metrics())["mutua_keeper_block"] ?? 0) >= block) return false;
    await sleep(2);
  }
  await keeper.end("SIGKILL");
  say(`a keeper was killed, ${keeper.count("sent") - before} transactions after a price`);
  return true;
}

async function count(stage: Stage, steps: readonly number[], keepers: readonly KeeperProcess[]) {
  const { pool, rpc } = stage;
  const events = await pool.queryFilter(pool.filters.Liquidated(), steps[0], "latest");
  const byBorrower = new Map<string, number[]>();
  for (const { args, blockNumber } of events) {
    byBorrower.set(args.borrower, [...(byBorrower.get(args.borrower) ?? []), blockNumber]);
  }

  const delays: number[] = [];
  let [late, twice] = [0, 0];
  for (const [i, step] of steps.entries()) {
    // A price comes first in its block, by the tip it pays: what is liquidated in that block is liquidated at it.
    const end = steps[i + 1] ?? Number.POSITIVE_INFINITY;
    const atPrice = (borrower: string): number[] =>
      (byBorrower.get(borrower) ?? []).filter((block) => block >= step && block < end);
    for (const borrower of byBorrower.keys()) if (atPrice(borrower).length > 1) twice += 1;
    const now = await liquidatable(stage, step);
    const after = await liquidatable(stage, step + BLOCKS_A_PRICE - 1);
    for (const borrower of now) {
      const block = atPrice(borrower).find((each) => each > step);
      if (after.has(borrower) || block === undefined) late += 1;
      else delays.push(block - step);
    }
  }

  const accounts = new Set(keepers.map(({ address }) => address.toLowerCase()));
  let [transactions, reverted, gas] = [0, 0, 0n];
  const last = Number(await rpc("eth_blockNumber"));
  for (let block = steps[0] as number; block <= last; ++block) {
    const receipts = (await rpc("eth_getBlockReceipts", `0x${block.toString(16)}`)) as {
      from: string;
      status: string;
      gasUsed: string;
    }[];
    for (const receipt of receipts.filter(({ from }) => accounts.has(from.toLowerCase()))) {
      transactions += 1;
      if (Number(receipt.status) === 0) reverted += 1;
      gas += BigInt(receipt.gasUsed);
    }
  }
  return {
    liquidations: events.length,
    liquidatedPositions: byBorrower.size,
    cases: delays.length + late,
    delays,
    late,
    twice,
    transactions,
    reverted,
    gas,
  };
}

async function liquidatable({ lens, pool, borrowers }: Stage, block: number): Promise<Set<string>> {
  const found = new Set<string>();
  for (let from = 0; from < borrowers.length; from += BORROWERS_A_CALL) {
    const some = borrowers.slice(from, from + BORROWERS_A_CALL);
    const infos = await lens.positions(pool, some, { blockTag: block, gasLimit: 1_000_000_000n });
    for (const { borrower, status } of infos) if (status >= LIQUIDATABLE) found.add(borrower);
  }
  return found;
}
