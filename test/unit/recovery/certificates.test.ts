import { expect } from "chai";

import {
  type Certificate,
  type CertificateBook,
  NO_CERTIFICATE,
  NO_CERTIFICATES,
  Random,
  repayFace,
  settled,
  statusOf,
  writeHaircut,
} from "../../../sdk/model/index.js";
import type { CertificatesProbe } from "../../../typechain-types/index.js";
import { ethers, networkHelpers, sent } from "../../helpers/fixtures.js";

const SCALE = 10n ** 36n;

async function deployProbe(): Promise<CertificatesProbe> {
  const certificates = await ethers.deployContract("Certificates");
  const libraries = { Certificates: await certificates.getAddress() };
  return await ethers.deployContract("CertificatesProbe", { libraries });
}

/** Holders with shares, and the book beside its model. */
class Books {
  readonly probe: CertificatesProbe;
  readonly #virtualShares: bigint;
  readonly #shares: Map<string, bigint>;
  readonly #seen = new Map<string, bigint>();
  readonly #certificates = new Map<string, Certificate>();
  #book: CertificateBook = NO_CERTIFICATES;

  constructor(probe: CertificatesProbe, shares: readonly bigint[], virtualShares: bigint) {
    this.probe = probe;
    this.#virtualShares = virtualShares;
    this.#shares = new Map(shares.map((each, i) => [ethers.zeroPadValue(ethers.toBeHex(i + 1), 20), each]));
  }

