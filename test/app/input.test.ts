import { expect } from "chai";

import { inputText, parseInput } from "../../app/src/actions/input.js";

const SIX = { decimals: 6 };

/** The amount, or the name of what is wrong with it. */
function read(text: string, locale: string, token = SIX): bigint | string {
  const input = parseInput(text, token, locale);
  if (input.state === "amount") return input.amount;
  return input.state === "empty" ? "empty" : input.reason.name;
}

describe("app: what is typed", () => {
  it("is an exact amount by the signs of the user's locale", () => {
    expect(read("1250.5", "en")).to.equal(1_250_500_000n);
    expect(read(" 1,250.5 ", "en")).to.equal(1_250_500_000n);
    expect(read("1.250,5", "de")).to.equal(1_250_500_000n);
    expect(read("1250,5", "de")).to.equal(1_250_500_000n);
    expect(read("1 234 567,000001", "fr")).to.equal(1_234_567_000_001n);
    expect(read("12,34,567", "en-IN")).to.equal(1_234_567_000_000n);
    expect(read(".5", "en")).to.equal(500_000n);
    expect(read("5.", "en")).to.equal(5_000_000n);
    expect(read("9007199254740993.000001", "en")).to.equal(9_007_199_254_740_993_000_001n);
  });

  it("is refused where it could mean something else, or nothing", () => {
    for (const text of ["1,25", "1.250,5", "1,2345", "abc", "-5", "1e6", "1 000", ".", ",", "0x10", "１"]) {
      expect(read(text, "en"), text).to.equal("NotANumber");
    }
    for (const text of ["1.25", "1,250.5"]) expect(read(text, "de"), text).to.equal("NotANumber");
    expect(read("1.250", "de")).to.equal(1_250_000_000n);
    expect(read("", "en")).to.equal("empty");
    expect(read("   ", "en")).to.equal("empty");
    for (const text of ["0", "0.000000", ".0"]) expect(read(text, "en"), text).to.equal("Zero");
  });

  it("has no more decimals than the token, zeros aside", () => {
    expect(read("0.0000001", "en")).to.equal("TooManyDecimals");
    expect(read("1.10000000", "en")).to.equal(1_100_000n);
    expect(read("1.5", "en", { decimals: 0 })).to.equal("TooManyDecimals");
  });

  it("comes back as it was put in by a button", () => {
    for (const locale of ["en", "de", "fr", "en-IN", "de-CH"]) {
      for (const amount of [1n, 999_999n, 1_000_000n, 1_234_567_890_123n]) {
        expect(read(inputText(amount, SIX, locale), locale), locale).to.equal(amount);
      }
    }
  });
});
