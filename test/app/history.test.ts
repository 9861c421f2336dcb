// What each event tells, and that it is so on a chain.
import { expect } from "chai";
import { getAddress, Interface, type InterfaceAbi } from "ethers";

import { rowsOf, rowTopics } from "../../app/src/history/rows.js";
import type { Row } from "../../app/src/history/types.js";
import { LogHistory } from "../../app/src/history/logs.js";
import { MemoryStore } from "../../app/src/history/store.js";
import { authorityAbi, decodeEvents, factoryAbi, fundAbi, poolAbi, type Sources } from "../../sdk/index.js";
import { connection, MAX, openLoan, sent, setPrice, WAD } from "../helpers/fixtures.js";
import { type SdkWorld, sdkWorld } from "../sdk/setup.js";

const POOL = getAddress(`0x${"a1".repeat(20)}`);
const at = (digit: string) => getAddress(`0x${digit.repeat(40)}`);
const WHERE = { blockNumber: 7, logIndex: 3, timestamp: 1_700_000_000, transactionHash: `0x${"77".repeat(32)}` };
const OF_POOL = { market: POOL, ...WHERE };
const OF_ALL = { market: "", ...WHERE };

type Source = "pool" | "fund" | "factory" | "authority";
const ABIS: Record<Source, InterfaceAbi> = {
  pool: poolAbi,
  fund: fundAbi,
  factory: factoryAbi,
  authority: authorityAbi,
};
const ID = `0x${"0d".repeat(32)}`;
/** Six decimals more than the assets: 2 million shares for 1 million is a price of a half. */
const SHARES = 2_000_000_000_000n;
const ASSETS = 1_000_000n;

const governance = (event: string, values: Record<string, string>, where: object = OF_POOL) => [
  { kind: "governance", ...where, event, values },
];
const price = (cause: string, grossPriceWad: bigint | null, exitPriceWad: bigint | null) => ({
  kind: "price",
  ...OF_POOL,
  cause,
  grossPriceWad: grossPriceWad?.toString() ?? null,
  exitPriceWad: exitPriceWad?.toString() ?? null,
});

