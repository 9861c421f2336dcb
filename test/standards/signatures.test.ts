// ERC-2612 permits, EIP-712 operator signatures and ERC-5267 domains. One test a clause, numbered as in docs/standards.md.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { type TypedDataDomain, Signature } from "ethers";
import { network } from "hardhat";

import { LendingPool__factory } from "../../typechain-types/index.js";
import { DAY, ethers, MAX, sent, time, world, type World, ZERO } from "../helpers/fixtures.js";
import { PERMIT, SET_OPERATOR } from "../helpers/typed-data.js";
import type { Vault } from "./states.js";

/** Half of the order of secp256k1: s is at most this in a signature that counts. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The domain as ERC-5267 publishes it. */
async function domainOf(vault: Vault): Promise<TypedDataDomain> {
  const { name, version, chainId, verifyingContract } = await vault.eip712Domain();
  return { name, version, chainId, verifyingContract };
}

type PermitTerms = { owner: string; spender: string; value: bigint; nonce: bigint; deadline: bigint };

async function signPermit(
  signer: HardhatEthersSigner,
  vault: Vault,
  terms: PermitTerms,
  domain: TypedDataDomain = {},
): Promise<Signature> {
  return Signature.from(await signer.signTypedData({ ...(await domainOf(vault)), ...domain }, PERMIT, terms));
}

async function permit(by: HardhatEthersSigner, vault: Vault, terms: PermitTerms, { v, r, s }: Signature) {
  return await vault.connect(by).permit(terms.owner, terms.spender, terms.value, terms.deadline, v, r, s);
}

/** The same code at the same address on chain 10. */
async function otherChain(address: string) {
  const other = await network.create({ network: "default", override: { chainId: 10 } });
  await other.networkHelpers.setCode(address, await ethers.provider.getCode(address));
  const [runner] = await other.ethers.getSigners();
  return { close: async () => await other.close(), at: LendingPool__factory.connect(address, runner) };
}

