// Measures what scripts/gas.ts prints: the receipt gas of real transactions against a whole market in its steady state.
// Each case starts from the same snapshot. Prints one line of JSON. Every block has its own fixed time, an hour after
// the one before, so that a second run gives the same figures.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";
import { hooks, network } from "hardhat";

import type { GasCase, GasResult } from "./gas-table.js";
import { deploySystem, deployTestMarket, oraclePrice, WAD } from "./market.js";

const START = Date.parse("2026-01-01T00:00:00Z") / 1000;
const HOUR = 3600;
const PRICE = 2_000;
const TICKS_UNDER_WATER = 120;

const PEOPLE = [
  "deployer",
  "admin",
  "governor",
  "guardian",
  "oracleManager",
  "alice", // suppliers
  "bob",
  "carol", // who also stakes in the fund
  "dave", // the debtor whose position moves
  "erin", // others in the ticks it moves between
  "frank",
  "grace",
  "heidi", // most of the healthy debt
  "ivan", // collateral, no debt
  "judy", // new to the pool
  "mallory", // gets liquidated
  "niaj", // others in the ticks that mallory moves between
  "olivia",
  "peggy", // large loans that fail
  "rupert",
  "liquidator",
] as const;
type Person = (typeof PEOPLE)[number];

const usd = (tokens: number) => BigInt(tokens) * WAD;
const eth = usd;

// ---------------------------------------------------------------- the chain and its clock

let clock = START;
let secondsBetweenBlocks = HOUR;

hooks.registerHandlers("network", {
  async onRequest(context, connection, request, next) {
    if (request.method === "eth_sendTransaction") {
      clock += secondsBetweenBlocks;
      await next(context, connection, { ...request, method: "evm_setNextBlockTimestamp", params: [clock] });
    }
    return await next(context, connection, request);
  },
});

const { ethers, networkHelpers } = await network.create({
  override: {
    initialDate: new Date(START * 1000),
    allowBlocksWithSameTimestamp: true,
    accounts: { count: PEOPLE.length + TICKS_UNDER_WATER },
  },
});

async function gasOf(transaction: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("The transaction was not mined.");
  return Number(receipt.gasUsed);
}

