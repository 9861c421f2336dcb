// What the governance page says, of a chain on which things were decided.
import { expect } from "chai";

import { LogHistory } from "../../app/src/history/logs.js";
import { MemoryStore } from "../../app/src/history/store.js";
import { GOVERNANCE_EVENTS, type GovernanceRow } from "../../app/src/history/types.js";
import { readAuthority } from "../../app/src/pages/governance/authority.js";
import {
  candidatesOf,
  changesOf,
  comingGrants,
  openOperations,
  pausedUntil,
  rampsOf,
} from "../../app/src/pages/governance/changes.js";
import {
  happened,
  OWN_POWERS,
  POWERS,
  roleName,
  type Sentence,
  willDo,
  type World,
} from "../../app/src/pages/governance/sentences.js";
import { connection, DAY, ethers, sent, time } from "../helpers/fixtures.js";
import { type SdkWorld, sdkWorld } from "../sdk/setup.js";

const request = async (method: string, params: readonly unknown[]) =>
  await connection.provider.request({ method, params: [...params] });

async function rowsOf(w: SdkWorld): Promise<readonly GovernanceRow[]> {
  const history = new LogHistory(w.deployment, request, new MemoryStore());
  const head = await ethers.provider.getBlock("latest");
  while (await history.advance(head as { number: number; hash: string }));
  return history.rows("governance");
}

const worldOf = ({ deployment }: SdkWorld): World => ({
  authority: deployment.contracts.authority,
  markets: deployment.markets.map(({ name, pool, asset }) => ({ name, title: "USDT / ETHT", pool, asset })),
});

/** Addresses by name where they are people's, times in days since a moment. */
function textOf(sentence: Sentence | undefined, w: SdkWorld, since = 0n): string {
  const people = Object.entries(w).flatMap(([name, who]) =>
    who !== null && typeof who === "object" && "address" in who ? [[who.address, name] as const] : [],
  );
  const names = new Map<string, string>(people);
  return (sentence ?? ["nothing"])
    .map((phrase) => {
      if (typeof phrase === "string") return phrase;
      if ("address" in phrase) return names.get(phrase.address) ?? "somebody";
      return `day ${(phrase.time - since + DAY / 2n) / DAY}`;
    })
    .join("");
}

