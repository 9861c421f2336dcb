// What every test starts from: a whole market on a chain of its own, with named people. Amounts in whole tokens unless
// they say otherwise.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { AddressLike, ContractTransactionResponse, ContractTransactionReceipt, Overrides } from "ethers";
import { network } from "hardhat";

import { deploySystem, deployTestMarket, type MarketOptions, oraclePrice } from "../../scripts/lib/market.js";
import type {
  FixedOracle,
  InsuranceFund,
  ILendingPool,
  MockERC20,
  MutuaAuthority,
} from "../../typechain-types/index.js";

export * from "../../scripts/lib/market.js";
export const connection = await network.create();
export const { ethers, networkHelpers } = connection;
export const { time } = networkHelpers;

// A fixture that loads another is refused: the list of snapshots that the outer one leaves behind would name some that
// are gone, and tests far away would fail.
const loadFixture = networkHelpers.loadFixture.bind(networkHelpers);
let isLoading = false;
networkHelpers.loadFixture = (async (fixture: Parameters<typeof loadFixture>[0]) => {
  if (isLoading) throw new Error(`The fixture "${fixture.name}" is loaded by another one: call it instead.`);
  isLoading = true;
  try {
    return await loadFixture(fixture);
  } finally {
    isLoading = false;
  }
}) as typeof networkHelpers.loadFixture;

export const MAX = ethers.MaxUint256;
export const ZERO = ethers.ZeroAddress;
export const HOUR = 3_600n;
export const DAY = 24n * HOUR;

/** Enum PositionStatus of the pool. */
export const Status = { None: 0n, Healthy: 1n, Liquidatable: 2n, Foreclosable: 3n, Insolvent: 4n } as const;

export type People = Record<
  | "deployer"
  | "admin"
  | "governor"
  | "guardian"
  | "oracleManager"
  | "alice"
  | "bob"
  | "carol"
  | "dave"
  | "erin"
  | "frank"
  | "liquidator"
  | "keeper",
  HardhatEthersSigner
>;

export type World = People & {
  pool: ILendingPool;
  fund: InsuranceFund;
  oracle: FixedOracle;
  asset: MockERC20;
  collateral: MockERC20;
  authority: MutuaAuthority;
  system: Awaited<ReturnType<typeof deploySystem>>;
  /** Whole tokens of the loan asset, in its smallest unit. */
  usd: (tokens: number | bigint) => bigint;
  /** Whole tokens of the collateral, in its smallest unit. */
  eth: (tokens: number | bigint) => bigint;
  /** A price in whole loan tokens for a whole collateral token, as the oracle gives it. */
  priceOf: (tokens: number) => bigint;
};

const NAMES = [
  "deployer",
  "admin",
  "governor",
  "guardian",
  "oracleManager",
  "alice",
  "bob",
  "carol",
  "dave",
  "erin",
  "frank",
  "liquidator",
  "keeper",
] as const;

/** A market with default parameters; each named person has tokens and has approved the pool. */
export async function deployWorld(options: MarketOptions = {}): Promise<World> {
  const signers = await ethers.getSigners();
  const people = Object.fromEntries(NAMES.map((name, i) => [name, signers[i]])) as People;
  const system = await deploySystem(ethers);
  const authority = await ethers.deployContract("MutuaAuthority", [
    people.admin.address,
    people.governor.address,
    people.guardian.address,
    people.oracleManager.address,
  ]);
  const market = await deployTestMarket(ethers, system, authority, people.deployer, options);
  await sent(authority.connect(people.admin).adopt(await market.pool.getAddress()));

  const assetDecimals = options.assetDecimals ?? 18n;
  const collateralDecimals = options.collateralDecimals ?? 18n;
  const usd = (tokens: number | bigint) => scaled(tokens, assetDecimals);
  const eth = (tokens: number | bigint) => scaled(tokens, collateralDecimals);
  const poolAddress = await market.pool.getAddress();
  for (const name of NAMES.slice(5)) {
    const person = people[name];
    for (const [token, amount] of [
      [market.asset, usd(1_000_000_000)],
      [market.collateral, eth(10_000_000)],
    ] as const) {
      await sent(token.mint(person.address, amount));
      await sent(token.connect(person).approve(poolAddress, MAX));
    }
    await sent(market.pool.connect(person).approve(await market.fund.getAddress(), MAX));
  }
  return {
    ...people,
    ...market,
    system,
    authority,
    usd,
    eth,
    priceOf: (tokens) => oraclePrice(tokens, assetDecimals, collateralDecimals),
  };
}

function scaled(tokens: number | bigint, decimals: bigint): bigint {
  if (typeof tokens === "bigint") return tokens * 10n ** decimals;
  return (BigInt(Math.round(tokens * 1e6)) * 10n ** decimals) / 10n ** 6n;
}

/** The default world, restored from a snapshot at each use. */
export async function world(): Promise<World> {
  return await networkHelpers.loadFixture(deployDefaultWorld);
}

