// Human units at the edge of the commands: what is taken, what is refused with which line, what is shown.
import { expect } from "chai";

import {
  bps,
  decimal,
  duration,
  exact,
  json,
  parseAddress,
  parseAmount,
  parseAmountOrMax,
  parseBps,
  parseDays,
  parseWhole,
  price,
  ratio,
  time,
  tokens,
  yearly,
} from "../../scripts/mutua/units.ts";

const dollar = { address: "", symbol: "USDT", decimals: 6 };
const ether = { address: "", symbol: "ETHT", decimals: 18 };

describe("mutua: human units", () => {
  it("takes amounts in whole tokens", () => {
    expect(parseAmount("1250.5", dollar)).to.equal(1_250_500_000n);
    expect(parseAmount("1_000_000", dollar)).to.equal(1_000_000_000_000n);
    expect(parseAmount("0.000001", dollar)).to.equal(1n);
    expect(parseAmountOrMax("max", dollar)).to.equal("max");
    expect(parseAmountOrMax("1", ether)).to.equal(10n ** 18n);
  });

  for (const [text, line] of [
    ["-5", 'An amount of USDT is above zero: "-5" is negative'],
    ["0", "An amount of USDT is above zero"],
    ["0.0", "An amount of USDT is above zero"],
    ["1.1234567", 'An amount of USDT has at most 6 decimals: "1.1234567" has 7'],
    ["1,000", 'An amount of USDT is a number such as 1250.5, without commas: "1,000" is not'],
    ["1e6", 'An amount of USDT is a number such as 1250.5, without commas: "1e6" is not'],
    ["0x10", 'An amount of USDT is a number such as 1250.5, without commas: "0x10" is not'],
    ["", 'An amount of USDT is a number such as 1250.5, without commas: "" is not'],
    ["max", 'An amount of USDT is a number such as 1250.5, without commas: "max" is not'],
    ["9".repeat(80), `${"9".repeat(80)} USDT is more than any token can have`],
  ] as const) {
    it(`refuses the amount "${text.slice(0, 12)}"`, () => {
      expect(() => parseAmount(text, dollar)).to.throw(line);
    });
  }

  it("takes percent, whole numbers, days and addresses", () => {
    expect(parseBps("86.5", "x")).to.equal(8_650n);
    expect(parseBps("86.5%", "x")).to.equal(8_650n);
    expect(() => parseBps("100.01", "The lltv")).to.throw('The lltv is at most 100 percent: "100.01" is more');
    expect(parseWhole("12", "x", 12n)).to.equal(12n);
    expect(() => parseWhole("13", "The fee", 12n)).to.throw('The fee is at most 12: "13" is more');
    expect(() => parseWhole("1.5", "The fee", 12n)).to.throw('The fee has at most 0 decimals: "1.5" has 1');
    expect(parseDays("14", "x")).to.equal(14n * 86_400n);
    expect(parseDays("0.5", "x")).to.equal(43_200n);
    expect(parseAddress("0x976ea74026e726554db657fa54763abd0c3a0aa9")).to.equal(
      "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
    );
    expect(() => parseAddress("0x12")).to.throw(
      '"0x12" is not an address: 0x and 40 hex digits, with a valid checksum',
    );
    expect(() => parseAddress("0x976EA74026E726554dB657fA54763abd0C3a0aA9")).to.throw("with a valid checksum");
  });

  it("shows amounts as they are read, and exactly where they will be typed again", () => {
    expect(tokens(1_234_567_890_123n, dollar)).to.equal("1,234,567.89 USDT");
    expect(tokens(1_500_000n, dollar)).to.equal("1.5 USDT");
    expect(tokens(1n, dollar)).to.equal("0.000001 USDT");
    expect(decimal(123_456n, 18)).to.equal("0.0000000000001235");
    expect(decimal(0n, 18)).to.equal("0");
    expect(exact(1_234_567_890_123n, dollar)).to.equal("1234567.890123");
    expect(exact(10n ** 18n, ether)).to.equal("1");
  });

  it("shows prices, ratios, times and rates", () => {
    expect(price(2_000n * 10n ** 24n, dollar, ether)).to.equal("2,000");
    expect(bps(8_650n)).to.equal("86.5 %");
    expect(bps(10_000n)).to.equal("100 %");
    expect(ratio(1_146_700_000_000_000_000n)).to.equal("1.1467");
    expect(ratio((1n << 256n) - 1n)).to.equal("no debt");
    expect(time(1_795_273_257n)).to.equal("2026-11-21 15:00:57 UTC");
    expect([59n, 60n, 3_600n * 26n, 86_400n * 3n].map(duration)).to.deep.equal(["59 s", "1 min", "1 d 2 h", "3 d"]);
    expect(yearly(10n ** 18n / (365n * 86_400n))).to.equal("171.83 %"); // e − 1
    expect(json({ value: 10n ** 30n, list: [1n] })).to.equal(
      `{\n  "value": "${10n ** 30n}",\n  "list": [\n    "1"\n  ]\n}`,
    );
  });
});