/** Every event of every contract, with values that can't be taken for one another, and its rows. */
const TOLD: Record<Source, Record<string, { args: readonly unknown[]; rows: readonly object[] }>> = {
  pool: {
    Approval: { args: [at("1"), at("2"), 3n], rows: [] },
    Transfer: { args: [at("1"), at("2"), 3n], rows: [] },
    EIP712DomainChanged: { args: [], rows: [] },
    OperatorSet: { args: [at("1"), at("2"), true], rows: [] },
    Repaid: { args: [at("1"), at("2"), 3n, 4n], rows: [] },
    CollateralWithdrawn: { args: [at("1"), at("2"), at("3"), 4n], rows: [] },
    FeesCrystallised: { args: [1n, 2n], rows: [] },
    FundLeft: { args: [at("1"), 2n, 3n, 4n], rows: [] },
    Pivoted: { args: [1n], rows: [] },
    Deposit: { args: [at("1"), at("2"), ASSETS, SHARES], rows: [price("deposit", WAD / 2n, null)] },
    Withdraw: { args: [at("1"), at("2"), at("3"), ASSETS, SHARES], rows: [price("withdrawal", null, WAD / 2n)] },
    ReserveToppedUp: { args: [at("1"), ASSETS, SHARES], rows: [price("topUp", WAD / 2n, null)] },
    LossRealised: {
      args: [1n, at("2"), 9n, 3n, 4n, 2n, 6n, 5n],
      rows: [
        price("loss", 5n, null),
        {
          kind: "loss",
          ...OF_POOL,
          lossId: "1",
          borrower: at("2"),
          lossAssets: "9",
          fromReserve: "3",
          fromFund: "4",
          haircut: "2",
          priceBeforeWad: "6",
          priceAfterWad: "5",
        },
      ],
    },
    Recovered: {
      args: [at("1"), 2n, 3n],
      rows: [{ kind: "recovery", ...OF_POOL, caller: at("1"), toCertificates: "2", toReserve: "3" }],
    },
    RecoveryClaimed: { args: [at("1"), 2n], rows: [{ kind: "claim", ...OF_POOL, holder: at("1"), assets: "2" }] },
    EstateSold: {
      args: [at("1"), at("2"), 3n, 4n, 5n],
      rows: [
        {
          kind: "estateSale",
          ...OF_POOL,
          caller: at("1"),
          receiver: at("2"),
          collateral: "3",
          paidAssets: "4",
          cancelledAssets: "5",
        },
      ],
    },
    Flagged: { args: [at("1"), 2n], rows: [{ kind: "flag", ...OF_POOL, borrower: at("1"), isFlagged: true }] },
    Unflagged: { args: [at("1")], rows: [{ kind: "flag", ...OF_POOL, borrower: at("1"), isFlagged: false }] },
    Foreclosed: {
      args: [at("1"), 2n, 3n, 4n, 5n],
      rows: [
        {
          kind: "foreclosure",
          ...OF_POOL,
          borrower: at("1"),
          collateral: "2",
          debtShares: "3",
          keptAssets: "4",
          lossAssets: "5",
        },
      ],
    },
    Liquidated: {
      args: [at("1"), at("2"), 3n, 4n, 5n, 6n],
      rows: [
        {
          kind: "liquidation",
          ...OF_POOL,
          liquidator: at("1"),
          borrower: at("2"),
          repaidAssets: "3",
          debtShares: "4",
          seizedCollateral: "5",
          lossAssets: "6",
        },
      ],
    },
    Borrowed: {
      args: [at("1"), at("2"), at("3"), 4n, 5n],
      rows: [{ kind: "position", ...OF_POOL, borrower: at("2") }],
    },
    CollateralSupplied: { args: [at("1"), at("2"), 3n], rows: [{ kind: "position", ...OF_POOL, borrower: at("2") }] },
    PauseSet: { args: [9n], rows: governance("PauseSet", { until: "9" }) },
    CapsSet: { args: [8n, 7n], rows: governance("CapsSet", { supplyCapTokens: "8", borrowCapTokens: "7" }) },
    LtvsSet: {
      args: [1n, 2n, 3n],
      rows: governance("LtvsSet", { borrowLtvBps: "1", lltvBps: "2", rampSeconds: "3" }),
    },
    FeesSet: {
      args: [1n, 2n, 3n],
      rows: governance("FeesSet", { reserveFeePercent: "1", fundFeePercent: "2", reserveTargetBps: "3" }),
    },
    OracleScheduled: {
      args: [at("1"), 2n],
      rows: governance("OracleScheduled", { oracle: at("1"), executableAt: "2" }),
    },
    OracleSet: { args: [at("1")], rows: governance("OracleSet", { oracle: at("1") }) },
    OracleCancelled: { args: [at("1")], rows: governance("OracleCancelled", { oracle: at("1") }) },
    BorrowingHaltSet: { args: [true], rows: governance("BorrowingHaltSet", { isHalted: "true" }) },
    DepositsClosed: { args: [], rows: governance("DepositsClosed", {}) },
    WindDownStarted: { args: [5n], rows: governance("WindDownStarted", { rampSeconds: "5" }) },
    AuthorityUpdated: { args: [at("1")], rows: governance("AuthorityUpdated", { authority: at("1") }) },
    ReserveWithdrawn: {
      args: [at("1"), ASSETS, SHARES],
      rows: [
        ...governance("ReserveWithdrawn", { receiver: at("1"), assets: String(ASSETS), shares: String(SHARES) }),
        price("reserveWithdrawal", WAD / 2n, WAD / 2n),
      ],
    },
  },
  fund: {
    Approval: { args: [at("1"), at("2"), 3n], rows: [] },
    Transfer: { args: [at("1"), at("2"), 3n], rows: [] },
    EIP712DomainChanged: { args: [], rows: [] },
    OperatorSet: { args: [at("1"), at("2"), true], rows: [] },
    Deposit: { args: [at("1"), at("2"), ASSETS, SHARES], rows: [] },
    Withdraw: { args: [at("1"), at("2"), at("3"), ASSETS, SHARES], rows: [] },
    CoolingStarted: { args: [1n, 2n, 3n], rows: [] },
    RedeemRequest: { args: [at("1"), at("2"), 3n, at("4"), 5n], rows: [] },
    RequestClaimed: { args: [1n, 2n, 3n], rows: [] },
    RequestReturned: { args: [1n, at("2"), at("3"), 4n, 5n], rows: [] },
  },
  factory: {
    PoolCreated: {
      args: [POOL, at("1"), at("2"), at("3"), at("4"), at("5"), 2n, at("6")],
      rows: governance("PoolCreated", {
        pool: POOL,
        fund: at("1"),
        asset: at("2"),
        collateral: at("3"),
        oracle: at("4"),
        authority: at("5"),
        oraclePaths: "2",
        creator: at("6"),
      }),
    },
  },
  authority: {
    PoolAdopted: { args: [POOL], rows: governance("PoolAdopted", { pool: POOL }) },
    RoleGranted: {
      args: [2n, at("1"), 259_200n, 5n, true],
      rows: governance(
        "RoleGranted",
        { roleId: "2", account: at("1"), delay: "259200", since: "5", newMember: "true" },
        OF_ALL,
      ),
    },
    RoleRevoked: {
      args: [3n, at("1")],
      rows: governance("RoleRevoked", { roleId: "3", account: at("1") }, OF_ALL),
    },
    RoleLabel: { args: [1n, "guardian"], rows: governance("RoleLabel", { roleId: "1", label: "guardian" }, OF_ALL) },
    RoleAdminChanged: {
      args: [4n, 5n],
      rows: governance("RoleAdminChanged", { roleId: "4", admin: "5" }, OF_ALL),
    },
    RoleGuardianChanged: {
      args: [2n, 1n],
      rows: governance("RoleGuardianChanged", { roleId: "2", guardian: "1" }, OF_ALL),
    },
    RoleGrantDelayChanged: {
      args: [1n, 2n, 3n],
      rows: governance("RoleGrantDelayChanged", { roleId: "1", delay: "2", since: "3" }, OF_ALL),
    },
    TargetClosed: {
      args: [POOL, true],
      rows: governance("TargetClosed", { target: POOL, closed: "true" }, OF_ALL),
    },
    TargetFunctionRoleUpdated: {
      args: [POOL, "0x12345678", 2n],
      rows: governance("TargetFunctionRoleUpdated", { target: POOL, selector: "0x12345678", roleId: "2" }, OF_ALL),
    },
    TargetAdminDelayUpdated: {
      args: [POOL, 2n, 3n],
      rows: governance("TargetAdminDelayUpdated", { target: POOL, delay: "2", since: "3" }, OF_ALL),
    },
    OperationScheduled: {
      args: [ID, 1n, 99n, at("1"), POOL, "0x1234"],
      rows: governance(
        "OperationScheduled",
        { operationId: ID, nonce: "1", schedule: "99", caller: at("1"), target: POOL, data: "0x1234" },
        OF_ALL,
      ),
    },
    OperationExecuted: {
      args: [ID, 1n],
      rows: governance("OperationExecuted", { operationId: ID, nonce: "1" }, OF_ALL),
    },
    OperationCanceled: {
      args: [ID, 1n],
      rows: governance("OperationCanceled", { operationId: ID, nonce: "1" }, OF_ALL),
    },
  },
};

