// Alice has given the router allowances and operator's rights without limit. Mallory is Carol: she wants what Alice can
// give, what others left in the router, or a pool of her own in the place of a good one.
import { expect } from "chai";
import { Signature } from "ethers";

import {
  FeeOnTransferToken__factory,
  ILendingPool__factory,
  InsuranceFund__factory,
  MockERC20__factory,
} from "../../typechain-types/index.js";
import {
  encoded,
  ethers,
  MAX,
  type Periphery,
  periphery,
  sent,
  signOperator,
  signPermit,
  WAD,
} from "../unit/periphery/fixture.js";
import { DEFAULT_PARAMETERS } from "../helpers/fixtures.js";
import { gasOf } from "./tools.js";

describe("Attack: the router", () => {
  let p: Periphery;
  beforeEach(async () => {
    p = await periphery();
    const alice = p.pool.connect(p.alice);
    await sent(alice["deposit(uint256,address)"](p.usd(10_000), p.alice.address));
    await sent(alice.supplyCollateral(p.eth(10), p.alice.address));
    await sent(alice.borrow(p.usd(5_000), p.alice.address, p.alice.address));
    await sent(alice.approve(p.routerAddress, MAX));
    await sent(p.asset.connect(p.alice).approve(p.routerAddress, MAX));
    await sent(p.collateral.connect(p.alice).approve(p.routerAddress, MAX));
    await sent(alice.setOperator(p.routerAddress, true));
    await sent(p.fund.connect(p.alice).setOperator(p.routerAddress, true));
  });

  const owned = async () => {
    const { debtShares, collateral } = await p.pool.positionOf(p.alice.address);
    return [
      debtShares,
      collateral,
      await p.pool.balanceOf(p.alice.address),
      await p.asset.balanceOf(p.alice.address),
      await p.collateral.balanceOf(p.alice.address),
    ];
  };

  it("all that Alice has granted is Alice's to use: each step that Mallory takes is with what Mallory has", async () => {
    const before = await owned();
    const mallory = p.router.connect(p.carol);
    const { address } = p.plain;
    for (const attempt of [
      () => mallory.borrow(address, p.usd(100), p.carol.address),
      () => mallory.withdrawCollateral(address, 1, p.carol.address),
      () => mallory.withdrawCollateral(address, MAX, p.carol.address),
      () => mallory.stake(address, 1, p.carol.address, 0),
      () => mallory.deposit(address, p.usd(1), p.carol.address, 0),
      () => mallory.claimAndRedeem(address, 1, p.carol.address, 0),
      () => mallory.repay(address, MAX, p.alice.address), // Alice's debt, with Mallory's money, and she has granted none
      () => mallory.multicall([encoded(p.router, "borrow", [address, p.usd(100), p.carol.address])]),
    ]) {
      await expect(attempt()).to.revert(ethers);
    }
    expect(await owned()).to.deep.equal(before);
  });

  it("Alice's permit, sent ahead by Mallory, serves the router, that is Alice; and Alice's own batch goes through all the same", async () => {
    await sent(p.asset.connect(p.alice).approve(p.routerAddress, 0));
    await sent(p.pool.connect(p.alice).setOperator(p.routerAddress, false));
    const { v, r, s } = await signPermit(p.asset, p.alice, p.routerAddress, p.usd(50));
    const operator = await signOperator(p.pool, p.alice, p.routerAddress, true);
    // Mallory sees the batch in the mempool, and uses both signatures first
    await sent(p.asset.connect(p.carol).permit(p.alice.address, p.routerAddress, p.usd(50), MAX, v, r, s));
    await sent(p.pool.connect(p.carol).setOperatorWithSig(p.alice.address, p.routerAddress, true, MAX, operator));
    const before = await p.asset.balanceOf(p.alice.address);
    await expect(p.router.connect(p.carol).deposit(p.plain.address, p.usd(50), p.carol.address, 0)).to.revert(ethers);
    // as her own, Mallory can't use it either
    await expect(
      p.router.connect(p.carol).selfPermit(p.asset.target, p.usd(50), MAX, v, r, s),
    ).to.be.revertedWithCustomError(p.router, "PermitFailed");
    await sent(
      p.router
        .connect(p.alice)
        .multicall([
          encoded(p.router, "selfPermit", [p.asset.target, p.usd(50), MAX, v, r, s]),
          encoded(p.router, "setOperatorWithSig", [p.plain.address, true, MAX, operator]),
          encoded(p.router, "deposit", [p.plain.address, p.usd(50), p.alice.address, 0]),
          encoded(p.router, "borrow", [p.plain.address, p.usd(100), p.alice.address]),
        ]),
    );
    expect((await p.asset.balanceOf(p.alice.address)) - before).to.equal(p.usd(50));
    expect(await p.asset.allowance(p.alice.address, p.routerAddress), "used up").to.equal(0n);
  });

  it("no allowance stays behind for Mallory's pool to draw on: not after a deposit, a stake, a repayment, collateral", async () => {
    const alice = p.router.connect(p.alice);
    const { address } = p.plain;
    await sent(alice.deposit(address, p.usd(1), p.alice.address, 0));
    await sent(alice.depositAndStake(address, p.usd(1), p.alice.address, 0));
    await sent(alice.supplyCollateral(address, p.eth(1), p.alice.address));
    await sent(alice.repay(address, MAX, p.alice.address)); // more than the debt: takes the debt
    for (const token of [p.asset, p.collateral]) {
      expect([await token.allowance(p.routerAddress, address), await token.balanceOf(p.routerAddress)]).to.deep.equal([
        0n,
        0n,
      ]);
    }
    expect(await p.pool.allowance(p.routerAddress, p.fund)).to.equal(0n);
    expect(await p.pool.balanceOf(p.routerAddress)).to.equal(0n);
  });

  it("coins counted once: ten steps can't each spend the one coin that was sent", async () => {
    const step = encoded(p.router, "depositNative", [p.lendsNative.address, WAD, p.carol.address, 0]);
    await expect(
      p.router.connect(p.carol).multicall(
        Array.from({ length: 10 }, () => step),
        { value: WAD },
      ),
    )
      .to.be.revertedWithCustomError(p.router, "InsufficientNative")
      .withArgs(WAD, 0n);
  });

  it("what strangers sent to the router by mistake stays there", async () => {
    await sent(p.asset.connect(p.alice).transfer(p.routerAddress, p.usd(1_000)));
    await sent(p.pool.connect(p.alice).transfer(p.routerAddress, 1_000n));
    const mallory = p.router.connect(p.carol);
    await sent(p.asset.connect(p.carol).approve(p.routerAddress, p.usd(1)));
    await sent(mallory.deposit(p.plain.address, p.usd(1), p.carol.address, 0));
    await expect(mallory.deposit(p.plain.address, p.usd(1), p.carol.address, 0)).to.revert(ethers);
    await expect(mallory.stake(p.plain.address, 1, p.carol.address, 0)).to.revert(ethers);
    expect(await p.asset.balanceOf(p.routerAddress)).to.equal(p.usd(1_000));
    expect(await p.pool.balanceOf(p.routerAddress)).to.equal(1_000n);
  });

  it("but of a token that takes a fee, which no pool supports, a step can be filled up with what lay there", async () => {
    const token = await new FeeOnTransferToken__factory(p.deployer).deploy(18, 1_000); // a tenth
    const { pool, address } = await p.list(
      MockERC20__factory.connect(token.target as string, p.deployer),
      p.collateral,
      2_000,
    );
    await sent(token.mint(p.carol.address, p.usd(100)));
    await sent(token.connect(p.carol).approve(p.routerAddress, MAX));
    const mallory = p.router.connect(p.carol);
    await expect(mallory.deposit(address, p.usd(100), p.carol.address, 0)).to.revert(ethers); // 90 came, 100 are due
    await sent(token.mint(p.routerAddress, p.usd(10)));
    await sent(mallory.deposit(address, p.usd(100), p.carol.address, 0));
    expect(await token.balanceOf(p.routerAddress), "the ten that lay there").to.equal(0n);
    expect((await pool.totals()).cash).to.equal(p.usd(100)); // of which the pool got 90
  });

  it("a contract that looks like a pool is none: every step asks the factory first", async () => {
    const fake = await ethers.deployContract("PoolStandIn", [
      {
        ...DEFAULT_PARAMETERS,
        asset: p.asset.target,
        collateral: p.collateral.target,
        oracle: p.oracle.target,
        authority: p.authority.target,
      },
      p.system.views.target,
    ]);
    const alice = p.router.connect(p.alice);
    for (const attempt of [
      () => alice.deposit(fake, 1, p.alice.address, 0),
      () => alice.depositAndStake(fake, 1, p.alice.address, 0),
      () => alice.supplyCollateral(fake, 1, p.alice.address),
      () => alice.repay(fake, 1, p.alice.address),
      () => alice.borrow(fake, 1, p.alice.address),
      () => alice.claimAndRedeem(fake, 1, p.alice.address, 0),
      () => alice.setOperatorWithSig(fake, true, MAX, Signature.from().serialized),
    ]) {
      await expect(attempt()).to.be.revertedWithCustomError(p.router, "NotListed").withArgs(fake.target);
    }
  });
});

