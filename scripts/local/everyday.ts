// Two markets that look as if people had used them for a month: the everyday one, with loans of every LTV, and the one
// with the native coin. Sizes are chosen so that a fall of the price shows each layer of the waterfall at work: 10 %
// makes some positions liquidatable, 25 % costs the reserve, 35 % insurers, 45 % suppliers (test/local holds them to it).
import { MaxUint256 } from "ethers";

import { HOLDERS, type LocalSystem, type Name, sent, tokens } from "../lib/local-system.js";
import { createPool, DEFAULT_PARAMETERS, type Market, oraclePrice, VIRTUAL_SHARES } from "../lib/market.js";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import { DAY, nextBlockAt, timeOf } from "./chain.js";

export const PAST_DAYS = 30;

const DECIMALS = 6n;
const PRICE = 2_000;
const dollars = (whole: number): bigint => BigInt(Math.round(whole * 100)) * 10n ** (DECIMALS - 2n);
const ether = (whole: number): bigint => BigInt(Math.round(whole * 1e6)) * 10n ** 12n;

export const EVERYDAY_PARAMETERS = {
  ...DEFAULT_PARAMETERS,
  name: "Mutua tUSD-ETHT",
  symbol: "mtUSD-ETHT",
  minDebt: dollars(100),
};

const SUPPLIED: Partial<Record<Name, number>> = {
  ada: 1_000_000,
  bruno: 4_000_000,
  chen: 2_500_000,
  dina: 2_400_000,
  erik: 500_000,
};
const RESERVE = 150_000;
const STAKED: Partial<Record<Name, number>> = { ada: 50_000, fay: 400_000 };
/** Of it, what is on its way out. */
const COOLING = 80_000;
/** Debt, and LTV in percent at the last price. */
const NAMED_LOANS: Partial<Record<Name, [number, number]>> = {
  gil: [600_000, 62],
  hana: [350_000, 73],
  erik: [150_000, 45],
};
/** LTVs of everybody else, in percent; the debts go up and down. */
const LTVS = [
  28, 34, 39, 43, 46, 49, 51, 53, 55, 57, 58.5, 60, 61.5, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74.5, 76, 77.5,
  79, 81, 83,
];
const debtOf = (index: number): number => 80_000 + ((index * 7) % 12) * 37_000;
/** More than this many positions don't fit one transaction. */
const CROWD = 10;

/** A month of prices that falls to 2,000, so that who borrowed much at its start is near the limit now. */
const priceOn = (day: number): number => {
  const left = 1 - day / PAST_DAYS;
  const wave = Math.sin(Math.PI * left);
  return PRICE * (1 + 0.12 * left + wave * (0.012 * Math.sin(2.1 * day) + 0.008 * Math.sin(5.3 * day)));
};

/** Creates the everyday market and plays a month of it; the market of the native coin gets its people in that month. */
export async function addEverydayMarket(ethers: HardhatEthers, local: LocalSystem): Promise<Market> {
  const market = await createMarket(ethers, local);
  const start = await timeOf(ethers);
  const onDay: Record<number, () => Promise<void>> = {
    0: async () => await supply(local, market),
    1: async () => await lend(ethers, local, market, LTVS.slice(0, CROWD), 0),
    2: async () => await lend(ethers, local, market, LTVS.slice(CROWD, 2 * CROWD), CROWD),
    3: async () => await lend(ethers, local, market, LTVS.slice(2 * CROWD), 2 * CROWD),
    5: async () => await insure(local, market),
    9: async () => await fillNativeMarket(local),
    26: async () => await startCooling(local, market),
  };
  for (let day = 0; day <= PAST_DAYS; ++day) {
    await nextBlockAt(ethers, start + day * DAY);
    const price = oraclePrice(Math.round(priceOn(day) * 100) / 100, DECIMALS);
    await sent(market.oracle.set(price, price, true));
    await onDay[day]?.();
  }
  return market;
}

