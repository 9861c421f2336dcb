import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { PENDING } from "../../helpers/blocks.js";
import { ethers, MAX, sent, time, type World, world, ZERO } from "../../helpers/fixtures.js";
import { SET_OPERATOR } from "../../helpers/typed-data.js";
import { anotherMarket, deposit, deployPuppet, lentWorld } from "../pool/kit.js";

const IS_VALID_SIGNATURE = "0x1626ba7e";

type Order = { owner: string; operator: string; approved: boolean; nonce: bigint; deadline: bigint };

async function sign(w: World, signer: HardhatEthersSigner, order: Order, domain: Record<string, unknown> = {}) {
  const { name, version, chainId, verifyingContract } = await w.pool.eip712Domain();
  return await signer.signTypedData({ name, version, chainId, verifyingContract, ...domain }, SET_OPERATOR, order);
}

function orderOf(w: World, changes: Partial<Order> = {}): Order {
  return { owner: w.alice.address, operator: w.dave.address, approved: true, nonce: 0n, deadline: MAX, ...changes };
}

describe("LendingPool, operators", () => {
  describe("setOperator", () => {
    it("names and dismisses an operator of the caller", async () => {
      const w = await world();
      const { pool, alice, dave, carol } = w;
      await expect(pool.connect(alice).setOperator(dave, true))
        .to.emit(pool, "OperatorSet")
        .withArgs(alice.address, dave.address, true);
      expect(await pool.isOperator(alice, dave)).to.equal(true);
      expect(await pool.isOperator(dave, alice)).to.equal(false);
      expect(await pool.isOperator(carol, dave)).to.equal(false);
      await expect(pool.connect(alice).setOperator(dave, false))
        .to.emit(pool, "OperatorSet")
        .withArgs(alice.address, dave.address, false);
      expect(await pool.isOperator(alice, dave)).to.equal(false);
    });

    it("lets an operator claim recoveries, but move no shares", async () => {
      const w = await lentWorld();
      const { pool, alice, dave } = w;
      await expect(pool.connect(dave).claimRecovery(alice))
        .to.be.revertedWithCustomError(pool, "NotAuthorised")
        .withArgs(dave.address, alice.address);
      await sent(pool.connect(alice).setOperator(dave, true));
      expect(await pool.connect(dave).claimRecovery.staticCall(alice)).to.equal(0n);
      await sent(pool.connect(dave).claimRecovery(alice));
      await expect(pool.connect(dave).transferFrom(alice, dave, 1n)).to.be.revertedWithCustomError(
        pool,
        "ERC20InsufficientAllowance",
      );
      await expect(
        pool.connect(dave)["redeem(uint256,address,address)"](10n ** 9n, dave, alice),
      ).to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance");
    });
  });

  describe("setOperatorWithSig", () => {
    it("takes a signature of the owner from anybody, once", async () => {
      const w = await world();
      const { pool, alice, dave, carol } = w;
      const signature = await sign(w, alice, orderOf(w));
      await expect(pool.connect(carol).setOperatorWithSig(alice, dave, true, MAX, signature))
        .to.emit(pool, "OperatorSet")
        .withArgs(alice.address, dave.address, true);
      expect(await pool.isOperator(alice, dave)).to.equal(true);
      expect(await pool.nonces(alice)).to.equal(1n);
      await sent(pool.connect(alice).setOperator(dave, false));
      await expect(pool.connect(dave).setOperatorWithSig(alice, dave, true, MAX, signature))
        .to.be.revertedWithCustomError(pool, "SignatureInvalid")
        .withArgs(alice.address);
      expect(await pool.nonces(alice), "a refused signature uses no nonce").to.equal(1n);
    });

    it("dismisses too, with the next nonce", async () => {
      const w = await world();
      const { pool, alice, dave } = w;
      await sent(pool.setOperatorWithSig(alice, dave, true, MAX, await sign(w, alice, orderOf(w))));
      const dismissal = await sign(w, alice, orderOf(w, { approved: false, nonce: 1n }));
      await sent(pool.setOperatorWithSig(alice, dave, false, MAX, dismissal));
      expect(await pool.isOperator(alice, dave)).to.equal(false);
      expect(await pool.nonces(alice)).to.equal(2n);
    });

    it("passes in the second of its deadline, not after", async () => {
      const w = await world();
      const { pool, alice, dave } = w;
      const deadline = BigInt(await time.latest()) + 100n;
      const signature = await sign(w, alice, orderOf(w, { deadline }));
      await time.setNextBlockTimestamp(deadline + 1n);
      await expect(pool.setOperatorWithSig.staticCall(alice, dave, true, deadline, signature, PENDING))
        .to.be.revertedWithCustomError(pool, "SignatureExpired")
        .withArgs(deadline, deadline + 1n);
      await time.setNextBlockTimestamp(deadline);
      await sent(pool.setOperatorWithSig(alice, dave, true, deadline, signature));
      expect(await pool.isOperator(alice, dave)).to.equal(true);
    });

    it("refuses another signer, other values, another nonce, another chain, pool or name", async () => {
      const w = await world();
      const { pool, alice, dave, carol } = w;
      const bad = [
        await sign(w, carol, orderOf(w)),
        await sign(w, alice, orderOf(w, { operator: carol.address })),
        await sign(w, alice, orderOf(w, { approved: false })),
        await sign(w, alice, orderOf(w, { nonce: 1n })),
        await sign(w, alice, orderOf(w, { deadline: MAX - 1n })),
        await sign(w, alice, orderOf(w), { chainId: 1n }),
        await sign(w, alice, orderOf(w), { verifyingContract: await w.fund.getAddress() }),
        await sign(w, alice, orderOf(w), { name: "Another pool" }),
        await sign(w, alice, orderOf(w), { version: "2" }),
        "0x",
        `0x${"00".repeat(65)}`,
      ];
      for (const signature of bad) {
        await expect(pool.setOperatorWithSig(alice, dave, true, MAX, signature))
          .to.be.revertedWithCustomError(pool, "SignatureInvalid")
          .withArgs(alice.address);
      }
      await expect(pool.setOperatorWithSig(ZERO, dave, true, MAX, `0x${"00".repeat(65)}`))
        .to.be.revertedWithCustomError(pool, "SignatureInvalid")
        .withArgs(ZERO);
      expect(await pool.isOperator(alice, dave)).to.equal(false);
    });

    it("of one pool does not count at another under the same name", async () => {
      const w = await world();
      const other = await anotherMarket(w, {}, { minDebt: 1n });
      const signature = await sign(w, w.alice, orderOf(w));
      await expect(other.pool.setOperatorWithSig(w.alice, w.dave, true, MAX, signature))
        .to.be.revertedWithCustomError(other.pool, "SignatureInvalid")
        .withArgs(w.alice.address);
    });

    it("shares its nonces with permits", async () => {
      const w = await world();
      const { pool, alice, dave } = w;
      await deposit(w, alice, 1n);
      await sent(pool.setOperatorWithSig(alice, dave, true, MAX, await sign(w, alice, orderOf(w))));
      expect(await pool.nonces(alice)).to.equal(1n);
    });

    it("takes what a contract wallet calls valid (ERC-1271)", async () => {
      const w = await world();
      const { pool, dave } = w;
      const wallet = await deployPuppet(w.carol);
      await expect(pool.setOperatorWithSig(wallet.address, dave, true, MAX, "0x1234"))
        .to.be.revertedWithCustomError(pool, "SignatureInvalid")
        .withArgs(wallet.address);
      await sent(wallet.answer(IS_VALID_SIGNATURE, ethers.zeroPadBytes(IS_VALID_SIGNATURE, 32)));
      await expect(pool.setOperatorWithSig(wallet.address, dave, true, MAX, "0x1234"))
        .to.emit(pool, "OperatorSet")
        .withArgs(wallet.address, dave.address, true);
      expect(await pool.nonces(wallet.address)).to.equal(1n);
    });
  });
});