async function deployDefaultWorld(): Promise<World> {
  return await deployWorld();
}

/** Waits for a transaction and returns its receipt. */
export async function sent(transaction: Promise<ContractTransactionResponse>): Promise<ContractTransactionReceipt> {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("The transaction was not mined.");
  return receipt;
}

export async function setPrice(w: World, tokens: number): Promise<void> {
  const price = w.priceOf(tokens);
  await sent(w.oracle.connect(w.deployer).set(price, price, true));
}

/** Low and high apart, or not ok. */
export async function setPrices(w: World, low: number, high: number, ok = true): Promise<void> {
  await sent(w.oracle.connect(w.deployer).set(w.priceOf(low), w.priceOf(high), ok));
}

/** Opens a loan: collateral in, debt out, both in whole tokens. */
export async function openLoan(w: World, borrower: HardhatEthersSigner, collateral: number, debt: number) {
  await sent(w.pool.connect(borrower).supplyCollateral(w.eth(collateral), borrower.address));
  await sent(w.pool.connect(borrower).borrow(w.usd(debt), borrower.address, borrower.address));
}

/** Fund units whose time has come, whatever a claim would pay for them. */
export async function claimableUnits(w: World, who: HardhatEthersSigner, overrides: Overrides = {}): Promise<bigint> {
  let units = 0n;
  for (const id of await w.fund.openRequests(who)) units += await w.fund.claimableRedeemRequest(id, who, overrides);
  return units;
}

/** Calls a restricted function that has a delay: schedules it, waits, executes it. */
export async function govern(w: World, data: string): Promise<ContractTransactionReceipt> {
  const target = await w.pool.getAddress();
  await sent(w.authority.connect(w.governor).schedule(target, data, 0));
  await time.increase(3n * DAY);
  return await sent(w.authority.connect(w.governor).execute(target, data));
}

/**
 * DESIGN §14, what holds after every call: A-1 shares, A-2 debt and ledger, A-3 cash, A-4 no more owed than there is,
 * R-1 certificates. `holders` and `borrowers` are all there are.
 */
export async function expectConserved(
  w: World,
  holders: readonly AddressLike[],
  borrowers: readonly AddressLike[],
): Promise<void> {
  const poolAddress = await w.pool.getAddress();
  const fundAddress = await w.fund.getAddress();
  let shares = 0n;
  let worth = 0n;
  let face = 0n;
  let claimable = 0n;
  for (const holder of [...holders, poolAddress, fundAddress]) {
    const balance = await w.pool.balanceOf(holder);
    shares += balance;
    worth += await w.pool.convertToAssets(balance);
    const certificate = await w.pool.certificateOf(holder);
    face += certificate.unpaidFace;
    claimable += certificate.claimable;
  }
  const totals = await w.pool.totals();
  expect(shares, "A-1 supply").to.equal(await w.pool.totalSupply());
  expect(totals.reserveShares, "A-1 reserve").to.equal(await w.pool.balanceOf(poolAddress));
  const fund = await w.pool.fundAccount();
  expect(fund.coolingShares <= fund.totalShares, "A-1 cooling within the fund").to.equal(true);
  expect(worth <= totals.cash + totals.debtAssets, "A-4").to.equal(true);

  let debtShares = 0n;
  let collateral = 0n;
  const ticks = new Map<bigint, { debtShares: bigint; collateral: bigint }>();
  for (const borrower of borrowers) {
    const position = await w.pool.positionOf(borrower);
    debtShares += position.debtShares;
    collateral += position.collateral;
    if (position.debtShares === 0n) continue;
    const sums = ticks.get(position.tick) ?? { debtShares: 0n, collateral: 0n };
    sums.debtShares += position.debtShares;
    sums.collateral += position.collateral;
    ticks.set(position.tick, sums);
  }
  expect(totals.debtShares, "A-2 debt").to.equal(debtShares);
  for (const [tick, sums] of ticks) {
    const [tickDebt, tickCollateral] = await w.pool.tickSums(tick);
    expect(tickDebt, `A-2 debt of tick ${tick}`).to.equal(sums.debtShares);
    expect(tickCollateral, `A-2 collateral of tick ${tick}`).to.equal(sums.collateral);
  }
  const highest = [...ticks.keys()].reduce((most, tick) => (tick > most ? tick : most), 0n);
  expect((await w.pool.ledgerState()).highestTick, "A-2 highest tick").to.equal(highest);

  const estate = await w.pool.estate();
  const certificates = await w.pool.certificates();
  expect(totals.cash + certificates.held <= (await w.asset.balanceOf(poolAddress)), "A-3 cash").to.equal(true);
  expect(collateral + estate.collateral <= (await w.collateral.balanceOf(poolAddress)), "A-3 collateral").to.equal(
    true,
  );
  expect(face <= certificates.unpaidFace + 17n * BigInt(holders.length + 2), "R-1 face").to.equal(true);
  expect(claimable <= certificates.held, "R-1 claimable").to.equal(true);
}
