// The story of `npm start`, on a chain inside the test. What it tells must be what DESIGN's worked example says.
import { expect } from "chai";
import { network } from "hardhat";

import { deployLocalSystem, developmentKeys, type LocalSystem } from "../../scripts/lib/local-system.js";
import { VIRTUAL_SHARES, WAD } from "../../scripts/lib/market.js";
import { amount, change } from "../../scripts/lib/table.js";
import { tellStory, type Told } from "../../scripts/story.js";

/** Interest of the seconds between the story's transactions, at a tenth of a percent a year: under a dollar. */
const DOLLAR_OF_INTEREST = WAD;
const dollars = (whole: bigint) => whole * WAD;

describe("the story of npm start", () => {
  let local: LocalSystem;
  let told: Told;
  const lines: string[] = [];

  before(async () => {
    const { ethers } = await network.create("node");
    local = await deployLocalSystem(ethers);
    told = await tellStory(local, (text) => lines.push(...text.split("\n")));
  });

  it("sees the loss in the price before anyone acts, and the price does not move when it becomes real", () => {
    expect(amount(told.exitPriceBefore, 18, 6)).to.equal("1.000000");
    expect(amount(told.exitPriceSeen, 18, 6)).to.equal("0.918367");
    expect(amount(told.exitPriceAfterLeaving, 18, 6)).to.equal("0.918367");
    expect(amount(told.exitPriceAfterLoss, 18, 6)).to.equal("0.918367");
  });

  it("previews reserve, fund and haircut of the worked example", () => {
    const { fromReserve, fromFund, haircut } = told.preview;
    expect([fromReserve, fromFund, haircut].map((part) => amount(part, 18))).to.deep.equal([
      "500,000",
      "1,500,000",
      "8,000,000",
    ]);
  });

  it("burns two million shares, all of reserve and fund, and the parts sum to the loss", () => {
    expect(amount(told.reserveSharesBurned, 24)).to.equal("500,000");
    expect(amount(told.fundSharesBurned, 24)).to.equal("1,500,000");
    expect(told.fromReserve + told.fromFund + told.haircut).to.equal(told.loss);
    expect(told.loss).to.be.closeTo(dollars(10_000_000n), DOLLAR_OF_INTEREST);
  });

  it("takes the same part from every supplier", () => {
    expect(told.suppliers).to.have.length(4);
    for (const { name, before, after } of told.suppliers) expect(change(before, after), name).to.equal("-8.1633 %");
  });

  it("pays recoveries to those who bore the haircut, in full and no more", () => {
    const [ada, bruno, dina, erik, chen] = told.certificates;
    for (const loser of [ada, bruno, dina]) {
      const { name = "", face = 0n, firstClaim = 0n, secondClaim = 0n } = loser ?? {};
      expect(face > 0n, name).to.equal(true);
      expect(firstClaim > 0n && secondClaim > 0n, name).to.equal(true);
      // Certificates round down: at most 17 wei under the face, never over it.
      expect(firstClaim + secondClaim <= face, name).to.equal(true);
      expect(firstClaim + secondClaim, name).to.be.closeTo(face, 17n);
    }
    expect(amount(bruno?.firstClaim ?? 0n, 18)).to.equal("1,538,462"); // 4m · 30m / 78m
    for (const other of [erik, chen])
      expect([other?.face, other?.firstClaim, other?.secondClaim]).to.deep.equal([0n, 0n, 0n]);
    // The virtual shares' part and the rounding of the haircut per share: under a wei each.
    expect(dollars(9_000_000n) - told.surplusToReserve).to.be.closeTo(told.haircut, 2n);
  });

  it("leaves the chain as it said", async () => {
    const { pool } = local.story;
    const reserve = await pool.balanceOf(await pool.getAddress());
    expect(await pool.convertToAssets(reserve)).to.be.closeTo(told.surplusToReserve, DOLLAR_OF_INTEREST);
    expect((await pool.certificates()).unpaidFace).to.equal(0n);
    expect(await local.system.factory.pools(0, 10)).to.deep.equal([
      await pool.getAddress(),
      await local.open.pool.getAddress(),
    ]);
    const market = await local.lens.market(await local.open.pool.getAddress());
    expect(market.cover.shortfall).to.equal(0n);
    expect(market.totals.shares >= dollars(1_000_000n) * VIRTUAL_SHARES).to.equal(true);
  });

  it("tells these figures in tables", () => {
    const text = lines.join("\n");
    for (const figure of ["-8.1633 %", "0.918367", "2,000,000", "8,000,000", "27,551,020"]) {
      expect(text).to.include(figure);
    }
    for (const line of lines) expect(line.length <= 120, line).to.equal(true);
  });

  it("prints the keys of the accounts that hold the tokens", async () => {
    for (const [name, { address }] of developmentKeys()) {
      expect(address, name).to.equal(local.people[name].address);
    }
    expect(await local.story.asset.balanceOf(local.people.erik.address)).to.equal(dollars(100_000_000n));
  });
});