function require(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Not the state to be measured: ${message}`);
}

// ---------------------------------------------------------------- the market

const signers = await ethers.getSigners();
const people = Object.fromEntries(PEOPLE.map((name, i) => [name, signers[i]])) as Record<Person, HardhatEthersSigner>;
const crowd = signers.slice(PEOPLE.length);
const { deployer, alice, bob, carol, dave, erin, frank, grace, heidi, ivan, judy, mallory, liquidator } = people;
const { niaj, olivia, peggy, rupert } = people;

const system = await deploySystem(ethers);
const roles = [people.admin, people.governor, people.guardian, people.oracleManager].map(({ address }) => address);
const authority = await ethers.deployContract("MutuaAuthority", roles);
const market = await deployTestMarket(ethers, system, authority, deployer, { price: PRICE });
const { pool, fund, oracle, asset, collateral } = market;
const poolAddress = await pool.getAddress();
await gasOf(authority.connect(people.admin).adopt(poolAddress));

const flashBorrower = await ethers.deployContract("FlashBorrower");
const flashBorrowerAddress = await flashBorrower.getAddress();

async function equip(person: HardhatEthersSigner): Promise<void> {
  await gasOf(asset.mint(person.address, usd(100_000_000)));
  await gasOf(collateral.mint(person.address, eth(1_000_000)));
  await gasOf(asset.connect(person).approve(poolAddress, ethers.MaxUint256));
  await gasOf(collateral.connect(person).approve(poolAddress, ethers.MaxUint256));
}

async function setPrice(tokens: number): Promise<void> {
  await gasOf(oracle.connect(deployer).set(oraclePrice(tokens), oraclePrice(tokens), true));
}

/** A loan of `ratio` debt shares a unit of collateral: that ratio is what decides its tick. */
async function openLoan(borrower: HardhatEthersSigner, collateralTokens: number, ratio: number): Promise<void> {
  const { borrowIndexWad } = await pool.totals();
  const assets = (eth(collateralTokens) * BigInt(ratio) * borrowIndexWad) / WAD;
  await gasOf(pool.connect(borrower).supplyCollateral(eth(collateralTokens), borrower.address));
  await gasOf(pool.connect(borrower).borrow(assets, borrower.address, borrower.address));
}

/** The middle of each tick of 512 to 1600 debt shares a unit of collateral, the highest first. */
function tickMiddles(): number[] {
  const middles: number[] = [];
  for (const [octave, width] of [
    [1024, 16],
    [512, 8],
    [256, 4],
  ] as const) {
    for (let ratio = 2 * octave - width / 2; ratio > octave; ratio -= width) middles.push(ratio);
  }
  return middles.filter((ratio) => ratio < 0.8 * PRICE);
}

async function fillCushion(): Promise<void> {
  await gasOf(pool.connect(carol).topUpReserve(usd(200_000)));
  await gasOf(fund.connect(carol)["deposit(uint256,address)"](usd(1_000_000) * 10n ** 6n, carol.address));
}

for (const person of Object.values(people).slice(5)) await equip(person);
await gasOf(asset.mint(flashBorrowerAddress, usd(1)));
await gasOf(flashBorrower.approve(await asset.getAddress(), poolAddress));
await gasOf(pool.connect(carol).approve(await fund.getAddress(), ethers.MaxUint256));
for (const supplier of [alice, bob, carol]) {
  await gasOf(pool.connect(supplier)["deposit(uint256,address)"](usd(27_000_000), supplier.address));
}
// Ticks are 16 wide here: each of these lies in the middle of its own.
await openLoan(heidi, 25_000, 1_208);
await openLoan(dave, 100, 1_064);
await openLoan(erin, 50, 1_064);
await openLoan(frank, 50, 1_032);
await openLoan(grace, 50, 1_096);
await openLoan(mallory, 100, 1_544);
await openLoan(niaj, 50, 1_544);
await openLoan(olivia, 50, 1_528);
await openLoan(peggy, 10_000, 1_544);
await openLoan(rupert, 10_000, 1_544);
await gasOf(pool.connect(ivan).supplyCollateral(eth(10), ivan.address));
await fillCushion();
await gasOf(pool.connect(alice)["deposit(uint256,address)"](usd(1_000), alice.address));

const totals = await pool.totals();
require(totals.reserveShares > 0n && totals.fundShares > 0n, "reserve and fund filled");
require(totals.pendingFees > 0n && totals.borrowIndexWad > WAD, "interest accrues, and fees on it");
const interest = ((await pool.borrowRate()) * (await pool.utilisation())) / WAD;
const feePercent = 100n - ((await pool.supplyRate()) * 100n + interest / 2n) / interest;
require(feePercent === 20n, `fees of 10% and 10%, not ${feePercent}% in all`);

// ---------------------------------------------------------------- the cases

async function tickOf(borrower: HardhatEthersSigner): Promise<bigint> {
  return (await pool.positionOf(borrower.address)).tick;
}

/** A transaction that moves the borrower to another tick; both were in use by others, and still are. */
async function gasOfMove(
  borrower: HardhatEthersSigner,
  send: () => Promise<ContractTransactionResponse>,
): Promise<number> {
  const before = await pool.positionOf(borrower.address);
  const gas = await gasOf(send());
  const after = await pool.positionOf(borrower.address);
  require(after.tick !== before.tick && after.debtShares > 0n, "another tick");
  require((await pool.tickSums(before.tick)).debtShares > 0n, "the old tick is still in use");
  require((await pool.tickSums(after.tick)).debtShares > after.debtShares, "the new tick was in use");
  return gas;
}

/** Liquidates the whole of a position, and returns what each layer of the waterfall took beside the gas. */
async function liquidateWhole(borrower: HardhatEthersSigner, maxRepay: bigint) {
  const receipt = await (
    await pool.connect(liquidator).liquidate(borrower.address, maxRepay, 0, liquidator.address, "0x")
  ).wait();
  const event = receipt?.logs.map((log) => pool.interface.parseLog(log)).find((log) => log?.name === "LossRealised");
  require(receipt !== null && event !== undefined && event !== null, "a loss");
  require((await pool.positionOf(borrower.address)).debtShares === 0n, "the whole position");
  const { fromReserve, fromFund, haircut } = event.args as unknown as Record<string, bigint>;
  return { gas: Number(receipt.gasUsed), layers: [fromReserve, fromFund, haircut].map((part) => part !== 0n).join() };
}

const deposit = (from: HardhatEthersSigner) => pool.connect(from)["deposit(uint256,address)"](usd(1_000), from.address);
const withdraw = () =>
  pool.connect(alice)["withdraw(uint256,address,address)"](usd(1_000), alice.address, alice.address);
const borrow = () => pool.connect(dave).borrow(usd(3_200), dave.address, dave.address);

async function firstHaircut(): Promise<number> {
  await setPrice(1_300);
  const { gas, layers } = await liquidateWhole(peggy, usd(13_000_000));
  require(layers === "true,true,true", "all three layers");
  return gas;
}

async function sinkTicks(): Promise<void> {
  const borrowers = [heidi, dave, erin, frank, grace, mallory, niaj, olivia, peggy, rupert];
  const ticks = new Set(await Promise.all(borrowers.map(tickOf)));
  const inUse = (await Promise.all(borrowers.map((borrower) => pool.positionOf(borrower.address)))).map(
    (position) => Number(position.debtShares) / Number(position.collateral),
  );
  const free = tickMiddles().filter((middle) => inUse.every((ratio) => Math.abs(ratio / middle - 1) > 1 / 200));
  for (const [i, ratio] of free.slice(0, TICKS_UNDER_WATER - ticks.size).entries()) {
    const borrower = crowd[i];
    require(borrower !== undefined, "enough accounts");
    await equip(borrower);
    await openLoan(borrower, 1, ratio);
    ticks.add(await tickOf(borrower));
  }
  require(ticks.size === TICKS_UNDER_WATER, `${TICKS_UNDER_WATER} ticks in use, not ${ticks.size}`);
  await setPrice(200);
}

async function atOnce(): Promise<void> {
  await gasOf(pool.connect(bob).accrue());
  secondsBetweenBlocks = 0;
}

const CASES: Record<GasCase, () => Promise<number>> = {
  supply: () => gasOf(deposit(alice)),
  withdraw: () => gasOf(withdraw()),
  supplyCollateral: () => gasOfMove(dave, () => pool.connect(dave).supplyCollateral(eth(3), dave.address)),
  supplyCollateralNoDebt: () => gasOf(pool.connect(ivan).supplyCollateral(eth(3), ivan.address)),
  withdrawCollateral: () =>
    gasOfMove(dave, () => pool.connect(dave).withdrawCollateral(eth(3), dave.address, dave.address)),
  borrow: () => gasOfMove(dave, borrow),
  repay: () => gasOfMove(dave, () => pool.connect(dave).repay(usd(3_200), dave.address)),
  liquidate: async () => {
    await setPrice(1_750);
    return await gasOfMove(mallory, () =>
      pool.connect(liquidator).liquidate(mallory.address, usd(20_000), 0, liquidator.address, "0x"),
    );
  },
  liquidateInsolvent: async () => {
    await setPrice(1_450);
    const { gas, layers } = await liquidateWhole(mallory, usd(143_000));
    require(layers === "true,false,false", "the reserve alone");
    return gas;
  },
  liquidateInsolventHaircut: async () => {
    await firstHaircut();
    await setPrice(PRICE);
    await fillCushion();
    await setPrice(1_300);
    const { gas, layers } = await liquidateWhole(rupert, usd(13_000_000));
    require(layers === "true,true,true", "all three layers");
    return gas;
  },
  flashLoan: () =>
    asset
      .getAddress()
      .then((token) => gasOf(pool.connect(bob).flashLoan(flashBorrowerAddress, token, usd(1_000), "0x"))),
  transfer: () => gasOf(pool.connect(alice).transfer(bob.address, usd(1_000) * 10n ** 6n)),
  firstSupply: () => gasOf(deposit(judy)),
  firstCollateral: () => gasOf(pool.connect(judy).supplyCollateral(eth(3), judy.address)),
  firstBorrow: async () => {
    const gas = await gasOf(pool.connect(ivan).borrow(usd(11_280), ivan.address, ivan.address));
    const position = await pool.positionOf(ivan.address);
    require((await pool.tickSums(position.tick)).debtShares === position.debtShares, "a tick of its own");
    return gas;
  },
  firstHaircut,
  withdrawDeep: async () => {
    await sinkTicks();
    return await gasOf(withdraw());
  },
  pivot: async () => {
    await sinkTicks();
    return await gasOf(pool.connect(bob).pivot());
  },
  withdrawDeepPivoted: async () => {
    await sinkTicks();
    await gasOf(pool.connect(bob).pivot());
    return await gasOf(withdraw());
  },
  supplySameBlock: async () => {
    await atOnce();
    return await gasOf(deposit(alice));
  },
  borrowSameBlock: async () => {
    await atOnce();
    return await gasOfMove(dave, borrow);
  },
};

const snapshot = await networkHelpers.takeSnapshot();
const clockThen = clock;
const result: Partial<GasResult> = {};
for (const [key, measure] of Object.entries(CASES) as [GasCase, () => Promise<number>][]) {
  result[key] = await measure();
  await snapshot.restore();
  clock = clockThen;
  secondsBetweenBlocks = HOUR;
}
console.log(JSON.stringify(result));
