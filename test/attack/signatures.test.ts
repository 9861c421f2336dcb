// Mallory has seen a signature and wants it to work once more: a second time, in another pool, in the fund, after a fork,
// for another of her accounts, or too late.
import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Signature, type TypedDataDomain } from "ethers";
import { network } from "hardhat";

import { ILendingPool__factory } from "../../typechain-types/index.js";
import { ethers, MAX, sent, type World, world } from "../helpers/fixtures.js";
import { SET_OPERATOR } from "../helpers/typed-data.js";
import { deposit, stake } from "../scenario/story.js";
import { signOperator, signPermit } from "../unit/periphery/fixture.js";
import { marketOf } from "./tools.js";

describe("Attack: signatures played again", () => {
  let w: World;
  let twin: World;

  // Two pools of the same name, tokens and people; Alice has shares and units in both.
  before(async () => {
    w = await world();
    twin = await marketOf(w, {});
    expect(await twin.pool.name()).to.equal(await w.pool.name());
    for (const each of [w, twin]) {
      await deposit(each, each.alice, 1_000);
      await stake(each, each.alice, 1_000);
    }
  });

  const use = (
    pool: World["pool"],
    owner: HardhatEthersSigner,
    spender: string,
    value: bigint,
    { v, r, s }: Signature,
  ) => pool.connect(w.carol).permit(owner.address, spender, value, MAX, v, r, s);

  it("a permit works once, in its own pool: not twice, not in the twin, not in the fund, not for more or for another", async () => {
    const signature = await signPermit(w.pool, w.alice, w.carol.address, 100n);
    const asPool = (address: string) => ILendingPool__factory.connect(address, w.carol);
    for (const attempt of [
      () => use(twin.pool, w.alice, w.carol.address, 100n, signature),
      () => use(asPool(w.fund.target as string), w.alice, w.carol.address, 100n, signature),
      () => use(w.pool, w.alice, w.carol.address, 101n, signature),
      () => use(w.pool, w.alice, w.dave.address, 100n, signature),
      () => use(w.pool, w.bob, w.carol.address, 100n, signature),
    ]) {
      await expect(attempt()).to.be.revertedWithCustomError(w.fund, "ERC2612InvalidSigner");
    }
    await sent(use(w.pool, w.alice, w.carol.address, 100n, signature));
    await expect(use(w.pool, w.alice, w.carol.address, 100n, signature)).to.be.revertedWithCustomError(
      w.fund,
      "ERC2612InvalidSigner",
    );
    expect(await w.pool.allowance(w.alice, w.carol)).to.equal(100n);
    expect(await twin.pool.allowance(w.alice, w.carol)).to.equal(0n);
    // spent, it is spent: the allowance does not come back
    await sent(w.pool.connect(w.carol).transferFrom(w.alice.address, w.carol.address, 100n));
    await expect(use(w.pool, w.alice, w.carol.address, 100n, signature)).to.be.revertedWithCustomError(
      w.fund,
      "ERC2612InvalidSigner",
    );
  });

  it("the fund's permit is the fund's, though its name and the pool's are alike", async () => {
    const asPool = ILendingPool__factory.connect(w.fund.target as string, w.alice);
    const signature = await signPermit(asPool, w.alice, w.carol.address, 7n);
    await expect(use(w.pool, w.alice, w.carol.address, 7n, signature)).to.be.revertedWithCustomError(
      w.fund,
      "ERC2612InvalidSigner",
    );
    await sent(use(asPool, w.alice, w.carol.address, 7n, signature));
    expect(await w.fund.allowance(w.alice, w.carol)).to.equal(7n);
  });

  it("an operator's signature: not twice, not in the twin, not for another operator or a no for a yes, not too late", async () => {
    const signature = await signOperator(w.pool, w.alice, w.carol.address, true);
    const { pool } = w;
    for (const attempt of [
      () => twin.pool.setOperatorWithSig(w.alice, w.carol, true, MAX, signature),
      () => pool.setOperatorWithSig(w.alice, w.dave, true, MAX, signature),
      () => pool.setOperatorWithSig(w.alice, w.carol, false, MAX, signature),
      () => pool.setOperatorWithSig(w.bob, w.carol, true, MAX, signature),
      () => pool.setOperatorWithSig(w.alice, w.carol, true, MAX - 1n, signature),
    ]) {
      await expect(attempt()).to.be.revertedWithCustomError(pool, "SignatureInvalid");
    }
    await expect(pool.setOperatorWithSig(w.alice, w.carol, true, 1n, signature)).to.be.revertedWithCustomError(
      pool,
      "SignatureExpired",
    );
    await sent(pool.setOperatorWithSig(w.alice, w.carol, true, MAX, signature));
    expect(await pool.isOperator(w.alice, w.carol)).to.equal(true);
    // Alice takes it back; Carol plays it again
    await sent(pool.connect(w.alice).setOperator(w.carol, false));
    await expect(pool.setOperatorWithSig(w.alice, w.carol, true, MAX, signature))
      .to.be.revertedWithCustomError(pool, "SignatureInvalid")
      .withArgs(w.alice.address);
    expect(await pool.isOperator(w.alice, w.carol)).to.equal(false);
  });

  it("a permit is no operator's right and the other way round: one counter for both, so each can be used in its turn alone", async () => {
    const permit = await signPermit(w.pool, w.bob, w.carol.address, 5n);
    const operator = await signOperator(w.pool, w.bob, w.carol.address, true); // the same nonce
    await expect(w.pool.setOperatorWithSig(w.bob, w.carol, true, MAX, permit.serialized)).to.be.revertedWithCustomError(
      w.pool,
      "SignatureInvalid",
    );
    await expect(use(w.pool, w.bob, w.carol.address, 5n, Signature.from(operator))).to.be.revertedWithCustomError(
      w.fund,
      "ERC2612InvalidSigner",
    );
    await sent(use(w.pool, w.bob, w.carol.address, 5n, permit));
    await expect(w.pool.setOperatorWithSig(w.bob, w.carol, true, MAX, operator)).to.be.revertedWithCustomError(
      w.pool,
      "SignatureInvalid",
    );
  });

  it("a signature turned round its curve, or of another length, is none", async () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const { v, r, s } = Signature.from(await signOperator(w.pool, w.dave, w.carol.address, true));
    const turned = ethers.concat([r, ethers.toBeHex(order - BigInt(s), 32), ethers.toBeHex(v === 27 ? 28 : 27)]);
    for (const forged of [turned, ethers.concat([r, s]), "0x", ethers.concat([r, s, ethers.toBeHex(0)])]) {
      await expect(w.pool.setOperatorWithSig(w.dave, w.carol, true, MAX, forged)).to.be.revertedWithCustomError(
        w.pool,
        "SignatureInvalid",
      );
    }
    expect(await w.pool.isOperator(w.dave, w.carol)).to.equal(false);
  });

  it("contracts have no signatures that others could make for them: not the pool, the fund, the authority, nor the zero address", async () => {
    const signature = await signOperator(w.pool, w.carol, w.carol.address, true);
    for (const owner of [w.pool.target, w.fund.target, w.authority.target, w.oracle.target, ethers.ZeroAddress]) {
      await expect(w.pool.setOperatorWithSig(owner, w.carol, true, MAX, signature))
        .to.be.revertedWithCustomError(w.pool, "SignatureInvalid")
        .withArgs(owner);
    }
  });

  it("after a fork: the same code at the same address on a chain of another id takes no signature of this one", async () => {
    // The other chain begins with everything that the pool needs; its code holds the old chain's id and domain.
    const fork = await network.create({ network: "default", override: { chainId: 31_338 } });
    const copied = [w.pool.target, w.fund.target, w.system.views.target, w.system.desk.target] as string[];
    for (const address of copied) {
      await fork.networkHelpers.setCode(address, await ethers.provider.getCode(address));
    }
    const [sender] = await fork.ethers.getSigners();
    const pool = ILendingPool__factory.connect(w.pool.target as string, sender);
    const domain = await pool.eip712Domain();
    expect([domain.chainId, domain.verifyingContract]).to.deep.equal([31_338n, w.pool.target]);

    const erin = ethers.Wallet.createRandom();
    const value = (chain: bigint) => ({
      domain: {
        name: domain.name,
        version: domain.version,
        chainId: chain,
        verifyingContract: w.pool.target as string,
      } satisfies TypedDataDomain,
      types: SET_OPERATOR,
      message: { owner: erin.address, operator: w.carol.address, approved: true, nonce: 0n, deadline: MAX },
    });
    const sign = async (chain: bigint) => {
      const { domain: on, types, message } = value(chain);
      return await erin.signTypedData(on, types, message);
    };
    const old = await sign(31_337n);
    await expect(pool.setOperatorWithSig(erin.address, w.carol.address, true, MAX, old))
      .to.be.revertedWithCustomError(pool, "SignatureInvalid")
      .withArgs(erin.address);
    await sent(w.pool.setOperatorWithSig(erin.address, w.carol.address, true, MAX, old)); // where it belongs
    await sent(pool.setOperatorWithSig(erin.address, w.carol.address, true, MAX, await sign(31_338n)));
    expect(await pool.isOperator(erin.address, w.carol.address)).to.equal(true);
    await fork.close();
  });
});
