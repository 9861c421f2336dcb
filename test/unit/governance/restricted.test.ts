import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";

import { DAY, ethers, sent, time, type World, world } from "../../helpers/fixtures.js";
import { deposit } from "../pool/kit.js";

type Rule = {
  call: (w: World) => Promise<string>;
  role: "guardian" | "governor" | "oracleManager";
  /** What has to be so before the call can succeed. */
  given?: (w: World) => Promise<void>;
};

const scheduleNew = async (w: World) => {
  const oracle = await ethers.deployContract("FixedOracle", [
    w.deployer.address,
    w.priceOf(2_000),
    w.priceOf(2_000),
    true,
  ]);
  await sent(w.pool.connect(w.oracleManager).scheduleOracle(oracle));
};

const encode = (w: World) => w.pool.interface.encodeFunctionData.bind(w.pool.interface);

const RULES: Record<string, Rule> = {
  pause: { role: "guardian", call: async (w) => encode(w)("pause") },
  unpause: {
    role: "guardian",
    call: async (w) => encode(w)("unpause"),
    given: async (w) => {
      await sent(w.pool.connect(w.guardian).pause());
    },
  },
  lowerCaps: { role: "guardian", call: async (w) => encode(w)("lowerCaps", [1n, 1n]) },
  lowerLtvs: { role: "guardian", call: async (w) => encode(w)("lowerLtvs", [7_000n, 8_500n, 3n * DAY]) },
  cancelOracle: { role: "guardian", call: async (w) => encode(w)("cancelOracle"), given: scheduleNew },
  scheduleOracle: {
    role: "oracleManager",
    call: async (w) => encode(w)("scheduleOracle", [await w.oracle.getAddress()]),
  },
  executeOracle: { role: "governor", call: async (w) => encode(w)("executeOracle"), given: scheduleNew },
  raiseCaps: { role: "governor", call: async (w) => encode(w)("raiseCaps", [2_000_000_000n, 2_000_000_000n]) },
  raiseLtvs: { role: "governor", call: async (w) => encode(w)("raiseLtvs", [8_100n, 8_700n]) },
  setFees: { role: "governor", call: async (w) => encode(w)("setFees", [5n, 5n, 100n]) },
  reopenBorrowing: { role: "governor", call: async (w) => encode(w)("reopenBorrowing") },
  windDown: { role: "governor", call: async (w) => encode(w)("windDown", [14n * DAY]) },
  withdrawReserve: {
    role: "governor",
    call: async (w) => encode(w)("withdrawReserve", [w.usd(1), w.carol.address]),
    given: async (w) => {
      await deposit(w, w.alice, w.usd(100));
      await sent(w.pool.connect(w.alice).topUpReserve(w.usd(10)));
    },
  },
};

function send(w: World, who: HardhatEthersSigner, data: string): Promise<ContractTransactionResponse> {
  return w.pool.getAddress().then((to) => who.sendTransaction({ to, data })) as Promise<ContractTransactionResponse>;
}

describe("Pool governance, who may call", () => {
  for (const [name, rule] of Object.entries(RULES)) {
    it(`${name}: the ${rule.role}${rule.role === "governor" ? ", three days after announcing it," : ""} and nobody else`, async () => {
      const w = await world();
      await rule.given?.(w);
      const data = await rule.call(w);
      const roles = { guardian: w.guardian, governor: w.governor, oracleManager: w.oracleManager };
      for (const who of [w.alice, w.deployer, w.admin, w.guardian, w.governor, w.oracleManager]) {
        if (who === roles[rule.role]) continue;
        await expect(send(w, who, data), who.address)
          .to.be.revertedWithCustomError(w.pool, "AccessManagedUnauthorized")
          .withArgs(who.address);
      }
      const caller = roles[rule.role];
      if (rule.role !== "governor") {
        await sent(send(w, caller, data));
        return;
      }
      const target = await w.pool.getAddress();
      const id = await w.authority.hashOperation(caller, target, data);
      await expect(send(w, caller, data))
        .to.be.revertedWithCustomError(w.authority, "AccessManagerNotScheduled")
        .withArgs(id);
      await sent(w.authority.connect(caller).schedule(target, data, 0n));
      const due = BigInt(await time.latest()) + 3n * DAY;
      await time.setNextBlockTimestamp(due - 1n);
      await expect(send(w, caller, data))
        .to.be.revertedWithCustomError(w.authority, "AccessManagerNotReady")
        .withArgs(id);
      await time.setNextBlockTimestamp(due);
      await sent(send(w, caller, data));
      await expect(send(w, caller, data), "once").to.be.revertedWithCustomError(
        w.authority,
        "AccessManagerNotScheduled",
      );
    });
  }

  it("is a complete list: every restricted function of the authority's table", async () => {
    const w = await world();
    const table = await w.authority.rules();
    const names = table.map((rule) => rule.signature.split("(")[0]);
    expect(names).to.have.members(Object.keys(RULES));
  });
});