for (const which of ["pool", "fund"] as const) {
  describe(`Signatures for the ${which}`, () => {
    let w: World;
    let vault: Vault;
    let terms: PermitTerms;
    /** The errors of OpenZeppelin's ERC20Permit, which the pool's interface leaves out. */
    const errors = LendingPool__factory.createInterface();

    beforeEach(async () => {
      w = await world();
      vault = w[which];
      const deadline = BigInt(await time.latest()) + DAY;
      terms = { owner: w.alice.address, spender: w.carol.address, value: 77n, nonce: 0n, deadline };
    });

    const expectRefused = async (attempt: Promise<unknown>, name: string) =>
      await expect(attempt).to.be.revertedWithCustomError({ interface: errors }, name);

    it("2612-01 permit sets the allowance, counts the nonce and fires Approval, whoever brings it", async () => {
      const signature = await signPermit(w.alice, vault, terms);
      await expect(permit(w.dave, vault, terms, signature))
        .to.emit(vault, "Approval")
        .withArgs(w.alice, w.carol, 77n);
      expect(await vault.allowance(w.alice, w.carol)).to.equal(77n);
      expect(await vault.nonces(w.alice)).to.equal(1n);
      // and overwrites
      const less = { ...terms, value: 5n, nonce: 1n };
      await sent(permit(w.dave, vault, less, await signPermit(w.alice, vault, less)));
      expect(await vault.allowance(w.alice, w.carol)).to.equal(5n);
    });

    it("2612-02 permit works up to its deadline and reverts after it", async () => {
      const signature = await signPermit(w.alice, vault, terms);
      await time.setNextBlockTimestamp(terms.deadline + 1n);
      await expect(permit(w.carol, vault, terms, signature))
        .to.be.revertedWithCustomError({ interface: errors }, "ERC2612ExpiredSignature")
        .withArgs(terms.deadline);
      const later = { ...terms, deadline: terms.deadline + 100n };
      await time.setNextBlockTimestamp(later.deadline);
      await sent(permit(w.carol, vault, later, await signPermit(w.alice, vault, later)));
    });

    it("2612-03 permit reverts the second time, and with a nonce that is not the next", async () => {
      const signature = await signPermit(w.alice, vault, terms);
      await sent(permit(w.carol, vault, terms, signature));
      await expectRefused(permit(w.carol, vault, terms, signature), "ERC2612InvalidSigner");
      for (const nonce of [0n, 2n]) {
        const wrong = { ...terms, nonce };
        await expectRefused(
          permit(w.carol, vault, wrong, await signPermit(w.alice, vault, wrong)),
          "ERC2612InvalidSigner",
        );
      }
      expect(await vault.nonces(w.alice)).to.equal(1n);
    });

    it("2612-04 permit reverts if anyone but the owner signed, or any field differs", async () => {
      await expectRefused(permit(w.carol, vault, terms, await signPermit(w.bob, vault, terms)), "ERC2612InvalidSigner");
      const signature = await signPermit(w.alice, vault, terms);
      for (const changed of [
        { ...terms, owner: w.bob.address },
        { ...terms, spender: w.dave.address },
        { ...terms, value: 78n },
        { ...terms, deadline: terms.deadline + 1n },
      ]) {
        await expectRefused(permit(w.carol, vault, changed, signature), "ERC2612InvalidSigner");
      }
      expect(await vault.nonces(w.alice), "a refusal counts nothing").to.equal(0n);
    });

    it("2612-05 permit reverts for another chain, another contract, name or version", async () => {
      const other: Vault = which === "pool" ? w.fund : w.pool;
      for (const domain of [
        { chainId: 1n },
        { verifyingContract: await other.getAddress() },
        { name: "Mutua" },
        { version: "2" },
      ]) {
        await expectRefused(
          permit(w.carol, vault, terms, await signPermit(w.alice, vault, terms, domain)),
          "ERC2612InvalidSigner",
        );
      }
      // the other one's signature as it is
      await expectRefused(
        permit(w.carol, vault, terms, await signPermit(w.alice, other, terms)),
        "ERC2612InvalidSigner",
      );
      expect(await vault.allowance(w.alice, w.carol)).to.equal(0n);
    });

    it("2612-06 permit reverts for the zero address, and for a signature of nonsense", async () => {
      const forNobody = { ...terms, owner: ZERO };
      const nonsense = { v: 27, r: ethers.ZeroHash, s: ethers.ZeroHash };
      for (const { owner } of [forNobody, terms]) {
        await expectRefused(
          vault.permit(owner, terms.spender, 77n, terms.deadline, nonsense.v, nonsense.r, nonsense.s),
          "ECDSAInvalidSignature",
        );
      }
      expect(await vault.allowance(ZERO, w.carol)).to.equal(0n);
    });

    it("2612-07 a signature has one form: its mirror image with the high s is refused", async () => {
      const { v, r, s } = await signPermit(w.alice, vault, terms);
      const mirrored = ethers.toBeHex(ORDER - BigInt(s), 32);
      await expect(vault.permit(terms.owner, terms.spender, 77n, terms.deadline, 55 - v, r, mirrored))
        .to.be.revertedWithCustomError({ interface: errors }, "ECDSAInvalidSignatureS")
        .withArgs(mirrored);
    });

    it("2612-08 DOMAIN_SEPARATOR is the EIP-712 hash of the domain that ERC-5267 publishes", async () => {
      const { fields, name, version, chainId, verifyingContract, salt, extensions } = await vault.eip712Domain();
      expect(fields, "name, version, chain and contract").to.equal("0x0f");
      expect(name).to.equal(await vault.name());
      expect(version).to.equal("1");
      expect(chainId).to.equal((await ethers.provider.getNetwork()).chainId);
      expect(verifyingContract).to.equal(vault.target);
      expect([salt, [...extensions]]).to.deep.equal([ethers.ZeroHash, []]);
      const separator = ethers.TypedDataEncoder.hashDomain(await domainOf(vault));
      expect(await vault.DOMAIN_SEPARATOR()).to.equal(separator);
    });

    it("2612-09 after a split of the chain DOMAIN_SEPARATOR is that of the new chain", async () => {
      const address = await vault.getAddress();
      const other = await otherChain(address);
      const separator = ethers.TypedDataEncoder.hashDomain({ ...(await domainOf(vault)), chainId: 10n });
      expect(await other.at.DOMAIN_SEPARATOR()).to.equal(separator);
      expect((await other.at.eip712Domain()).chainId).to.equal(10n);
      await other.close();
    });
  });
}

