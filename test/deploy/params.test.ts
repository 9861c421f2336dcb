// What a parameter file may say, and the one line that answers it when it doesn't.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { marketFiles, poolParameters, readMarketFile, seedAssets } from "../../scripts/deploy/params.js";
import { Problem } from "../../scripts/lib/problem.js";

const LOCAL = "scripts/deploy/params/local-usd-eth.yaml";

describe("Parameter files", () => {
  let folder: string;

  before(() => (folder = mkdtempSync(join(tmpdir(), "mutua-params-"))));
  after(() => rmSync(folder, { recursive: true }));

  /** The refusal of a file in which something is changed, without its path. */
  function refusal(from: string, to: string, file = LOCAL): string {
    const text = readFileSync(file, "utf8");
    if (!text.includes(from)) throw new Error(`Nothing to change: ${from}`);
    const path = join(folder, "changed.yaml");
    writeFileSync(path, text.replace(from, to));
    try {
      readMarketFile(path, /^network: (.*)$/m.exec(text)?.[1] ?? "");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      expect(error.message).to.not.include("\n");
      return error.message.replace(`${path}: `, "");
    }
    throw new Error(`${to} was taken`);
  }

  it("are all readable, and each says its network and market in its name", () => {
    const paths = globSync("scripts/deploy/params/*.yaml");
    const read = ["local", "sepolia", "base-sepolia", "arbitrum-sepolia"].flatMap((network) => marketFiles(network));
    expect(read.map(({ network, market }) => `scripts/deploy/params/${network}-${market}.yaml`)).to.have.members(paths);
  });

  it("become the chain's units", () => {
    const file = readMarketFile(LOCAL, "local");
    expect(poolParameters(file)).to.deep.equal({
      name: "Mutua USD-ETH",
      symbol: "mUSD-ETH",
      borrowLtvBps: 8_000n,
      lltvBps: 8_600n,
      lifFloorBps: 10_200n,
      lifMinBps: 10_300n,
      lifPeakBps: 11_000n,
      repayTargetBps: 9_000n,
      maxDeviationBps: 200n,
      reserveFeePercent: 10n,
      fundFeePercent: 10n,
      reserveTargetBps: 200n,
      supplyCapTokens: 1_000_000_000n,
      borrowCapTokens: 900_000_000n,
      collateralCap: 10_000_000n * 10n ** 18n,
      minDebt: 100n * 10n ** 6n,
      initialRateAtTargetPerSecondWad: (4n * 10n ** 16n) / (365n * 86_400n),
    });
    expect(seedAssets(file)).to.equal(1_000n * 10n ** 6n);
  });

  it("are refused with the key, what was found and what is allowed", () => {
    expect(refusal("borrowLtv: 80%", "borrowLtv: 0.8")).to.equal(
      "pool.borrowLtv: found 0.8; allowed is the borrow ltv as a percentage from 0% to 100%, with at most two decimals",
    );
    expect(refusal("borrowLtv: 80%", "borrowLtv: 86%")).to.equal(
      "pool.borrowLtv: found 86%; allowed is less than the lltv, 86%",
    );
    expect(refusal("lltv: 86%", "lltv: 91%")).to.equal(
      "pool.lltv: found 91%; allowed is at most 90.9%, under 1 / (1 + peak incentive)",
    );
    expect(refusal("repayTarget: 90%", "repayTarget: 94%")).to.equal(
      "pool.repayTarget: found 94%; allowed is at most 93.02%, so that a liquidated position ends under the borrow ltv",
    );
    expect(refusal("fundFee: 10%", "fundFee: 41%")).to.equal(
      "pool.fundFee: found 41%; allowed is at most 40%: with the reserve's fee no more than 50%",
    );
    expect(refusal("supplyCap: 1_000_000_000", "supplyCap: 3_000_000_000")).to.equal(
      'pool.supplyCap: found "3000000000"; allowed is the supply cap in whole tokens, at most 2147483647',
    );
    expect(refusal("minDebt: 100", "minDebt: 0.0000001")).to.equal(
      'pool.minDebt: found "1e-7"; allowed is the smallest debt in tokens, a number such as 1_000_000 or 0.5',
    );
    expect(refusal("initialRate: 4%", "initialRate: 300%")).to.equal(
      'pool.initialRate: found "300%"; allowed is the rate a year at 90% utilisation on the first day as a percentage from 0.1% to 200%, with at most two decimals',
    );
    expect(refusal("seedDeposit: 1000", "")).to.equal(
      "seedDeposit: found nothing; allowed is the first deposit in tokens, which is never withdrawn, a number such as 1_000_000 or 0.5",
    );
    expect(refusal("market: usd-eth", "market: USD")).to.equal(
      'market: found "USD"; allowed is the market\'s name, of a-z, 0-9 and -',
    );
    expect(refusal("pool:\n", "pool:\n  ltv: 80%\n")).to.match(
      /^pool: unknown key ltv; allowed are name, symbol, borrowLtv, /,
    );
    expect(refusal('admin: "0x7', 'admin: "0x8')).to.equal(
      'roles.admin: found "0x80997970C51812dc3A010C7d01b50e0d17dc79C8"; allowed is an address in quotes, or the word deployer (the account that deploys; for tests)',
    );
    expect(refusal("kind: fixed", "kind: magic")).to.equal(
      'oracle.kind: found "magic"; allowed is kind: chainlink, or kind: fixed for a test chain',
    );
    const sepolia = "scripts/deploy/params/sepolia-usdc-weth.yaml";
    expect(refusal("heartbeat: 1 hour", "heartbeat: 1h", sepolia)).to.equal(
      'oracle.paths.0.collateral.heartbeat: found "1h"; allowed is a time such as 90 seconds, 20 minutes, 24 hours or 7 days, from 1 to 604800 seconds',
    );
    expect(refusal("min: 100\n", "min: 200_000\n", sepolia)).to.match(
      /^oracle\.paths\.0\.collateral: found \{feed, .*\}; allowed is a min below max$/,
    );
  });
});
