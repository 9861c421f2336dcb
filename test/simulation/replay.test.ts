// The same seed gives the same run, and the contracts do what the model does: in every step of a crash, to the wei.
import { createHash } from "node:crypto";

import { expect } from "chai";

import { type Debtor, Pool, type Quote } from "../../sdk/model/index.js";
import { chainFollower } from "../../simulation/chain.js";
import { Problem } from "../../simulation/problem.js";
import { filesOf, type Follower, gasOf, pathOf, run } from "../../simulation/run.js";
import { findScenario, type Scenario } from "../../simulation/scenario.js";
import { filesOfReport } from "../../simulation/report/write.js";
import { provenanceOf } from "../../simulation/provenance.js";

/** The quarters of an hour around the low of LINK, with few people. */
function crash(): Scenario {
  const scenario = findScenario("october-2025-link", "/");
  return {
    ...scenario,
    price: { ...scenario.price, from: "2025-10-10T21:00:00Z", until: "2025-10-10T21:35:00Z" },
    borrowers: { ...scenario.borrowers, count: 10, debt: 1_290_000 },
    suppliers: { ...scenario.suppliers, count: 5, assets: 1_400_000, slowestHours: 0.2 },
    insurers: { ...scenario.insurers, count: 2, stake: 10_000 },
    reserve: 2_000,
  };
}

async function digest(scenario: Scenario, seed: number): Promise<string> {
  const outcome = await run(scenario, pathOf(scenario), gasOf(scenario), seed);
  const provenance = provenanceOf(scenario, filesOf(scenario), seed, "model");
  return createHash("sha256")
    .update(JSON.stringify(filesOfReport({ scenario, outcome, provenance })))
    .digest("hex");
}

/** What went wrong where engines were to part. */
async function parting(follower: Follower, PoolOf?: typeof Pool): Promise<string> {
  const scenario = crash();
  try {
    await run(scenario, pathOf(scenario), gasOf(scenario), 1, follower, PoolOf);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.exitCode).to.equal(1);
    return error.message;
  }
  return "none";
}

describe("a replay", function () {
  // A chain and three dozen accounts each time: some seconds, on a busy machine many more.
  this.timeout(600_000);

  it("is the same with the same seed, file by file, and another with another", async () => {
    const scenario = crash();
    const once = await digest(scenario, 1);
    expect(await digest(scenario, 1)).to.equal(once);
    expect(await digest(scenario, 2)).to.not.equal(once);
  });

  it("is the same on the contracts, every account and every view in every step", async () => {
    const scenario = crash();
    const alone = await run(scenario, pathOf(scenario), gasOf(scenario), 1);
    const followed = await run(scenario, pathOf(scenario), gasOf(scenario), 1, chainFollower(true));
    expect(followed).to.deep.equal(alone);
    // Enough has happened for that to mean something.
    for (const layer of ["fromReserve", "fromFund", "haircut"] as const) {
      expect(alone.losses.some((loss) => loss[layer] > 0)).to.equal(true);
    }
    expect(new Set(alone.notes.map(({ kind }) => kind)).size >= 4).to.equal(true);
  });

  it("stops where a liquidation of the model takes one unit less", async () => {
    class Off extends Pool {
      protected override quoteFor(debtor: Debtor, index: bigint, high: bigint, lltv: bigint, most: bigint): Quote {
        const quote = super.quoteFor(debtor, index, high, lltv, most);
        return quote.seized === 0n ? quote : { ...quote, seized: quote.seized - 1n };
      }
    }
    expect(await parting(chainFollower(), Off)).to.match(/^the engines part at liquidator \d's liquidate: /u);
  });

  it("stops where the model gives the reserve a share unit too much", async () => {
    class Off extends Pool {
      override topUpReserve(caller: string, assets: bigint): void {
        super.topUpReserve(caller, assets);
        const { totals, reserveShares } = this.state;
        const shares = totals.shares + 1n;
        this.state = { ...this.state, totals: { ...totals, shares }, reserveShares: reserveShares + 1n };
      }
    }
    expect(await parting(chainFollower(), Off)).to.equal(
      "the engines part: reserve is 2000000000000000 on the chain, 2000000000000001 on the model",
    );
  });

  it("stops where an outcome is told otherwise than it was", async () => {
    const follow = chainFollower();
    const lying = Object.assign(
      async (world: Parameters<Follower>[0]) => {
        world.done = world.done.map((deed) =>
          deed.operation.call === "liquidate" ? { ...deed, outcome: { refusal: "NoDebt", values: [] } } : deed,
        );
        await follow(world);
      },
      { close: follow.close },
    );
    expect(await parting(lying)).to.match(
      /^the engines part at liquidator \d's liquidate: the chain has .* the model \{ refusal: 'NoDebt'/u,
    );
  });
});