describe("app: governance in words", () => {
  it("what changed, what is about to, and who may do what, of a chain", async () => {
    const w = await sdkWorld();
    const pool = w.addresses.pool;
    const encode = w.pool.interface;
    const raise = encode.encodeFunctionData("raiseCaps", [2_000_000_000n, 1_800_000_000n]);
    const fees = encode.encodeFunctionData("setFees", [5, 15, 300]);
    const execute = encode.encodeFunctionData("executeOracle");
    const grant = w.authority.interface.encodeFunctionData("grantRole", [1n, w.erin.address, 0n]);
    const governor = w.authority.connect(w.governor);
    const start = BigInt(await time.latest());
    await sent(governor.schedule(pool, raise, 0));
    await sent(governor.schedule(pool, fees, 0));
    await sent(w.authority.connect(w.guardian).cancel(w.governor.address, pool, fees));
    await time.increase(3n * DAY);
    await sent(governor.execute(pool, raise));
    await sent(w.pool.connect(w.oracleManager).scheduleOracle(await w.oracle.getAddress()));
    await sent(governor.schedule(pool, execute, 0));
    await sent(w.authority.connect(w.admin).schedule(w.addresses.authority, grant, 0));
    await sent(w.pool.connect(w.guardian).lowerLtvs(7_000, 8_000, 20n * DAY));
    await sent(w.pool.connect(w.guardian).pause());
    await sent(w.pool.connect(w.guardian).unpause());
    await sent(w.authority.connect(w.guardian).dismissOracleManager(w.oracleManager.address));
    const rows = await rowsOf(w);
    const world = worldOf(w);
    const changes = changesOf(rows, world).map(({ markets, sentences }) =>
      [markets.length, ...sentences.map((sentence) => textOf(sentence, w, start))].join(" | "),
    );
    expect(changes).to.deep.equal([
      "0 | oracleManager is no longer oracle manager.",
      "1 | Pause ended early.",
      "1 | Deposits and loans paused until day 6.",
      "1 | Borrowing up to an LTV of 70% from now on; the liquidation LTV falls to 80% over 20 days.",
      "0 | Scheduled by admin, to run from day 10 on: erin becomes guardian.",
      "1 | Scheduled by governor, to run from day 6 on: The announced oracle is put in force.",
      "1 | Oracle somebody announced. It can be put in force from day 6; until then the lower of both prices counts.",
      "1 | As governor had scheduled: | Caps: 2,000,000,000 USDT supplied, 1,800,000,000 lent.",
      "1 | Cancelled, what governor had scheduled: Of the interest 5% to the reserve, until it has 3% of all shares, and 15% to insurers.",
      "1 | Scheduled by governor, to run from day 3 on: Of the interest 5% to the reserve, until it has 3% of all shares, and 15% to insurers.",
      "1 | Scheduled by governor, to run from day 3 on: Caps: 2,000,000,000 USDT supplied, 1,800,000,000 lent.",
      "1 | The roles of this page put in force.",
      "1 | Market created. | Oracle: somebody | Borrowing up to an LTV of 80%, liquidation above 86%. | Caps: 1,000,000,000 USDT supplied, 900,000,000 lent. | Of the interest 10% to the reserve, until it has 2% of all shares, and 10% to insurers.",
      "0 | admin is admin, with a delay of 7 days. | guardian is guardian. | governor is governor, with a delay of 3 days. | oracleManager is oracle manager. | What is scheduled as governor can be cancelled as guardian. | What is scheduled as oracle manager can be cancelled as guardian.",
    ]);

    const now = BigInt(await time.latest());
    const open = openOperations(rows);
    expect(open.map(({ data }) => data)).to.deep.equal([execute, grant]);
    expect(rampsOf(rows, now)).to.deep.equal([
      {
        pool,
        toBps: 8_000n,
        endsAt: BigInt(rows.findLast(({ event }) => event === "LtvsSet")?.timestamp ?? 0) + 20n * DAY,
      },
    ]);
    expect(rampsOf(rows, now + 20n * DAY)).to.deep.equal([]);
    expect((pausedUntil(rows, pool) ?? 0n) <= now, "the pause is over").to.equal(true);
    expect(comingGrants(rows, now)).to.deep.equal([]);

    const candidates = [w.admin, w.guardian, w.governor, w.oracleManager, w.erin].map(({ address }) => address);
    const ask = { authority: w.addresses.authority, pools: [pool, w.addresses.fund], candidates, operations: open };
    const authority = await readAuthority(ethers.provider, await ethers.provider.getBlockNumber(), ask);
    expect(
      authority.roles.map(({ roleId, members, rules, minimumDelay }) => [
        roleName(roleId),
        minimumDelay / DAY,
        members.map(({ account, delay }) => `${textOf([{ address: account }], w)} ${delay / DAY}`),
        rules.length,
      ]),
    ).to.deep.equal([
      ["admin", 7n, ["admin 7"], 0],
      ["guardian", 0n, ["guardian 0"], 5],
      ["governor", 3n, ["governor 3"], 7],
      ["oracle manager", 0n, [], 1],
    ]);
    expect(authority.operations.map(({ executableAt, expiresAt }) => expiresAt - executableAt)).to.deep.equal([
      7n * DAY,
      7n * DAY,
    ]);
    expect(authority.unadopted).to.deep.equal([w.addresses.fund]);
    expect(rulesWithoutWords(authority.roles.flatMap(({ rules }) => rules.map(({ name }) => name)))).to.deep.equal([]);

    // The rows know of no expiry: the authority does.
    await time.increase(15n * DAY);
    const later = await readAuthority(ethers.provider, await ethers.provider.getBlockNumber(), ask);
    expect(later.operations).to.deep.equal([]);
  });

  it("what each role may do has words, as many as the authority's table has lines", async () => {
    const w = await sdkWorld();
    const rules = (await w.authority.rules()).map(({ signature }) => signature.replace(/\(.*/, ""));
    expect(Object.keys(POWERS)).to.have.members(rules);
    // `cancel` and `execute` are the AccessManager's; what else the authority has is the admin's after seven days.
    expect(Object.keys(OWN_POWERS)).to.deep.equal(["admin", "guardian"]);
    expect(OWN_POWERS["admin"]?.at(-1)?.delay).to.equal(await w.authority.minimumDelay(0n));
  });

  it("every event of governance is told, and calls that nobody has foreseen too", async () => {
    const w = await sdkWorld();
    const world = worldOf(w);
    const values = {
      roleId: "2",
      admin: "2",
      guardian: "2",
      label: "2",
      account: w.alice.address,
      since: "0",
      delay: "86400",
      target: w.addresses.pool,
      selector: "0x12345678",
      newMember: "false",
      closed: "true",
      isHalted: "true",
      until: "9",
      authority: w.alice.address,
      rampSeconds: "86400",
    };
    const where = { blockNumber: 1, logIndex: 0, timestamp: 1, transactionHash: "", market: w.addresses.pool };
    for (const event of GOVERNANCE_EVENTS) {
      const sentence = happened({ kind: "governance", ...where, event, values }, world);
      const isToldElsewhere = event.startsWith("Operation") || event === "RoleLabel";
      expect(sentence === undefined, event).to.equal(isToldElsewhere);
    }
    const { interface: calls } = w.authority;
    const to = (name: string, args: readonly unknown[]) =>
      textOf(willDo(calls.encodeFunctionData(name as "grantRole", args as never), w.addresses.authority, world), w);
    expect(to("grantRole", [2n, w.bob.address, 0n])).to.equal("bob becomes governor.");
    expect(to("updateAuthority", [w.addresses.pool, w.bob.address])).to.equal("Another authority for USDT / ETHT: bob");
    expect(to("labelRole", [7n, "cook"])).to.equal("labelRole(7, cook)");
    expect(textOf(willDo("0x12345678", w.addresses.pool, world), w)).to.equal("Unknown call 0x12345678.");
    const wind = w.pool.interface.encodeFunctionData("windDown", [28n * DAY]);
    expect(textOf(willDo(wind, w.addresses.pool, world), w)).to.equal(
      "Wind-down: no deposits or loans any more, and the liquidation LTV falls to zero over 28 days. It can't be undone.",
    );
  });
});

const accountOf = (i: number) => ethers.getAddress(ethers.toBeHex(i + 1, 20));

describe("app: governance by rows that somebody else gives", () => {
  const where = { kind: "governance", blockNumber: 1, logIndex: 0, timestamp: 1, transactionHash: "" } as const;

  it("the chain is asked for the last 200 candidates and operations at most, and for who the file names", () => {
    const grants = Array.from({ length: 1_000 }, (_, i): GovernanceRow => ({
      ...where,
      market: "",
      event: "RoleGranted",
      values: { account: accountOf(i % 600) },
    }));
    const admin = accountOf(5_000);
    const candidates = candidatesOf(grants, { roles: { admin, guardian: accountOf(399).toLowerCase() } });
    expect(candidates).to.have.length(201);
    // The last grants are of 0 to 399.
    const expected = [admin, ...Array.from({ length: 200 }, (_, i) => accountOf(200 + i))];
    expect(candidates.map((each) => ethers.getAddress(each))).to.have.members(expected);
    const operations = Array.from({ length: 1_000 }, (_, i): GovernanceRow => ({
      ...where,
      market: "",
      event: "OperationScheduled",
      values: { operationId: `${i}`, nonce: "1", schedule: `${2_000 - i}` },
    }));
    const open = openOperations(operations);
    expect(open.map(({ id }) => Number(id))).to.deep.equal(Array.from({ length: 200 }, (_, i) => 999 - i));
  });

  it("a market is the same in whatever case the configuration has it", () => {
    const market = ethers.getAddress(`0x${"a1".repeat(20)}`);
    const rows: GovernanceRow[] = [{ ...where, market, event: "PauseSet", values: { until: "9" } }];
    expect(pausedUntil(rows, market.toLowerCase())).to.equal(9n);
  });
});

const rulesWithoutWords = (names: readonly string[]): readonly string[] => names.filter((name) => !(name in POWERS));