  get holders(): string[] {
    return [...this.#shares.keys()];
  }

  get unpaidFace(): bigint {
    return this.#book.unpaidFace;
  }

  sharesOf(holder: string): bigint {
    return this.#shares.get(holder) ?? 0n;
  }

  #settled(holder: string): Certificate {
    const certificate = this.#certificates.get(holder) ?? NO_CERTIFICATE;
    return settled(this.#book, certificate, this.sharesOf(holder), this.#seen.get(holder) ?? 0n);
  }

  async write(assets: bigint): Promise<void> {
    const shares = [...this.#shares.values()].reduce((sum, each) => sum + each, 0n);
    await sent(this.probe.write(assets, shares, this.#virtualShares));
    this.#book = writeHaircut(this.#book, assets, shares, this.#virtualShares);
  }

  async repay(assets: bigint): Promise<void> {
    const { book, taken } = repayFace(this.#book, assets);
    expect(await this.probe.repay.staticCall(assets)).to.equal(taken);
    await sent(this.probe.repay(assets));
    this.#book = book;
  }

  async move(from: string, to: string, shares: bigint): Promise<void> {
    for (const [holder, change] of [
      [from, -shares],
      [to, shares],
    ] as const) {
      await sent(this.probe.settle(holder, this.sharesOf(holder), this.#seen.get(holder) ?? 0n));
      this.#certificates.set(holder, this.#settled(holder));
      this.#seen.set(holder, this.#book.lossPerShare);
      this.#shares.set(holder, this.sharesOf(holder) + change);
    }
  }

  async claim(holder: string): Promise<void> {
    const certificate = this.#settled(holder);
    const { claimable } = statusOf(this.#book, certificate);
    const [shares, seen] = [this.sharesOf(holder), this.#seen.get(holder) ?? 0n];
    expect(await this.probe.claim.staticCall(holder, shares, seen)).to.equal(claimable);
    await sent(this.probe.claim(holder, shares, seen));
    this.#certificates.set(holder, { ...certificate, credit: certificate.credit - claimable });
    this.#seen.set(holder, this.#book.lossPerShare);
    this.#book = { ...this.#book, held: this.#book.held - claimable };
  }

  /** Every stored number is the model's, and all claims together are held. */
  async expectModel(at: string): Promise<void> {
    const { lossPerShare, unpaidFace, remaining, held, lossBase, epoch, normalisedBase } = await this.probe.book();
    expect({
      lossPerShare,
      unpaidFace,
      remaining: remaining === 0n ? SCALE : remaining,
      held,
      lossBase,
      epoch,
      normalisedBase,
    }).to.deep.equal(this.#book, at);
    let claims = 0n;
    for (const holder of this.holders) {
      const [normalisedFace, normalisedLoss, credit, epochSeen] = await this.probe.certificateOf(holder);
      expect({ normalisedFace, normalisedLoss, credit, epoch: epochSeen }, `${holder} ${at}`).to.deep.equal(
        this.#certificates.get(holder) ?? NO_CERTIFICATE,
      );
      const { unpaid, claimable } = statusOf(this.#book, this.#settled(holder));
      const status = await this.probe.statusOf(holder, this.sharesOf(holder), this.#seen.get(holder) ?? 0n);
      expect([...status], `${holder} ${at}`).to.deep.equal([unpaid, claimable]);
      claims += claimable;
    }
    expect(claims <= held, `R-1 ${at}`).to.equal(true);
  }
}

async function load(shares: readonly bigint[], virtualShares: bigint): Promise<Books> {
  return new Books(await networkHelpers.loadFixture(deployProbe), shares, virtualShares);
}

describe("Certificates by themselves", () => {
  it("round what remains up: a third of three wei back leaves the holder with nothing to claim yet", async () => {
    const books = await load([3n], 0n);
    const [holder = ""] = books.holders;
    await books.write(3n);
    await books.repay(1n);
    expect((await books.probe.book()).remaining).to.equal((2n * SCALE) / 3n + 1n);
    expect([...(await books.probe.statusOf(holder, 3n, 0n))]).to.deep.equal([3n, 0n]);
    await books.repay(2n);
    expect([...(await books.probe.statusOf(holder, 3n, 0n))]).to.deep.equal([0n, 3n]);
    await books.expectModel("at the end");
  });

  it("round down where a holder was: who was settled between two losses is owed no less", async () => {
    const shares = 10n ** 27n;
    const books = await load([shares, shares], 0n);
    const [holder = "", other = ""] = books.holders;
    await books.write(3n);
    await books.repay(1n);
    // normalised: 1.5 wei a holder, times three halves; not a whole number
    await books.write(4n);
    await books.move(holder, other, 0n);
    const { remaining, lossPerShare, lossBase, normalisedBase } = await books.probe.book();
    const [, normalisedLoss] = await books.probe.certificateOf(holder);
    const exact = (lossPerShare - lossBase) * SCALE;
    expect(exact % remaining).to.not.equal(0n);
    expect(normalisedLoss).to.equal(normalisedBase + exact / remaining);
    await books.expectModel("at the end");
  });

  it("note less at the limit of a field", async () => {
    const books = await load([1n], 0n);
    await books.write(10n ** 30n);
    await books.expectModel("after one loss");
    expect((await books.probe.book()).lossPerShare).to.equal((1n << 128n) - 1n);
    await books.write(10n ** 30n);
    await books.expectModel("after another");
  });

  it("move nine digits on below a billionth, not at it, and round what older holders are owed up", async () => {
    const books = await load([10n ** 27n, 10n ** 27n], 0n);
    const [holder = ""] = books.holders;
    await books.write(2n * 10n ** 18n + 7n);
    await books.move(holder, holder, 0n);
    await books.repay(books.unpaidFace - books.unpaidFace / 10n ** 9n - 1n);
    expect((await books.probe.book()).epoch).to.equal(0n);
    await books.repay(1n);
    expect((await books.probe.book()).epoch).to.equal(1n);
    const [normalisedFace] = await books.probe.certificateOf(holder);
    expect(normalisedFace % 10n ** 9n).to.not.equal(0n);
    await books.move(holder, holder, 0n);
    expect((await books.probe.certificateOf(holder))[0]).to.equal(normalisedFace / 10n ** 9n + 1n);
    await books.expectModel("at the end");

    const exact = await load([10n ** 10n], 0n);
    await exact.write(10n ** 9n);
    await exact.repay(10n ** 9n - 1n);
    const { remaining, epoch } = await exact.probe.book();
    expect([remaining, epoch]).to.deep.equal([10n ** 27n, 0n]);
  });

  for (const [name, shares, virtualShares, unit] of [
    ["few shares and few wei", [1n, 2n, 7n], 1n, 5n],
    ["a market of six decimals", [10n ** 15n, 3n * 10n ** 17n, 7n], 10n ** 6n, 10n ** 11n],
    ["a market of eighteen decimals", [10n ** 28n, 3n * 10n ** 26n, 1n], 10n ** 6n, 10n ** 23n],
  ] as const) {
    it(`are the model's to the wei in ${name}, at random`, async () => {
      const seed = 11;
      const random = new Random(seed);
      const books = await load(shares, virtualShares);
      for (let step = 0; step < 60; ++step) {
        const from = random.pick(books.holders);
        const dice = random.below(10);
        if (dice < 3 || (dice < 6 && books.unpaidFace === 0n)) await books.write(random.upTo(unit) + 1n);
        else if (dice < 4) await books.repay(books.unpaidFace);
        else if (dice < 5) await books.repay(books.unpaidFace - (books.unpaidFace >> 40n) - 1n);
        else if (dice < 6) await books.repay(random.upTo(books.unpaidFace + 2n));
        else if (dice < 8) await books.move(from, random.pick(books.holders), random.upTo(books.sharesOf(from) + 1n));
        else await books.claim(from);
        await books.expectModel(`at step ${step}, seed ${seed}`);
      }
    });
  }
});
