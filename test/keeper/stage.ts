// A market on anvil with a crowd of borrowers, a venue to sell at, and what flash liquidations need.
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, parseEther } from "ethers";
import { network } from "hardhat";

import { Random } from "../../sdk/model/random.js";
import { deploySystem, deployTestMarket, type MarketOptions, oraclePrice } from "../../scripts/lib/market.js";
import type {
  FixedOracle,
  FlashLiquidator,
  ILendingPool,
  MockERC20,
  MockUniswapV3Router,
  PoolLens,
  UniswapV3Adapter,
} from "../../typechain-types/index.js";
import { type Anvil, rpc, startAnvil } from "./anvil.js";

export const FEE = 500;
const MOST_LOANS_AT_ONCE = 25;
const BLOCK_SECONDS = 12;

export type StageOptions = {
  positions: number;
  /** In whole loan tokens for a whole collateral token. */
  price: number;
  /** Loan tokens on the venue's one side, and as much collateral on the other. */
  depth: number;
  seed: number;
  anvil?: readonly string[];
  market?: MarketOptions;
  /** Debt-to-collateral ratios are drawn evenly from here. */
  ltvs?: readonly [number, number];
};

export type Stage = {
  anvil: Anvil;
  ethers: HardhatEthers;
  deployer: HardhatEthersSigner;
  pool: ILendingPool;
  poolAddress: string;
  oracle: FixedOracle;
  asset: MockERC20;
  collateral: MockERC20;
  router: MockUniswapV3Router;
  adapter: UniswapV3Adapter;
  flash: FlashLiquidator;
  lens: PoolLens;
  borrowers: string[];
  rpc: (method: string, ...params: unknown[]) => Promise<unknown>;
  mine: (blocks?: number) => Promise<number>;
  /** The oracle's price and the venue's, both with the next block. */
  setPrice: (tokens: number) => Promise<void>;
  stop: () => Promise<void>;
};

export async function raise(options: StageOptions): Promise<Stage> {
  const anvil = await startAnvil(options.anvil ?? []);
  const { ethers } = await network.create({ network: "localhost", override: { url: anvil.url } });
  const [deployer] = await ethers.getSigners();
  if (deployer === undefined) throw new Error("anvil has no accounts");
  const system = await deploySystem(ethers);
  const authority = await ethers.deployContract("OpenAuthority");
  const market = await deployTestMarket(ethers, system, authority as never, deployer, {
    price: options.price,
    ...options.market,
  });
  const { pool, oracle, asset, collateral } = market;
  const poolAddress = await pool.getAddress();
  const router = await ethers.deployContract("MockUniswapV3Router");
  const adapter = await ethers.deployContract("UniswapV3Adapter", [await router.getAddress()]);
  const flash = await ethers.deployContract("FlashLiquidator");
  const lens = await ethers.deployContract("PoolLens");
  const tokens = [await asset.getAddress(), await collateral.getAddress()] as const;

  await asset.mint(deployer.address, parseEther("1000000000"));
  await asset.mint(await router.getAddress(), parseEther("1000000000"));
  await asset.approve(poolAddress, MaxUint256);
  await pool["deposit(uint256,address)"](parseEther("100000000"), deployer.address);

  const call = async (method: string, ...params: unknown[]) => await rpc(anvil.url, method, params);
  const depthOf = (price: number): [bigint, bigint] => [
    parseEther(`${options.depth}`),
    parseEther((options.depth / price).toFixed(18)),
  ];
  const stage: Stage = {
    anvil,
    ethers,
    deployer,
    pool,
    poolAddress,
    oracle,
    asset,
    collateral,
    router,
    adapter,
    flash,
    lens,
    borrowers: [],
    rpc: call,
    mine: async (blocks = 1) => {
      for (let i = 0; i < blocks; ++i) {
        // Else blocks run ahead of the clock, and calls on the pending state would be before the last of them.
        await call("evm_increaseTime", BLOCK_SECONDS);
        await call("evm_mine");
      }
      return Number(await call("eth_blockNumber"));
    },
    setPrice: async (price) => {
      const value = oraclePrice(price, 18n, 18n);
      const [assets, amount] = depthOf(price);
      const nonce = Number(await call("eth_getTransactionCount", deployer.address, "pending"));
      const fees = { gasLimit: 500_000n, maxFeePerGas: parseEther("0.000001"), maxPriorityFeePerGas: 10n ** 11n };
      await oracle.set(value, value, true, { ...fees, nonce });
      await router.setReserves(...tokens, FEE, assets, amount, { ...fees, nonce: nonce + 1 });
    },
    stop: async () => await anvil.stop(),
  };
  await stage.setPrice(options.price);
  await gather(stage, options);
  await call("evm_increaseTime", 86_400);
  await stage.mine();
  return stage;
}

/** Opens the loans: many in a transaction, many transactions in a block. */
async function gather(stage: Stage, { positions, price, seed, ltvs: [least, most] = [0.4, 0.79] }: StageOptions) {
  const { ethers, pool, poolAddress, collateral } = stage;
  const crowd = await ethers.deployContract("Crowd");
  await collateral.mint(await crowd.getAddress(), parseEther("1000000"));
  const random = new Random(seed);
  for (let from = 0; from < positions; from += MOST_LOANS_AT_ONCE) {
    const loans = Array.from({ length: Math.min(MOST_LOANS_AT_ONCE, positions - from) }, () => {
      const debt = 500 + 19_500 * random.part() ** 3;
      const ltv = least + (most - least) * random.part();
      return { debt, collateral: debt / ltv / price };
    });
    const transaction = await crowd.open(
      poolAddress,
      loans.map((loan) => parseEther(loan.collateral.toFixed(18))),
      loans.map((loan) => parseEther(loan.debt.toFixed(18))),
      { gasLimit: 16_700_000n },
    );
    if ((await transaction.wait())?.status !== 1) throw new Error("the loans could not be opened");
  }
  const borrowed = await pool.queryFilter(pool.filters.Borrowed(), 0, "latest");
  stage.borrowers.push(...borrowed.map(({ args }) => args.onBehalf));
}