const address = POOL.toLowerCase();

function rowsOfLog(source: Source, name: string, args: readonly unknown[]): Row[] {
  const log = new Interface(ABIS[source]).encodeEventLog(name, [...args]);
  const { blockNumber, transactionHash, logIndex } = WHERE;
  const sources: Sources = { [source]: address };
  const events = decodeEvents([{ ...log, address, blockNumber, transactionHash, index: logIndex }], sources);
  return events.flatMap((event) => rowsOf(event, WHERE.timestamp));
}

describe("app: what events tell", () => {
  for (const source of ["pool", "fund", "factory", "authority"] as const) {
    it(`every event of the ${source}, field by field`, () => {
      const names: string[] = [];
      new Interface(ABIS[source]).forEachEvent(({ name }) => names.push(name));
      expect(Object.keys(TOLD[source])).to.have.members(names);
      for (const [name, { args, rows }] of Object.entries(TOLD[source])) {
        const told = rowsOfLog(source, name, args);
        expect(told, name).to.deep.equal(rows);
        expect(JSON.parse(JSON.stringify(told)), `${name} in JSON`).to.deep.equal(told);
      }
    });
  }

  it("asks nodes for the events that tell something, and for no other", () => {
    const topics = (["pool", "factory", "authority"] as const).flatMap((source) =>
      Object.entries(TOLD[source])
        .filter(([, { rows }]) => rows.length > 0)
        .map(([name]) => new Interface(ABIS[source]).getEvent(name)?.topicHash),
    );
    // Deposits and withdrawals of a fund have the same topics; a fund's address is not asked for.
    expect(rowTopics()).to.have.members(topics);
  });

  it("takes no price from amounts that rounding decides", () => {
    expect(rowsOfLog("pool", "Deposit", [at("1"), at("2"), 999_999n, SHARES])).to.deep.equal([]);
    expect(rowsOfLog("pool", "Withdraw", [at("1"), at("2"), at("3"), 1n, 1_000_000n])).to.deep.equal([]);
    // A top-up without shares: the pool is below a thousandth of par.
    expect(rowsOfLog("pool", "ReserveToppedUp", [at("1"), ASSETS, 0n])).to.deep.equal([]);
  });
});