describe("Operator signatures of the pool", () => {
  let w: World;
  let terms: { owner: string; operator: string; approved: boolean; nonce: bigint; deadline: bigint };

  beforeEach(async () => {
    w = await world();
    const deadline = BigInt(await time.latest()) + DAY;
    terms = { owner: w.alice.address, operator: w.carol.address, approved: true, nonce: 0n, deadline };
  });

  async function sign(signer = w.alice, signed = terms, domain: TypedDataDomain = {}): Promise<string> {
    return await signer.signTypedData({ ...(await domainOf(w.pool)), ...domain }, SET_OPERATOR, signed);
  }

  const use = async (signature: string, { owner, operator, approved, deadline } = terms) =>
    await w.pool.connect(w.dave).setOperatorWithSig(owner, operator, approved, deadline, signature);

  async function expectRefused(signature: string, used = terms): Promise<void> {
    await expect(use(signature, used)).to.be.revertedWithCustomError(w.pool, "SignatureInvalid").withArgs(used.owner);
  }

  it("712-01 sets and revokes, whoever brings it, and fires OperatorSet", async () => {
    await expect(use(await sign()))
      .to.emit(w.pool, "OperatorSet")
      .withArgs(w.alice, w.carol, true);
    expect(await w.pool.isOperator(w.alice, w.carol)).to.equal(true);
    const back = { ...terms, approved: false, nonce: 1n };
    await expect(use(await sign(w.alice, back), back))
      .to.emit(w.pool, "OperatorSet")
      .withArgs(w.alice, w.carol, false);
    expect(await w.pool.isOperator(w.alice, w.carol)).to.equal(false);
  });

  it("712-02 works once, and up to its deadline", async () => {
    const signature = await sign();
    await time.setNextBlockTimestamp(terms.deadline);
    await sent(use(signature));
    await time.setNextBlockTimestamp(terms.deadline + 1n);
    await expect(use(signature))
      .to.be.revertedWithCustomError(w.pool, "SignatureExpired")
      .withArgs(terms.deadline, terms.deadline + 1n);
    const later = { ...terms, deadline: MAX, nonce: 0n };
    await expectRefused(await sign(w.alice, later), later);
  });

  it("712-03 reverts if anyone but the owner signed, or any field or the domain differs", async () => {
    await expectRefused(await sign(w.bob));
    const signature = await sign();
    await expectRefused(signature, { ...terms, owner: w.bob.address });
    await expectRefused(signature, { ...terms, operator: w.dave.address });
    await expectRefused(signature, { ...terms, approved: false });
    await expectRefused(signature, { ...terms, deadline: terms.deadline + 1n });
    await expectRefused(await sign(w.alice, { ...terms, nonce: 1n }));
    for (const domain of [{ chainId: 1n }, { verifyingContract: await w.fund.getAddress() }, { name: "Mutua" }]) {
      await expectRefused(await sign(w.alice, terms, domain));
    }
    await expectRefused("0x");
    await expectRefused(ethers.ZeroHash);
    expect(await w.pool.nonces(w.alice)).to.equal(0n);
  });

  it("712-04 a signature has one form: its mirror image with the high s is refused", async () => {
    const { v, r, s } = Signature.from(await sign());
    const mirrored = ethers.toBeHex(ORDER - BigInt(s), 32);
    await expectRefused(ethers.concat([r, mirrored, ethers.toBeHex(55 - v, 1)]));
    expect(await w.pool.isOperator(w.alice, w.carol)).to.equal(false);
  });

  it("712-05 shares its nonces with permits: either makes the other, signed for the same number, void", async () => {
    const { pool, alice, carol } = w;
    const approval = { owner: terms.owner, spender: carol.address, value: 1n, nonce: 0n, deadline: terms.deadline };
    const signature = await signPermit(alice, pool, approval);
    const operatorSignature = await sign();
    await sent(permit(carol, pool, approval, signature));
    await expectRefused(operatorSignature);
    await sent(use(await sign(alice, { ...terms, nonce: 1n })));
    expect(await pool.nonces(alice)).to.equal(2n);
  });
});
