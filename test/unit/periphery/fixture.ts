import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Signature } from "ethers";

import {
  createPool,
  DEFAULT_PARAMETERS,
  deployWorld,
  ethers,
  networkHelpers,
  oraclePrice,
  sent,
  WAD,
} from "../../helpers/fixtures.js";
import { PERMIT, SET_OPERATOR } from "../../helpers/typed-data.js";
import type {
  InsuranceFund,
  ILendingPool,
  MockERC20,
  MockWETH,
  ReentrantToken,
  Router,
} from "../../../typechain-types/index.js";

export * from "../../helpers/fixtures.js";

export type Listed = { pool: ILendingPool; fund: InsuranceFund; address: string };

/** The default market, and two more around the wrapped coin: one that lends it, one that takes it as collateral. */
async function deployPeriphery() {
  const w = await deployWorld();
  const weth = await ethers.deployContract("MockWETH");
  const router = await ethers.deployContract("Router", [await w.system.factory.getAddress(), await weth.getAddress()]);
  const lens = await ethers.deployContract("PoolLens");
  const common = { ...DEFAULT_PARAMETERS, authority: await w.authority.getAddress() };
  const list = async (
    asset: MockERC20 | MockWETH | ReentrantToken,
    collateral: MockERC20 | MockWETH,
    price: number,
  ) => {
    const rate = oraclePrice(price);
    const oracle = await ethers.deployContract("FixedOracle", [w.deployer.address, rate, rate, true]);
    const params = {
      ...common,
      minDebt: WAD / 100n,
      asset: await asset.getAddress(),
      collateral: await collateral.getAddress(),
      oracle: await oracle.getAddress(),
    };
    const { pool, fund } = await createPool(w.system, params, w.deployer);
    return { pool, fund, oracle, address: await pool.getAddress() };
  };
  const plain: Listed = { pool: w.pool, fund: w.fund, address: await w.pool.getAddress() };
  const lendsNative = await list(weth, w.asset, 0.0005);
  const takesNative = await list(w.asset, weth, 2_000);

  // Dave stands for everyone else: cash for the borrowers.
  await sent(w.pool.connect(w.dave)["deposit(uint256,address)"](w.usd(1_000_000), w.dave.address));
  await sent(w.asset.connect(w.dave).approve(takesNative.address, w.usd(1_000_000)));
  await sent(takesNative.pool.connect(w.dave)["deposit(uint256,address)"](w.usd(1_000_000), w.dave.address));
  await sent(weth.connect(w.dave).deposit({ value: 100n * WAD }));
  await sent(weth.connect(w.dave).approve(lendsNative.address, 100n * WAD));
  await sent(lendsNative.pool.connect(w.dave)["deposit(uint256,address)"](100n * WAD, w.dave.address));
  const routerAddress = await router.getAddress();
  for (const person of [w.alice, w.bob]) {
    for (const token of [w.asset, w.collateral])
      await sent(token.connect(person).approve(routerAddress, w.usd(10n ** 9n)));
  }
  return { ...w, weth, router, routerAddress, lens, plain, lendsNative, takesNative, list };
}

export type Periphery = Awaited<ReturnType<typeof deployPeriphery>>;

export async function periphery(): Promise<Periphery> {
  return await networkHelpers.loadFixture(deployPeriphery);
}

/** An ERC-2612 signature by `owner` that lets `spender` take `value`. */
export async function signPermit(
  token: MockERC20 | ILendingPool,
  owner: HardhatEthersSigner,
  spender: string,
  value: bigint,
): Promise<Signature> {
  const domain = await token.eip712Domain();
  const signature = await owner.signTypedData(
    {
      name: domain.name,
      version: domain.version,
      chainId: domain.chainId,
      verifyingContract: domain.verifyingContract,
    },
    PERMIT,
    { owner: owner.address, spender, value, nonce: await token.nonces(owner.address), deadline: ethers.MaxUint256 },
  );
  return Signature.from(signature);
}

/** A signature by `owner` that makes `operator` its operator in `pool`, or ends that. `later` skips nonces. */
export async function signOperator(
  pool: ILendingPool,
  owner: HardhatEthersSigner,
  operator: string,
  approved: boolean,
  later = 0n,
): Promise<string> {
  const domain = await pool.eip712Domain();
  return await owner.signTypedData(
    {
      name: domain.name,
      version: domain.version,
      chainId: domain.chainId,
      verifyingContract: domain.verifyingContract,
    },
    SET_OPERATOR,
    {
      owner: owner.address,
      operator,
      approved,
      nonce: (await pool.nonces(owner.address)) + later,
      deadline: ethers.MaxUint256,
    },
  );
}

/** A call of the router, for a batch. */
export function encoded(router: Router, name: string, args: readonly unknown[]): string {
  return ethers.Interface.from(router.interface.fragments).encodeFunctionData(name, args);
}
