// The other engine: the contracts themselves. Whatever happens on the model happens there too, each action a
// transaction, and the two must agree after every step, to the wei.
import { isDeepStrictEqual, inspect } from "node:util";

import { Chain } from "../scripts/lib/chain.js";
import { expectedState, expectedViews, type Word } from "../scripts/lib/words.js";
import { Problem } from "./problem.js";
import type { Follower } from "./run.js";
import { ORACLE, type World } from "./world.js";

/**
 * Follows a world from its very beginning on a chain of its own. After each step with an action totals and prices are
 * compared, and whoever acted; with `isWhole` after every step, everybody, and limits and previews too.
 */
export function chainFollower(isWhole = false): Follower {
  let chain: Chain | undefined;
  const follow = async (world: World): Promise<void> => {
    chain ??= await deploy(world);
    const concerned = new Set<string>();
    for (const { operation, time, outcome } of world.done) {
      const actual = await chain.send(operation, time);
      if (!isDeepStrictEqual(actual, outcome)) {
        throw new Problem(
          `the engines part at ${operation.caller}'s ${operation.call}: the chain has ${shown(actual)}, the model ` +
            shown(outcome),
          1,
        );
      }
      for (const name of [operation.caller, ...operation.values]) if (typeof name === "string") concerned.add(name);
    }
    if (concerned.size === 0 && !isWhole) return;
    await compare(chain, world, isWhole ? world.everyone : world.everyone.filter((name) => concerned.has(name)));
    if (isWhole) await compareViews(chain, world);
  };
  return Object.assign(follow, { close: async () => await chain?.close() });
}

const shown = (value: unknown): string => inspect(value, { depth: 5, breakLength: Infinity, compact: true });

async function deploy(world: World): Promise<Chain> {
  const { terms, oracles } = world.pool;
  const { low } = oracles.get(ORACLE) ?? { low: 0n };
  return await Chain.deploy({
    parameters: { ...terms, initialRateAtTarget: terms.initialRateAtTarget },
    collateralDecimals: BigInt(world.scenario.market.collateralDecimals),
    price: low,
    actors: world.everyone,
    oracles: [...oracles.keys()],
    createdAt: world.createdAt,
  });
}

async function compare(chain: Chain, world: World, accounts: readonly string[]): Promise<void> {
  // A call reads as of the block it would be in: the clock must stand where the model's does.
  await chain.send({ call: "nothing", caller: "keeper", values: [], wait: 0n }, world.pool.now);
  const purses = new Map(accounts.map((name) => [name, world.purse(name)]));
  requireSame(await chain.state(accounts), expectedState(world.model, purses, accounts));
}

const ACCOUNTS_A_CALL = 20;

async function compareViews(chain: Chain, world: World): Promise<void> {
  const requests = world.insurers.flatMap(({ name }) => [...world.fund.openRequests(name)]);
  const amount = world.assets(1_000);
  const everyone = world.everyone;
  // One call has gas for so many accounts, each of which asks the oracle several times.
  for (let from = 0; from < everyone.length; from += ACCOUNTS_A_CALL) {
    const some = everyone.slice(from, from + ACCOUNTS_A_CALL);
    requireSame(await chain.views(some, requests, amount), expectedViews(world.model, some, requests, amount));
  }
}

function requireSame(actual: readonly bigint[], expected: readonly Word[]): void {
  for (const [i, [name, value]] of expected.entries()) {
    if (actual[i] === value) continue;
    throw new Problem(`the engines part: ${name} is ${actual[i]} on the chain, ${value} on the model`, 1);
  }
}
