import { expect } from "chai";

import {
  aprOf,
  apyOf,
  formatAmount,
  formatBps,
  formatDecimal,
  formatPercent,
  formatPrice,
  formatWad,
  parseAmount,
  parseBps,
  parseDecimal,
  parsePercent,
  parsePrice,
  parseWad,
  perSecond,
} from "../../sdk/index.js";
import { Random } from "../../sdk/model/index.js";

const USDC = { decimals: 6 };
const WBTC = { decimals: 8 };
const ETH = { decimals: 18 };
const WAD = 10n ** 18n;

describe("sdk: units", () => {
  it("amounts go to text and back, for any number of decimals", () => {
    const seed = Math.trunc(Math.random() * 2 ** 32);
    const random = new Random(seed);
    for (let round = 0; round < 500; ++round) {
      const decimals = random.below(37);
      const value = random.upTo(1n << BigInt(1 + random.below(255)));
      expect(parseDecimal(formatDecimal(value, decimals), decimals), `seed ${seed}`).to.equal(value);
    }
  });

  it("shows no digit that is not there, and cuts rather than rounds", () => {
    expect(formatAmount(1_234_567n, USDC)).to.equal("1.234567");
    expect(formatAmount(1_999_999n, USDC, 2)).to.equal("1.99");
    expect(formatAmount(1_000_000n, USDC)).to.equal("1");
    expect(formatAmount(1n, USDC)).to.equal("0.000001");
    expect(formatAmount(1n, USDC, 2)).to.equal("0");
    expect(formatAmount(0n, USDC)).to.equal("0");
    expect(formatAmount(-1_500_000n, USDC)).to.equal("-1.5");
    expect(formatAmount(-1n, USDC, 2)).to.equal("0");
    expect(formatDecimal(120n, 0)).to.equal("120");
    expect(formatAmount(2n ** 256n - 1n, ETH)).to.equal(
      "115792089237316195423570985008687907853269984665640564039457.584007913129639935",
    );
  });

  it("reads plain numbers, and nothing else", () => {
    expect(parseAmount("1250.5", USDC)).to.equal(1_250_500_000n);
    expect(parseAmount(" .5 ", USDC)).to.equal(500_000n);
    expect(parseAmount("7.", USDC)).to.equal(7_000_000n);
    for (const text of ["", ".", "1,250.5", "1e6", "-1", "+1", "0x10", "1 000", "NaN", "1.2.3", "１"]) {
      expect(() => parseAmount(text, USDC), text).to.throw(RangeError, "is not a number");
    }
    expect(() => parseAmount("0.0000001", USDC)).to.throw(RangeError, "more than the 6 decimals");
  });

  it("prices count whole tokens, whatever the decimals of both", () => {
    const pairs = [
      { asset: USDC, collateral: ETH },
      { asset: ETH, collateral: USDC },
      { asset: WBTC, collateral: WBTC },
    ];
    const raw = [2_000n * 10n ** 24n, 2_000n * 10n ** 48n, 2_000n * 10n ** 36n];
    for (const [index, market] of pairs.entries()) {
      expect(parsePrice("2000", market)).to.equal(raw[index]);
      expect(formatPrice(raw[index] ?? 0n, market)).to.equal("2000");
    }
  });

  it("ratios, percent and 1e4ths", () => {
    expect(formatWad(918_367_346_938_775_510n, 6)).to.equal("0.918367");
    expect(parseWad("1.5")).to.equal((3n * WAD) / 2n);
    expect(formatPercent(81_633_000_000_000_000n)).to.equal("8.16");
    expect(formatPercent(81_633_000_000_000_000n, 4)).to.equal("8.1633");
    expect(parsePercent("8.1633 %")).to.equal(81_633_000_000_000_000n);
    expect(formatBps(8_650n)).to.equal("86.5");
    expect(parseBps("86.5%")).to.equal(8_650n);
  });

  it("rates per second and per year", () => {
    const rate = perSecond((4n * WAD) / 100n);
    expect(rate).to.equal(1_268_391_679n);
    expect(aprOf(rate)).to.equal(39_999_999_988_944_000n);
    expect(apyOf(0n)).to.equal(0n);
    // e^0.039999999988944 − 1 = 0.04081077418..., less what compounding by the second rather than all the time leaves away
    expect(apyOf(rate)).to.equal(40_810_774_154_477_908n);
    // 200 % a year, the most a rate can be at target: e^2 − 1 = 6.389056...
    expect(formatPercent(apyOf(perSecond(2n * WAD)), 4)).to.equal("638.9055");
  });
});
