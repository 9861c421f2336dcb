// The other engine: the contracts themselves. Whatever happens on the model happens there too, each action a
// transaction, and the two must agree after every step, to the wei.
import { isDeepStrictEqual, inspect } from "node:util";

import { Chain } from "../scripts/lib/chain.js";
import { expectedState } from "../scripts/lib/words.js";
import type { Follower } from "./run.js";
import { ORACLE, type World } from "./world.js";

/** Follows a world from its very beginning on a chain of its own. */
export function chainFollower(): Follower {
  let chain: Chain | undefined;
  return async (world) => {
    chain ??= await deploy(world);
    const concerned = new Set<string>();
    for (const { operation, time, outcome } of world.done) {
      const actual = await chain.send(operation, time);
      if (!isDeepStrictEqual(actual, outcome)) {
        throw new Error(
          `The engines part at ${operation.caller}'s ${operation.call}: the chain has ${inspect(actual, { depth: 5 })}, ` +
            `the model ${inspect(outcome, { depth: 5 })}`,
        );
      }
      concerned.add(operation.caller);
    }
    await compare(
      chain,
      world,
      world.everyone.filter((name) => concerned.has(name)),
    );
  };
}

async function deploy(world: World): Promise<Chain> {
  const { terms, state } = world.pool;
  const { low } = world.pool.oracles.get(ORACLE) ?? { low: 0n };
  return await Chain.deploy({
    parameters: { ...terms, initialRateAtTarget: terms.initialRateAtTarget },
    collateralDecimals: BigInt(world.scenario.market.collateralDecimals),
    price: low,
    actors: world.everyone,
    oracles: [state.oracle],
    createdAt: world.createdAt,
  });
}

async function compare(chain: Chain, world: World, accounts: readonly string[]): Promise<void> {
  // A call reads as of the block it would be in: the clock must stand where the model's does.
  await chain.send({ call: "nothing", caller: "keeper", values: [], wait: 0n }, world.pool.now);
  const purses = new Map(accounts.map((name) => [name, world.purse(name)]));
  const actual = await chain.state(accounts);
  for (const [i, [name, value]] of expectedState(world.model, purses, accounts).entries()) {
    if (actual[i] !== value) {
      throw new Error(`The engines part: ${name} is ${actual[i]} on the chain, ${value} on the model`);
    }
  }
}