describe("Attack: the factory", () => {
  let p: Periphery;
  beforeEach(async () => {
    p = await periphery();
  });

  const params = () => ({
    ...DEFAULT_PARAMETERS,
    name: "Twin",
    asset: p.asset.target,
    collateral: p.collateral.target,
    oracle: p.oracle.target,
    authority: p.authority.target,
  });

  it("another code, by a single byte, or other modules: not created here, and what is created elsewhere is not listed", async () => {
    const code = p.system.poolCreationCode;
    const changed = `${code.slice(0, -2)}${code.endsWith("00") ? "01" : "00"}`;
    const factory = p.system.factory.connect(p.carol);
    await expect(factory.createPool(changed, params()))
      .to.be.revertedWithCustomError(factory, "WrongCreationCode")
      .withArgs(ethers.keccak256(changed), ethers.keccak256(code));
    await expect(factory.createPool(ethers.concat([code, "0x00"]), params())).to.be.revertedWithCustomError(
      factory,
      "WrongCreationCode",
    );
    // the right code with modules of Mallory's, deployed by herself
    const evil = await ethers.deployContract("MockERC20", ["Evil", "EVIL", 18]);
    const libraries = { Certificates: await p.system.certificates.getAddress() };
    const pool = await ethers.deployContract("LendingPool", [params(), evil.target], { libraries });
    expect(await p.system.factory.isPool(pool)).to.equal(false);
    await expect(p.router.connect(p.alice).deposit(pool, 1, p.alice.address, 0)).to.be.revertedWithCustomError(
      p.router,
      "NotListed",
    );
  });

  it("creating Alice's pool ahead of her: Mallory's has another address and another creator, and Alice's comes as foretold", async () => {
    const { factory, poolCreationCode: code } = p.system;
    const foretold = await factory.poolAddress(p.alice.address, code, params());
    await sent(factory.connect(p.carol).createPool(code, params()));
    await sent(factory.connect(p.alice).createPool(code, params()));
    const count = await factory.poolCount();
    expect(await factory.poolAt(count - 1n)).to.equal(foretold);
    const [mine, hers] = [await factory.poolAt(count - 1n), await factory.poolAt(count - 2n)];
    expect(mine).to.not.equal(hers);
    expect((await factory.listing(hers)).creator).to.equal(p.carol.address);
    expect((await factory.listing(mine)).creator).to.equal(p.alice.address);
    // a permit for one is none for the other
    const pool = ILendingPool__factory.connect(hers, p.alice);
    const { v, r, s } = await signPermit(pool, p.alice, p.carol.address, 1n);
    await expect(
      ILendingPool__factory.connect(mine, p.carol).permit(p.alice.address, p.carol.address, 1n, MAX, v, r, s),
    ).to.be.revertedWithCustomError(InsuranceFund__factory.connect(mine, p.carol), "ERC2612InvalidSigner");
  });

  it("spam: each entry costs Mallory over eight million gas, moves no page before it, and is on nobody's list of adopted pools", async () => {
    const { factory, poolCreationCode: code } = p.system;
    const before = await factory.pools(0, 100);
    const adopted = await p.authority.adoptedPools(0, 100);
    const gas: bigint[] = [];
    for (let i = 0; i < 3; ++i) {
      gas.push(await gasOf(factory.connect(p.carol).createPool(code, { ...params(), name: `Spam ${i}` })));
    }
    console.log(`      an entry: ${gas[0]} gas`);
    expect(gas.every((each) => each > 8_000_000n)).to.equal(true);
    expect(await factory.pools(0, before.length)).to.deep.equal(before);
    expect(await p.authority.adoptedPools(0, 100)).to.deep.equal(adopted);
    const spam = ILendingPool__factory.connect(await factory.poolAt(before.length), p.governor);
    expect(await p.authority.isAdopted(spam)).to.equal(false);
    // that it names the authority gives nobody anything there
    await expect(spam.connect(p.guardian).pause()).to.be.revertedWithCustomError(spam, "AccessManagedUnauthorized");
    await expect(p.authority.connect(p.carol).adopt(spam)).to.be.revertedWithCustomError(
      p.authority,
      "AccessManagerUnauthorizedAccount",
    );
  });
});
