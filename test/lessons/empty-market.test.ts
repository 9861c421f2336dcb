import { expect } from "chai";

import {
  ethers,
  expectConserved,
  networkHelpers,
  openLoan,
  sent,
  time,
  deployWorld,
  type World,
} from "../helpers/fixtures.js";
import { deposit, leave, worthOf } from "../scenario/story.js";

/** A market of a loan asset with eight decimals, like wrapped bitcoin. */
async function bitcoinWorld(): Promise<World> {
  return await deployWorld({
    assetDecimals: 8n,
    parameters: { reserveFeePercent: 0n, fundFeePercent: 0n, minDebt: 10n ** 6n },
    price: 0.05,
  });
}

describe("Lesson, Hundred, Onyx, Sonne, Radiant, zkLend, Balancer: an empty market, a gift and a rounding", () => {
  let w: World;

  beforeEach(async () => {
    w = await networkHelpers.loadFixture(bitcoinWorld);
  });

  it("the first supplier of a wei who gives the market 500 bitcoin makes the next one lose nothing", async () => {
    const { pool, erin, alice } = w;
    await sent(pool.connect(erin)["deposit(uint256,address)"](1n, erin.address));
    const price = await pool.grossPrice();
    await sent(w.asset.connect(erin).transfer(await pool.getAddress(), w.usd(500)));
    expect(await pool.grossPrice(), "a gift of tokens changes no price").to.equal(price);
    await deposit(w, alice, 1.5);
    expect(await worthOf(w, alice)).to.equal(w.usd(1.5));
    expect(await worthOf(w, erin)).to.equal(1n);
    expect(await leave(w, erin), "and the giver has given").to.equal(1n);
    await expectConserved(w, [alice.address, erin.address], []);
  });

  it("nor by shares: what it takes to move a price by a wei is the giver's million times over", async () => {
    const { pool, erin, alice } = w;
    await deposit(w, erin, 500);
    await sent(pool.connect(erin).transfer(await pool.getAddress(), (await pool.balanceOf(erin.address)) - 1n));
    await deposit(w, alice, 1.5);
    expect(await worthOf(w, alice)).to.equal(w.usd(1.5));
    // a unit of shares is a millionth of the smallest unit
    expect(await worthOf(w, erin)).to.equal(0n);
  });

  it("flash loans in an empty market leave no fee behind that would move an index", async () => {
    const { pool, erin } = w;
    await deposit(w, erin, 2);
    const price = await pool.grossPrice();
    const borrower = await ethers.deployContract("FlashBorrower");
    await sent(borrower.approve(await w.asset.getAddress(), await pool.getAddress()));
    for (let i = 0; i < 20; ++i) {
      await sent(pool.flashLoan(await borrower.getAddress(), await w.asset.getAddress(), w.usd(2), "0x"));
    }
    expect(await pool.grossPrice()).to.equal(price);
    // half a minute at a quarter of the rate at target, whether anybody lends or not
    expect((await pool.totals()).borrowIndexWad < 10n ** 18n + 10n ** 11n).to.equal(true);
  });

  it("65 tiny deposits and exits in a row, at a price with a rest, give back less than went in", async () => {
    const { pool, erin } = w;
    await deposit(w, w.alice, 10);
    await openLoan(w, w.dave, 100, 3.5);
    await time.increase(200n * 24n * 3_600n);
    await sent(pool.accrue());
    const owner = erin.address;
    const size = 9n;
    const calls: string[] = [];
    const encode = pool.interface.encodeFunctionData.bind(pool.interface);
    for (let i = 0; i < 65; ++i) {
      calls.push(encode("deposit(uint256,address)", [size + 1n, owner]));
      calls.push(encode("withdraw(uint256,address,address)", [size, owner, owner]));
      calls.push(encode("mint(uint256,address)", [size * 10n ** 6n + 1n, owner]));
      calls.push(encode("redeem(uint256,address,address)", [size * 10n ** 6n + 1n, owner, owner]));
    }
    const before = (await w.asset.balanceOf(owner)) + (await worthOf(w, erin));
    await sent(pool.connect(erin).multicall(calls, { gasLimit: 15_000_000n }));
    const after = (await w.asset.balanceOf(owner)) + (await worthOf(w, erin));
    // each mint and redemption leaves at least a wei behind; a second's interest on dust is none
    expect(before - after >= 65n, `${before - after}`).to.equal(true);
    await expectConserved(w, [w.alice.address, owner], [w.dave.address]);
  });
});
