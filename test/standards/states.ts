// The states in which every property of a standard has to hold, and who is who in them. Each is restored from a snapshot.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import type { ILendingPool, InsuranceFund, MockERC20 } from "../../typechain-types/index.js";
import {
  DAY,
  deployWorld,
  govern,
  HOUR,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  setPrices,
  time,
  type World,
} from "../helpers/fixtures.js";
import { aimLoss } from "../unit/waterfall/actions.js";

export const COOLING = 14n * DAY;
export const WINDOW = 7n * DAY;

export type State = {
  name: string;
  /** The pool's error that refuses a deposit; none where deposits are open. */
  refusal?: string;
  /** Whether Bob's claim pays its whole worth, and what the fund's generation is. */
  claim: "paid" | "withheld" | "none";
  /** A pool without fees. */
  feeless?: boolean;
  build: (w: World) => Promise<void>;
};

export const people = (w: World): HardhatEthersSigner[] => [
  w.alice,
  w.bob,
  w.carol,
  w.dave,
  w.erin,
  w.frank,
  w.keeper,
  w.liquidator,
];

/** Conservation is checked over these; the state's loans are Frank's and Dave's. */
export const borrowers = (w: World): HardhatEthersSigner[] => [w.frank, w.dave];

async function deposit(w: World, who: HardhatEthersSigner, tokens: number): Promise<void> {
  await sent(w.pool.connect(who)["deposit(uint256,address)"](w.usd(tokens), who));
}

/** Stakes pool shares of a fresh pool for so many tokens. */
async function stake(w: World, who: HardhatEthersSigner, tokens: number): Promise<void> {
  await sent(w.fund.connect(who)["deposit(uint256,address)"](w.usd(tokens) * 10n ** 6n, who));
}

async function request(w: World, who: HardhatEthersSigner, parts: bigint): Promise<void> {
  const units = (await w.fund.balanceOf(who)) / parts;
  await sent(w.fund.connect(who).requestRedeem(units, who, who));
}

/** Erin stays in the fund; Bob can claim two requests and has units left; Keeper has asked two days ago. */
async function stakesAndRequests(w: World): Promise<void> {
  await stake(w, w.erin, 60_000);
  await stake(w, w.bob, 100_000);
  await stake(w, w.keeper, 40_000);
  await time.increase(16n * DAY);
  await request(w, w.bob, 4n);
  await request(w, w.bob, 3n);
  await time.increase(12n * DAY);
  await request(w, w.keeper, 2n);
  await time.increase(2n * DAY + HOUR);
}

/** 1.74m supplied, a million of it lent to Frank (900,000 against 1,000 at 2,000) and Dave; cover of 100,000 and 200,000. */
async function busy(w: World): Promise<void> {
  await deposit(w, w.alice, 1_000_000);
  await deposit(w, w.bob, 400_000);
  await deposit(w, w.erin, 200_000);
  await deposit(w, w.keeper, 140_000);
  await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(100_000)));
  await openLoan(w, w.frank, 1_000, 900_000);
  await openLoan(w, w.dave, 1_000, 100_000);
  await stakesAndRequests(w);
}

async function liquidate(w: World, who: HardhatEthersSigner): Promise<void> {
  await sent(w.pool.connect(w.liquidator).liquidate(who, MAX, 0, w.liquidator, "0x"));
}

/** Frank's loan is liquidated at this price; then ether is worth 2,000 again. */
async function lossAt(w: World, price: number): Promise<void> {
  await busy(w);
  await setPrice(w, price);
  await liquidate(w, w.frank);
  await setPrice(w, 2_000);
}

async function borrowAllCash(w: World): Promise<void> {
  await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(10_000), w.dave));
  const { cash } = await w.pool.totals();
  await sent(w.pool.connect(w.dave).borrow(cash, w.dave, w.dave));
}

async function busyAt(w: World, price: number): Promise<void> {
  await busy(w);
  await setPrice(w, price);
}