async function createMarket(ethers: HardhatEthers, local: LocalSystem): Promise<Market> {
  const { people, system, authority, story, router } = local;
  const { deployer, admin } = people;
  const collateral = story.collateral;
  const asset = await ethers.deployContract("MockERC20", ["Test dollar of 6 decimals", "tUSD", DECIMALS], deployer);
  const first = oraclePrice(PRICE, DECIMALS);
  const oracle = await ethers.deployContract("FixedOracle", [deployer.address, first, first, true], deployer);
  const created = await createPool(
    system,
    {
      ...EVERYDAY_PARAMETERS,
      asset: await asset.getAddress(),
      collateral: await collateral.getAddress(),
      oracle: await oracle.getAddress(),
      authority: await authority.getAddress(),
    },
    deployer,
  );
  const market = { ...created, oracle, asset, collateral };
  await sent(authority.connect(admin).adopt(await market.pool.getAddress()));
  const pool = await market.pool.getAddress();
  const fund = await market.fund.getAddress();
  for (const name of HOLDERS) {
    const person = people[name];
    await sent(asset.mint(person.address, dollars(100_000_000)));
    await sent(asset.connect(person).approve(pool, MaxUint256));
    await sent(asset.connect(person).approve(await router.getAddress(), MaxUint256));
    await sent(collateral.connect(person).approve(pool, MaxUint256));
    await sent(market.pool.connect(person).approve(fund, MaxUint256));
  }
  return market;
}

async function supply({ people }: LocalSystem, { pool }: Market): Promise<void> {
  for (const [name, amount] of entries(SUPPLIED)) {
    const person = people[name];
    await sent(pool.connect(person)["deposit(uint256,address)"](dollars(amount), person.address));
  }
}

async function insure({ people }: LocalSystem, { pool, fund }: Market): Promise<void> {
  for (const [name, amount] of entries(STAKED)) {
    const person = people[name];
    await sent(pool.connect(person)["deposit(uint256,address)"](dollars(amount), person.address));
    await sent(
      fund.connect(person)["deposit(uint256,address)"](await pool.convertToShares(dollars(amount)), person.address),
    );
  }
  await sent(pool.connect(people.dina).topUpReserve(dollars(RESERVE)));
}

/** The crowd's loans; and those of people with names, which anybody can look at as them, with the first. */
async function lend(ethers: HardhatEthers, { people }: LocalSystem, market: Market, ltvs: number[], from: number) {
  const { pool, collateral } = market;
  const debts = ltvs.map((_, index) => debtOf(from + index));
  const collaterals = ltvs.map((ltv, index) => collateralFor(debts[index] as number, ltv));
  const crowd = await ethers.deployContract("Crowd", people.deployer);
  await sent(
    collateral.mint(
      await crowd.getAddress(),
      collaterals.reduce((sum, amount) => sum + amount, 0n),
    ),
  );
  await sent(crowd.open(await pool.getAddress(), collaterals, debts.map(dollars)));
  if (from !== 0) return;
  for (const [name, [debt, ltv]] of entries(NAMED_LOANS)) {
    const person = people[name];
    await sent(pool.connect(person).supplyCollateral(collateralFor(debt, ltv), person.address));
    await sent(pool.connect(person).borrow(dollars(debt), person.address, person.address));
  }
}

const collateralFor = (debt: number, ltv: number): bigint => ether((debt * 100) / (ltv * PRICE));

async function startCooling({ people: { fay } }: LocalSystem, { pool, fund }: Market): Promise<void> {
  const units = await fund.convertToShares(await pool.convertToShares(dollars(COOLING)));
  await sent(fund.connect(fay).requestRedeem(units, fay.address, fay.address));
}

/** Beside what deployLocalSystem has put there: more suppliers, and loans against the native coin. */
async function fillNativeMarket({ people, open }: LocalSystem): Promise<void> {
  const { ada, bruno, dina, erik, chen, gil } = people;
  for (const [person, amount] of [
    [ada, 400_000n],
    [bruno, 900_000n],
    [dina, 200_000n],
  ] as const) {
    await sent(open.pool.connect(person)["deposit(uint256,address)"](tokens(amount), person.address));
  }
  await sent(open.pool.connect(dina).topUpReserve(tokens(25_000n)));
  await sent(open.fund.connect(ada)["deposit(uint256,address)"](tokens(30_000n) * VIRTUAL_SHARES, ada.address));
  for (const [person, coins, debt] of [
    [erik, 400n, 520_000n],
    [gil, 250n, 375_000n],
    [chen, 300n, 330_000n],
  ] as const) {
    await sent(open.collateral.connect(person).deposit({ value: tokens(coins) }));
    await sent(open.pool.connect(person).supplyCollateral(tokens(coins), person.address));
    await sent(open.pool.connect(person).borrow(tokens(debt), person.address, person.address));
  }
}

const entries = <T>(record: Partial<Record<Name, T>>): [Name, T][] => Object.entries(record) as [Name, T][];
