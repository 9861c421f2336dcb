import { expect } from "chai";

import {
  Behaviour,
  deployOracle,
  ethers,
  FAILURES,
  feedConfig,
  GRACE_PERIOD,
  HEARTBEAT,
  loadFixture,
  MAX_PRICE,
  MAX_UINT128,
  MAX_UINT256,
  NO_FEED,
  NO_VAULT,
  type OracleArguments,
  refusal,
  sent,
  type Sources,
  sources,
} from "./fixture.js";

const WEEK = 7n * 86_400n;
const DAY = 86_400n;

/** The plain configuration with another ether feed in its one path. */
function withEtherSide(all: Sources, change: Partial<Sources["etherSide"]>): OracleArguments {
  return { ...all.plain, paths: [{ collateral: { ...all.etherSide, ...change }, loan: NO_FEED }] };
}

async function tokenOf(decimals: number): Promise<string> {
  return await (await ethers.deployContract("MockERC20", ["Token", "TOK", decimals])).getAddress();
}

function withVault(all: Sources, change: Partial<Sources["vaultConfig"]>): OracleArguments {
  return { ...all.full, vault: { ...all.vaultConfig, ...change } };
}

const bytes32 = ethers.encodeBytes32String;

describe("ChainlinkOracle.constructor", () => {
  it("shows a correct configuration", async () => {
    const all = await loadFixture(sources);
    const oracle = await deployOracle(all.full);
    expect(await oracle.pathCount()).to.equal(2n);
    expect((await oracle.path(0)).map((side) => [...side])).to.deep.equal([
      Object.values(all.etherSide),
      Object.values(all.dollarSide),
    ]);
    expect((await oracle.path(1)).map((side) => [...side])).to.deep.equal([
      Object.values(all.etherSide2),
      Object.values(all.dollarSide2),
    ]);
    expect([...(await oracle.vault())]).to.deep.equal(Object.values(all.vaultConfig));
    expect([...(await oracle.sequencer())]).to.deep.equal(Object.values(all.sequencerConfig));
    expect(await oracle.loanAsset()).to.equal(all.full.loanAsset);
    expect(await oracle.collateral()).to.equal(all.full.collateral);
  });

  it("shows 1 as the bounds of what isn't there", async () => {
    const { plain } = await loadFixture(sources);
    const oracle = await deployOracle(plain);
    expect(await oracle.pathCount()).to.equal(1n);
    expect([...(await oracle.path(0)).loan]).to.deep.equal([ethers.ZeroAddress, 0n, 1n, 1n]);
    expect([...(await oracle.vault())]).to.deep.equal([ethers.ZeroAddress, 1n, 1n]);
    expect([...(await oracle.sequencer())]).to.deep.equal([ethers.ZeroAddress, 0n]);
  });

  it("accepts a late answer: only its heartbeat may be wrong, not the feed", async () => {
    const all = await loadFixture(sources);
    await sent(all.etherFeed.setRound(2_000n * 10n ** 8n, 1, 1));
    const oracle = await deployOracle(all.plain);
    expect((await oracle.price()).ok).to.equal(false);
  });

  it("refuses no path, and three", async () => {
    const { plain } = await loadFixture(sources);
    const [path] = plain.paths;
    if (path === undefined) throw new Error("the plain configuration has a path");
    expect(await refusal({ ...plain, paths: [] })).to.deep.equal(["PathCountInvalid", 0n]);
    expect(await refusal({ ...plain, paths: [path, path, path] })).to.deep.equal(["PathCountInvalid", 3n]);
  });

  it("refuses a path without any feed", async () => {
    const { plain } = await loadFixture(sources);
    const empty = { collateral: NO_FEED, loan: NO_FEED };
    expect(await refusal({ ...plain, paths: [empty] })).to.deep.equal(["PathEmpty", 0n]);
    expect(await refusal({ ...plain, paths: [...plain.paths, empty] })).to.deep.equal(["PathEmpty", 1n]);
  });

  for (const [field, value] of [
    ["heartbeat", HEARTBEAT],
    ["minAnswer", 1n],
    ["maxAnswer", 1n],
  ] as const) {
    it(`refuses a feed with a ${field} and without an address`, async () => {
      const { plain, etherSide } = await loadFixture(sources);
      const paths = [{ collateral: etherSide, loan: { ...NO_FEED, [field]: value } }];
      expect(await refusal({ ...plain, paths })).to.deep.equal(["AddressMissing", bytes32("feed")]);
    });
  }

  it("refuses a vault's rates without its underlying", async () => {
    const { plain } = await loadFixture(sources);
    expect(await refusal({ ...plain, vault: { ...NO_VAULT, minRate: 1 } })).to.deep.equal([
      "AddressMissing",
      bytes32("underlying"),
    ]);
    expect(await refusal({ ...plain, vault: { ...NO_VAULT, maxRate: 1 } })).to.deep.equal([
      "AddressMissing",
      bytes32("underlying"),
    ]);
  });

  it("refuses a grace period without a sequencer feed", async () => {
    const { plain } = await loadFixture(sources);
    const sequencer = { feed: ethers.ZeroAddress, gracePeriod: 1 };
    expect(await refusal({ ...plain, sequencer })).to.deep.equal(["AddressMissing", bytes32("sequencer")]);
  });

  it("refuses a feed that stands in two places, in any two", async () => {
    const { plain, etherSide, dollarSide, etherSide2, dollarSide2 } = await loadFixture(sources);
    const first = { collateral: etherSide, loan: dollarSide };
    const repeated: [OracleArguments["paths"], string][] = [
      [[{ collateral: etherSide, loan: etherSide }], etherSide.feed],
      [[first, { collateral: etherSide, loan: dollarSide2 }], etherSide.feed],
      [[first, { collateral: etherSide2, loan: dollarSide }], dollarSide.feed],
      [[first, { collateral: dollarSide, loan: etherSide2 }], dollarSide.feed],
      [[first, { collateral: etherSide2, loan: etherSide }], etherSide.feed],
      [[first, { collateral: etherSide2, loan: etherSide2 }], etherSide2.feed],
    ];
    for (const [paths, feed] of repeated) {
      expect(await refusal({ ...plain, paths })).to.deep.equal(["FeedRepeated", feed]);
    }
  });

  it("refuses a heartbeat of zero, and of more than a week", async () => {
    const all = await loadFixture(sources);
    const feed = all.etherSide.feed;
    expect(await refusal(withEtherSide(all, { heartbeat: 0 }))).to.deep.equal(["HeartbeatOutOfRange", feed, 0n, WEEK]);
    expect(await refusal(withEtherSide(all, { heartbeat: WEEK + 1n }))).to.deep.equal([
      "HeartbeatOutOfRange",
      feed,
      WEEK + 1n,
      WEEK,
    ]);
    await deployOracle(withEtherSide(all, { heartbeat: WEEK }));
  });

  it("refuses bounds of a feed that are zero, equal or crossed", async () => {
    const all = await loadFixture(sources);
    const feed = all.etherSide.feed;
    for (const [minAnswer, maxAnswer] of [
      [0n, 10n ** 12n],
      [2_000n * 10n ** 8n, 2_000n * 10n ** 8n],
      [10n ** 12n, 10n ** 11n],
    ] as const) {
      const args = withEtherSide(all, { minAnswer, maxAnswer });
      expect(await refusal(args)).to.deep.equal(["BoundsInvalid", feed, minAnswer, maxAnswer]);
    }
  });

  it("refuses bounds of a rate that are equal or crossed", async () => {
    const all = await loadFixture(sources);
    const vault = await all.vault.getAddress();
    for (const maxRate of [10n ** 18n, 10n ** 18n - 1n]) {
      expect(await refusal(withVault(all, { maxRate }))).to.deep.equal(["BoundsInvalid", vault, 10n ** 18n, maxRate]);
    }
  });

  it("refuses bounds of a rate so low that its rounding would count", async () => {
    const all = await loadFixture(sources);
    expect(await refusal(withVault(all, { minRate: 99_999 }))).to.deep.equal(["RateTooCoarse", 99_999n, 100_000n]);
    await deployOracle(withVault(all, { minRate: 100_000 }));
  });

  for (const { what, fail } of FAILURES) {
    it(`refuses a feed that ${what}`, async () => {
      const all = await loadFixture(sources);
      await fail(all.dollarFeed2);
      expect(await refusal(all.full)).to.deep.equal(["FeedUnreadable", all.dollarSide2.feed]);
    });

    it(`refuses a sequencer feed that ${what}`, async () => {
      const all = await loadFixture(sources);
      await fail(all.sequencerFeed);
      expect(await refusal(all.full)).to.deep.equal(["FeedUnreadable", all.sequencerConfig.feed]);
    });
  }

  it("refuses a sequencer feed that is not set up", async () => {
    const all = await loadFixture(sources);
    await sent(all.sequencerFeed.setRound(0, 0, 1));
    expect(await refusal(all.full)).to.deep.equal(["FeedUnreadable", all.sequencerConfig.feed]);
  });

  it("refuses a feed without a usable answer", async () => {
    const all = await loadFixture(sources);
    for (const answer of [0n, -1n, MAX_UINT128 + 1n]) {
      await sent(all.etherFeed.setAnswer(answer));
      expect(await refusal(all.plain)).to.deep.equal(["FeedUnreadable", all.etherSide.feed]);
    }
  });

  it("refuses bounds that don't hold the present answer", async () => {
    const all = await loadFixture(sources);
    const feed = all.etherSide.feed;
    const answer = 2_000n * 10n ** 8n;
    const max = 20_000n * 10n ** 8n;
    const above = withEtherSide(all, { minAnswer: answer + 1n });
    expect(await refusal(above)).to.deep.equal(["AnswerOutOfBounds", feed, answer, answer + 1n, max]);
    const below = withEtherSide(all, { minAnswer: 1, maxAnswer: answer - 1n });
    expect(await refusal(below)).to.deep.equal(["AnswerOutOfBounds", feed, answer, 1n, answer - 1n]);
    await deployOracle(withEtherSide(all, { minAnswer: answer }));
    await deployOracle(withEtherSide(all, { maxAnswer: answer }));
  });

  it("refuses bounds that don't hold the present rate", async () => {
    const all = await loadFixture(sources);
    const vault = await all.vault.getAddress();
    const rate = 125n * 10n ** 16n;
    const above = withVault(all, { minRate: rate + 1n });
    expect(await refusal(above)).to.deep.equal(["AnswerOutOfBounds", vault, rate, rate + 1n, 15n * 10n ** 17n]);
    const below = withVault(all, { maxRate: rate - 1n });
    expect(await refusal(below)).to.deep.equal(["AnswerOutOfBounds", vault, rate, 10n ** 18n, rate - 1n]);
  });

  it("refuses tokens and a vault without decimals", async () => {
    const { plain, probe } = await loadFixture(sources);
    const none = await probe.getAddress(); // a contract, and no token
    const nobody = "0x00000000000000000000000000000000000000aa";
    for (const address of [none, ethers.getAddress(nobody)]) {
      expect(await refusal({ ...plain, loanAsset: address })).to.deep.equal(["DecimalsUnreadable", address]);
      expect(await refusal({ ...plain, collateral: address })).to.deep.equal(["DecimalsUnreadable", address]);
    }
  });

  it("refuses more than 18 decimals in a feed or the loan asset, and 24 in the collateral or its underlying", async () => {
    const all = await loadFixture(sources);
    const answer = 2_000n * 10n ** 8n;
    const feed = await ethers.deployContract("MockFeed", [19, answer]);
    const feedAddress = await feed.getAddress();
    const side = await feedConfig(feed, answer);
    expect(await refusal(withEtherSide(all, side))).to.deep.equal(["TooManyDecimals", feedAddress, 19n, 18n]);

    const [token19, token25] = [await tokenOf(19), await tokenOf(25)];
    expect(await refusal({ ...all.plain, loanAsset: token19 })).to.deep.equal(["TooManyDecimals", token19, 19n, 18n]);
    expect(await refusal({ ...all.plain, collateral: token25 })).to.deep.equal(["TooManyDecimals", token25, 25n, 24n]);
    const vault = await ethers.deployContract("MockVault4626", [token25, 18, 125n * 10n ** 16n]);
    const args = { ...withVault(all, { underlying: token25 }), collateral: await vault.getAddress() };
    expect(await refusal(args)).to.deep.equal(["TooManyDecimals", token25, 25n, 24n]);
  });

  it("refuses a vault that holds another asset, and what is no vault", async () => {
    const all = await loadFixture(sources);
    const vault = await all.vault.getAddress();
    const [ether, dollar] = [await all.ether.getAddress(), await all.dollar.getAddress()];
    expect(await refusal(withVault(all, { underlying: dollar }))).to.deep.equal([
      "VaultAssetMismatch",
      vault,
      ether,
      dollar,
    ]);
    const noVault = { ...all.full, collateral: ether };
    expect(await refusal(noVault)).to.deep.equal(["VaultAssetMismatch", ether, ethers.ZeroAddress, ether]);
  });

  it("refuses a vault whose rate can't be read, or is zero", async () => {
    const all = await loadFixture(sources);
    const vault = await all.vault.getAddress();
    await sent(all.vault.misbehave(Behaviour.BurnGas, 0));
    expect(await refusal(all.full)).to.deep.equal(["RateUnreadable", vault]);
    await sent(all.vault.misbehave(Behaviour.Honest, 0));
    await sent(all.vault.setRate(0));
    expect(await refusal(all.full)).to.deep.equal(["RateUnreadable", vault]);
  });

  it("refuses a grace period of zero, and of more than a day", async () => {
    const all = await loadFixture(sources);
    const withGrace = (gracePeriod: bigint) => ({ ...all.full, sequencer: { ...all.sequencerConfig, gracePeriod } });
    expect(await refusal(withGrace(0n))).to.deep.equal(["GracePeriodOutOfRange", 0n, DAY]);
    expect(await refusal(withGrace(DAY + 1n))).to.deep.equal(["GracePeriodOutOfRange", DAY + 1n, DAY]);
    await deployOracle(withGrace(DAY));
  });

  it("refuses a sequencer feed that says neither up nor down", async () => {
    const all = await loadFixture(sources);
    const feed = await all.etherFeed.getAddress();
    const sequencer = { feed, gracePeriod: GRACE_PERIOD };
    expect(await refusal({ ...all.plain, sequencer })).to.deep.equal([
      "SequencerAnswerInvalid",
      feed,
      2_000n * 10n ** 8n,
    ]);
    await sent(all.sequencerFeed.setAnswer(-1));
    expect(await refusal(all.full)).to.deep.equal([
      "SequencerAnswerInvalid",
      await all.sequencerFeed.getAddress(),
      MAX_UINT256,
    ]);
    await sent(all.sequencerFeed.setAnswer(1));
    expect((await (await deployOracle(all.full)).price()).ok).to.equal(false);
  });

  it("refuses bounds that allow too high a price, by a wei or beyond 256 bits", async () => {
    const all = await loadFixture(sources);
    // Without decimals on the collateral and 18 on the loan asset, an answer of 1 is a price of 1e54.
    const collateral = await tokenOf(0);
    const loanAsset = await tokenOf(18);
    const feed = await ethers.deployContract("MockFeed", [0, 1_000]);
    const feedAddress = await feed.getAddress();
    const bar = (maxAnswer: bigint, index: 0 | 1): OracleArguments => {
      const side = { feed: feedAddress, heartbeat: HEARTBEAT, minAnswer: 1, maxAnswer };
      const other = { ...all.etherSide, minAnswer: 1, maxAnswer: 2_000n * 10n ** 8n };
      const path = { collateral: side, loan: NO_FEED };
      return {
        ...all.plain,
        collateral,
        loanAsset,
        paths: index === 0 ? [path] : [{ collateral: other, loan: NO_FEED }, path],
      };
    };
    const highest = MAX_PRICE / 10n ** 54n;
    await deployOracle(bar(highest, 0));
    const over = (highest + 1n) * 10n ** 54n;
    expect(await refusal(bar(highest + 1n, 0))).to.deep.equal(["PriceTooLarge", 0n, over, MAX_PRICE]);
    expect(await refusal(bar(highest + 1n, 1))).to.deep.equal(["PriceTooLarge", 1n, over, MAX_PRICE]);
    expect(await refusal(bar(MAX_UINT128, 0))).to.deep.equal(["PriceTooLarge", 0n, MAX_UINT256, MAX_PRICE]);
  });

  it("refuses bounds that allow too low a price, by a wei", async () => {
    const all = await loadFixture(sources);
    // With 24 decimals on the collateral and none on the loan asset, a quotient of 1 is a price of 1e12.
    const collateral = await tokenOf(24);
    const loanAsset = await tokenOf(0);
    const answer = 10n ** 8n;
    const feed = await ethers.deployContract("MockFeed", [8, answer]);
    const dust = async (minAnswer: bigint) => ({
      ...all.plain,
      collateral,
      loanAsset,
      paths: [{ collateral: { ...(await feedConfig(feed, answer)), minAnswer }, loan: NO_FEED }],
    });
    await deployOracle(await dust(10n ** 5n));
    expect(await refusal(await dust(10n ** 5n - 1n))).to.deep.equal([
      "PriceTooSmall",
      0n,
      10n ** 9n - 10n ** 4n,
      10n ** 9n,
    ]);
  });

  it("refuses paths that are more than 10% apart", async () => {
    const all = await loadFixture(sources);
    const unit = (5n * 10n ** 24n) / 4n; // a dollar's worth of ether, at the vault's rate
    await sent(all.etherFeed2.setAnswer(2_200n * 10n ** 18n));
    await deployOracle(all.full);
    await sent(all.etherFeed2.setAnswer(2_201n * 10n ** 18n));
    expect(await refusal(all.full)).to.deep.equal(["PathsDisagree", 2_000n * unit, 2_201n * unit]);
    await sent(all.etherFeed2.setAnswer(1_818n * 10n ** 18n));
    expect(await refusal(all.full)).to.deep.equal(["PathsDisagree", 2_000n * unit, 1_818n * unit]);
    await sent(all.etherFeed2.setAnswer(1_819n * 10n ** 18n));
    await deployOracle(all.full);
  });
});