/** Prices of ether: at 870 the reserve covers Frank's shortfall, at 780 a part of the fund is needed, at 500 suppliers lose. */
export const STATES: State[] = [
  { name: "empty", claim: "none", build: async () => {} },
  { name: "one supplier, no stakers", claim: "none", build: async (w) => await deposit(w, w.alice, 1_000) },
  { name: "healthy", claim: "paid", build: busy },
  { name: "a shortfall the reserve covers", claim: "paid", build: async (w) => await busyAt(w, 870) },
  { name: "a shortfall the fund covers", claim: "withheld", build: async (w) => await busyAt(w, 780) },
  {
    name: "a shortfall nobody covers",
    refusal: "UncoveredShortfall",
    claim: "withheld",
    build: async (w) => await busyAt(w, 500),
  },
  { name: "after a loss that the fund bore", claim: "paid", build: async (w) => await lossAt(w, 780) },
  { name: "after a haircut, the fund wiped", claim: "none", build: async (w) => await lossAt(w, 500) },
  {
    name: "after a haircut, a new generation in the fund",
    claim: "paid",
    build: async (w) => {
      await lossAt(w, 500);
      await stakesAndRequests(w);
    },
  },
  {
    name: "the fund worn to a ten-billionth",
    claim: "paid",
    feeless: true,
    build: async (w) => {
      await busy(w);
      await aimLoss(w, w.frank, (state) => {
        const left = state.fundShares / 10n ** 10n;
        const burned = state.reserveShares + state.fundShares - left;
        return (burned * (state.cash + state.debtAssets + 1n)) / (state.supply + 10n ** 6n);
      });
      await liquidate(w, w.frank);
      await setPrice(w, 2_000);
    },
  },
  {
    name: "an estate for sale",
    claim: "withheld",
    build: async (w) => {
      await busyAt(w, 780);
      await sent(w.pool.flag(w.frank));
      await time.increase(DAY + HOUR);
      await sent(w.pool.foreclose(w.frank));
    },
  },
  {
    name: "an oracle outage",
    refusal: "OracleNotOk",
    claim: "paid",
    build: async (w) => {
      await busy(w);
      await setPrices(w, 1_900, 2_000, false);
    },
  },
  {
    name: "an oracle without a price",
    refusal: "OracleNotOk",
    claim: "withheld",
    build: async (w) => {
      await busy(w);
      await setPrices(w, 0, 2_000, false);
    },
  },
  {
    name: "paused",
    refusal: "PoolPaused",
    claim: "paid",
    build: async (w) => {
      await busy(w);
      await sent(w.pool.connect(w.guardian).pause());
    },
  },
  {
    name: "at full utilisation",
    claim: "paid",
    build: async (w) => {
      await busy(w);
      await borrowAllCash(w);
    },
  },
  {
    name: "just under the supply cap",
    claim: "paid",
    build: async (w) => {
      await busy(w);
      const cap = (await w.pool.grossAssets()) / w.usd(1) + 2n;
      await sent(w.pool.connect(w.guardian).lowerCaps(cap, cap));
    },
  },
  {
    name: "over the supply cap",
    refusal: "SupplyCapExceeded",
    claim: "paid",
    build: async (w) => {
      await busy(w);
      await sent(w.pool.connect(w.guardian).lowerCaps(1_000_000, 1_000_000));
    },
  },
  {
    name: "closed by a near-total loss",
    refusal: "PoolClosed",
    claim: "none",
    build: async (w) => {
      await busy(w);
      await borrowAllCash(w);
      await setPrice(w, 0.001);
      await liquidate(w, w.dave);
      await liquidate(w, w.frank);
      await setPrice(w, 2_000);
    },
  },
  {
    name: "winding down",
    refusal: "PoolClosed",
    claim: "paid",
    build: async (w) => {
      await busy(w);
      await govern(w, w.pool.interface.encodeFunctionData("windDown", [14n * DAY]));
    },
  },
  {
    name: "with expired requests",
    claim: "none",
    build: async (w) => {
      await busy(w);
      await time.increase(WINDOW);
    },
  },
];