const request = async (method: string, params: readonly unknown[]) =>
  await connection.provider.request({ method, params: [...params] });

/** Of the price of 18 digits, by the rounding of amounts and of the price. */
const isClose = (text: string | null | undefined, expected: bigint) => {
  const off = BigInt(text ?? 0) - expected;
  return (off < 0n ? -off : off) * 1_000_000n <= expected;
};

async function read(w: SdkWorld): Promise<LogHistory> {
  const history = new LogHistory(w.deployment, request, new MemoryStore());
  const newest = (await w.pool.runner?.provider?.getBlock("latest")) as { number: number; hash: string };
  while (await history.advance(newest));
  expect(history.progress()).to.deep.include({ isComplete: true, part: 1, notice: null });
  return history;
}

describe("app: the history of a chain", () => {
  it("prices are those of their blocks, a loss has its tiers, and everyone who borrowed is known", async () => {
    const w = await sdkWorld();
    const pool = w.addresses.pool;
    const prices: { name: string; block: number; gross: bigint; exit: bigint }[] = [];
    const note = async (name: string, block: number) =>
      prices.push({ name, block, gross: await w.pool.grossPrice(), exit: await w.pool.exitPrice() });

    await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(100_000), w.alice));
    await sent(w.fund.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000) * 1_000_000n, w.alice));
    await openLoan(w, w.frank, 20, 30_000);
    await note("deposit", (await sent(w.pool.connect(w.bob)["deposit(uint256,address)"](w.usd(7), w.bob))).blockNumber);
    await setPrice(w, 1_020);
    const leaving = await sent(
      w.pool.connect(w.bob)["redeem(uint256,address,address)"](w.usd(1) * 1_000_000n, w.bob, w.bob),
    );
    await note("withdrawal", leaving.blockNumber);
    const loss = await sent(w.pool.connect(w.liquidator).liquidate(w.frank, MAX, 0, w.liquidator, "0x"));
    await note("loss", loss.blockNumber);
    await sent(w.pool.connect(w.keeper).recover(w.usd(500)));

    const history = await read(w);
    const rows = history.rows("price", pool);
    for (const { name, block, gross, exit } of prices) {
      const row = rows.find(({ blockNumber }) => blockNumber === block);
      expect(row?.cause).to.equal(name);
      if (name === "withdrawal") expect(isClose(row?.exitPriceWad, exit), name).to.equal(true);
      else expect(isClose(row?.grossPriceWad, gross), name).to.equal(true);
    }
    const [, , after] = prices;
    expect(prices[1]?.exit, "a shortfall shows").to.be.lessThan(prices[1]?.gross ?? 0n);
    expect(after?.gross, "a haircut").to.be.lessThan(WAD);

    const [row, ...others] = history.rows("loss", pool);
    expect(others).to.deep.equal([]);
    const parts = [row?.fromReserve, row?.fromFund, row?.haircut].map((part) => BigInt(part ?? 0));
    expect(parts.reduce((sum, part) => sum + part)).to.equal(BigInt(row?.lossAssets ?? 0));
    expect(row?.borrower).to.equal(w.frank.address);
    expect(row?.transactionHash).to.equal(loss.hash);
    expect(row?.timestamp).to.equal((await loss.getBlock()).timestamp);
    expect(history.rows("liquidation", pool)).to.have.length(1);
    expect(history.rows("recovery", pool).map(({ toCertificates }) => toCertificates)).to.deep.equal([
      String(w.usd(500)),
    ]);
    expect(new Set(history.rows("position", pool).map(({ borrower }) => borrower))).to.deep.equal(
      new Set([w.frank.address]),
    );
    const events = history.rows("governance").map(({ event }) => event);
    expect(events.slice(0, 3)).to.deep.equal(["RoleGranted", "RoleLabel", "RoleGranted"]);
    expect(events.filter((event) => event === "RoleGranted")).to.have.length(4);
    expect(events.filter((event) => event === "TargetFunctionRoleUpdated")).to.have.length(13);
    expect(events.at(-1)).to.equal("BorrowingHaltSet");
  });
});
