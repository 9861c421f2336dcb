// Who may call what, asked of a deployed market, function by function, and held against docs/governance.md.
import { readFileSync } from "node:fs";

import { expect } from "chai";
import { FunctionFragment, type ParamType, ZeroAddress } from "ethers";

import { type ContractName, interfaceOf } from "../../scripts/deploy/artifacts.js";
import { members, ROLE_NAMES } from "../../scripts/deploy/governance.js";
import type { Plan } from "../../scripts/deploy/plan.js";
import { carryOut } from "../../scripts/deploy/run.js";
import { revertData } from "../../scripts/lib/problem.js";
import { Rehearsal } from "./rehearsal.js";

const STRANGER = "0x00000000000000000000000000000000000051a6";
const DAY = 86_400n;
/** How contracts say that it is not the caller's to call. */
const REFUSALS = ["AccessManagedUnauthorized", "AccessManagerUnauthorizedAccount", "OwnableUnauthorizedAccount"];

type Row = { contract: string; signature: string; who: string; after: string };

/** A value of nothing, of any type. */
function nothing(type: ParamType): unknown {
  if (type.baseType === "array") return [];
  if (type.baseType === "tuple") return (type.components ?? []).map(nothing);
  if (type.type === "address") return ZeroAddress;
  if (type.type === "bool") return false;
  if (type.type === "string") return "";
  if (type.type === "bytes") return "0x";
  return type.type.startsWith("bytes") ? `0x${"00".repeat(Number(type.type.slice(5)))}` : 0n;
}

function documented(): Row[] {
  const lines = readFileSync("docs/governance.md", "utf8").split("\n");
  return lines
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => cells[2]?.startsWith("`"))
    .map(([, contract = "", signature = "", who = "", after = ""]) => ({
      contract,
      signature: signature.replaceAll("`", ""),
      who,
      after,
    }));
}

describe("Roles and delays of a deployed market", function () {
  this.timeout(600_000);
  let rehearsal: Rehearsal;
  let plan: Plan;

  before(async () => {
    rehearsal = await Rehearsal.start();
    plan = rehearsal.plan(rehearsal.write("first", await rehearsal.feeds()));
    await carryOut(
      plan,
      rehearsal.reader,
      rehearsal.crew(() => {}),
      0,
      () => {},
    );
  });

  after(async () => await rehearsal.stop());

  /** The error with which a contract answers, or nothing. */
  async function answer(
    contract: ContractName,
    to: string,
    from: string,
    each: FunctionFragment,
  ): Promise<string | undefined> {
    const data = interfaceOf(contract).encodeFunctionData(each, each.inputs.map(nothing));
    try {
      await rehearsal.anvil.provider.call({ from, to, data });
      return undefined;
    } catch (error) {
      const raw = revertData(error);
      if (raw === undefined) return "";
      for (const name of [contract, "MutuaAuthority"] as const) {
        const parsed = interfaceOf(name).parseError(raw);
        if (parsed !== null) return parsed.name;
      }
      return raw;
    }
  }

  it("is what the document says, function by function", async () => {
    const [market] = plan.markets;
    if (market === undefined) throw new Error("No market");
    const { authority, factory, lens, router } = plan.contracts;
    const holders = await members(rehearsal.reader, authority, 0);
    expect(holders.map(({ roleId, account }) => [ROLE_NAMES[Number(roleId)], account])).to.have.deep.members(
      Object.entries(plan.roles),
    );

    const targets: [string, ContractName, string][] = [
      ["LendingPool", "ILendingPool", market.pool],
      ["InsuranceFund", "InsuranceFund", market.fund],
      ["ChainlinkOracle", "ChainlinkOracle", market.oracle.address],
      ["PoolFactory", "PoolFactory", factory],
      ["PoolLens", "PoolLens", lens],
      ["Router", "Router", router],
      ["MutuaAuthority", "MutuaAuthority", authority],
    ];
    const found: Row[] = [];
    let asked = 0;
    for (const [name, contract, address] of targets) {
      for (const each of interfaceOf(contract).fragments) {
        if (!FunctionFragment.isFragment(each) || each.constant) continue;
        ++asked;
        if (!REFUSALS.includes((await answer(contract, address, STRANGER, each)) ?? "")) continue;
        const row = { contract: name, signature: each.format("sighash") };
        let isAnyones = false;
        for (const { roleId, account, delay } of holders) {
          const error = await answer(contract, address, account, each);
          if (error !== undefined && REFUSALS.includes(error)) continue;
          isAnyones = true;
          const isDelayed = error === "AccessManagerNotScheduled";
          found.push({
            ...row,
            who: ROLE_NAMES[Number(roleId)] ?? "",
            after: isDelayed ? `${delay / DAY} days` : "at once",
          });
        }
        if (!isAnyones) found.push({ ...row, who: "the authority", after: "by `updateAuthority`" });
      }
    }
    expect(asked).to.be.greaterThan(100);
    expect(found).to.have.deep.members(documented());
  });

  it("is as long for the holders as the authority's table demands", async () => {
    for (const { roleId, delay } of await members(rehearsal.reader, plan.contracts.authority, 0)) {
      expect(delay).to.equal(
        await rehearsal.reader.value("MutuaAuthority", plan.contracts.authority, "minimumDelay", [roleId]),
      );
    }
  });
});