/** Decimals of the loan asset and of the collateral. */
export const DECIMALS = [
  [18n, 18n],
  [8n, 8n],
  [6n, 18n],
] as const;

type Decimals = (typeof DECIMALS)[number];

async function deploy([assetDecimals, collateralDecimals]: Decimals, feeless: boolean): Promise<World> {
  const parameters = feeless ? { reserveFeePercent: 0n, fundFeePercent: 0n } : {};
  return await deployWorld({ assetDecimals, collateralDecimals, parameters });
}

export type Vault = ILendingPool | InsuranceFund;

/** A vault in a state, and who plays which part. */
export type Subject = {
  w: World;
  state: State;
  vault: Vault;
  asset: MockERC20 | ILendingPool;
  /** Has assets, and has approved the vault. */
  giver: HardhatEthersSigner;
  /** Holds shares, or units. */
  holder: HardhatEthersSigner;
  /** Has nothing and may nothing. */
  stranger: HardhatEthersSigner;
  /** Has nothing; may what a test allows it. */
  spender: HardhatEthersSigner;
  /** The vault's error that refuses a deposit in this state; none where it is open. */
  refusal: string | undefined;
};

export function poolSubject(w: World, state: State): Subject {
  const { pool: vault, asset, carol: giver, alice: holder, admin: stranger, oracleManager: spender } = w;
  return { w, state, vault, asset, giver, holder, stranger, spender, refusal: state.refusal };
}

/** The fund takes stakes in every state. */
export function fundSubject(w: World, state: State): Subject {
  const { fund: vault, pool: asset, alice: giver, erin: holder, admin: stranger, oracleManager: spender } = w;
  return { w, state, vault, asset, giver, holder, stranger, spender, refusal: undefined };
}

/** One clause of a standard. Its number stands in docs/standards.md. */
export type Property = { clause: string; holds: (subject: Subject) => Promise<void> };

/** With 6 and 8 decimals these few; STANDARDS=all tries every state with all decimals. */
const STATES_OF_OTHER_DECIMALS = [
  "healthy",
  "a shortfall the fund covers",
  "a shortfall nobody covers",
  "after a haircut, a new generation in the fund",
  "closed by a near-total loss",
];

function isTried([assetDecimals]: Decimals, { name }: State): boolean {
  return assetDecimals === 18n || process.env.STANDARDS === "all" || STATES_OF_OTHER_DECIMALS.includes(name);
}

/** Where tokens might behave differently from a healthy market: for ERC-20 the rest is all the same. */
const STATES_OF_TOKENS = [
  "healthy",
  "after a haircut, the fund wiped",
  "after a haircut, a new generation in the fund",
  "the fund worn to a ten-billionth",
  "an oracle without a price",
  "paused",
  "closed by a near-total loss",
];

export const mattersToTokens = ({ name }: State): boolean => STATES_OF_TOKENS.includes(name);

/** Runs every property in every state, each from the state's snapshot. */
export function inEveryState(
  title: string,
  subjectOf: (w: World, state: State) => Subject,
  properties: readonly Property[],
  isMeant: (state: State) => boolean = () => true,
): void {
  for (const decimals of DECIMALS) {
    describe(`${title}, ${decimals[0]} decimals`, () => {
      let deployed: World;
      let base: Snapshot;

      before(async () => {
        deployed = await deploy(decimals, false);
        base = await networkHelpers.takeSnapshot();
      });

      for (const state of STATES.filter((each) => isTried(decimals, each) && isMeant(each))) {
        describe(state.name, () => {
          let w: World;
          let built: Snapshot;

          before(async () => {
            await base.restore();
            w = state.feeless === true ? await deploy(decimals, true) : deployed;
            await state.build(w);
            built = await networkHelpers.takeSnapshot();
          });

          afterEach(async () => await built.restore());

          for (const { clause, holds } of properties) {
            it(clause, async () => await holds(subjectOf(w, state)));
          }
        });
      }
    });
  }
}

type Snapshot = Awaited<ReturnType<typeof networkHelpers.takeSnapshot>>;
