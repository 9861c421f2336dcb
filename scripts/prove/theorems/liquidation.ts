// Both branches of a liquidation, for any position that is eligible, at any price and any terms a pool can have.
import type { Machine } from "../machine.ts";
import { type Path, Unknown, WayEnds } from "../path.ts";
import { type Bool, type Int, multiply } from "../terms.ts";
import type { Theorem } from "../theorem.ts";

const FILE = "contracts/libraries/LiquidationMath.sol";

const INCENTIVE = "LIF * ltv is at most 1 (L-1)";
const LTV = "the ltv does not rise, not by a wei (L-1)";
const WITHIN = "never more than there is, nor than what was offered";
const PRICE = "the collateral is worth at most what is repaid times LIF";
const DUST = "what stays is no debt, or at least minDebt (L-3)";

const PAID = "pays what the collateral fetches at high / lifFloor, rounded up";
const PROPORTION = "debt is cancelled in proportion, rounded up: what stays is no worse";

const TERMS = {
  "meter.borrowIndex": 1_500_000_000_000_000_000n,
  "book.debtShares": 10n ** 24n,
  lltvBps: 8600n,
  lifFloorBps: 10_200n,
  lifMinBps: 10_300n,
  lifPeakBps: 11_000n,
  repayTargetBps: 9_000n,
  minDebt: 10n ** 20n,
  high: 2000n * 10n ** 36n,
};

/** Where mutants are looked at: a small position on these terms, and a repayment of one. */
const small = (debtShares: bigint, index: bigint, collateral: bigint, high: bigint): Record<string, bigint> => ({
  ...TERMS,
  lltvBps: 8000n,
  minDebt: 1n,
  maxRepay: 1n,
  debtShares,
  "meter.borrowIndex": index,
  collateral,
  high,
});

/** A position of any size that can be liquidated, and what the liquidation does. */
function liquidate(path: Path, machine: Machine, isInsolvent: boolean): void {
  const [book, meter] = [new Unknown("book"), new Unknown("meter")];
  const debtShares = path.input("debtShares", 2n ** 96n - 1n);
  path.bind("index", path.input("meter.borrowIndex", 2n ** 68n - 1n));
  path.bind("totalShares", path.input("book.debtShares", 2n ** 96n - 1n));
  path.assume("debtShares >= 1 && index >= 1e18 && debtShares <= totalShares");
  const debtAssets = path.bind("debt", machine.call("PoolPricing._debtAssetsUp", debtShares, meter));
  const collateral = path.input("collateral", 2n ** 112n - 1n);
  const high = path.input("high", 2n ** 191n);
  const lltvBps = path.input("lltvBps", 9_999n);
  const maxRepayAssets = path.input("maxRepay");
  const names = ["lifFloorBps", "lifMinBps", "lifPeakBps", "repayTargetBps", "minDebt"] as const;
  const terms = machine.struct("LiquidationTerms", Object.fromEntries(names.map((name) => [name, path.input(name)])));
  const value = path.bind("value", path.product(collateral, high));
  path.assume("high >= 1 && value <= 2 ** 240");
  path.assume("10000 <= lifFloorBps && lifFloorBps <= lifMinBps && lifMinBps <= lifPeakBps && lifPeakBps <= 19999");
  path.assume("lltvBps * lifPeakBps < 1e8 && repayTargetBps < 10000 && 1 <= minDebt && minDebt <= 1e24");
  path.assume("debt * 1e40 > value * lltvBps"); // eligible
  path.step("1 <= debt && debt < 2 ** 105");
  const args = [debtAssets, value, path.term("lifFloorBps")];
  if (path.fork(machine.call("LiquidationMath.isInsolvent", ...args) as Bool) !== isInsolvent) throw new WayEnds();

  if (!isInsolvent) stepsToIncentive(path, machine);
  const input = { debtShares, debtAssets, collateral, indexWad: path.term("index"), high, lltvBps, maxRepayAssets };
  const quote = machine.call("LiquidationMath.quote", machine.struct("LiquidationInput", input), terms);
  path.bind("quote", quote);
  const short = { repaid: "repaidAssets", cancelled: "cancelledShares", seized: "seizedCollateral" };
  for (const [name, field] of Object.entries(short)) path.bind(name, path.term(`quote.${field}`));
  if (isInsolvent && path.value("_quoteInsolvent.seized") !== undefined) stepsToPart(path, machine);
  if (!isInsolvent) {
    path.conclude(
      "seized <= collateral",
      "seized * debtShares <= collateral * cancelled",
      "cancelled <= debtShares && debtShares >= 1 && collateral >= 0",
    );
  }
  path.claim(WITHIN, "cancelled <= debtShares && seized <= collateral && repaid <= maxRepay");
  if (!isInsolvent)
    path.conclude("(totalShares - cancelled) * index <= totalShares * index", "0 <= cancelled && 0 <= index");
  path.bind("loss", machine.call("PoolCore._lossOf", book, meter, quote));
  path.bind("fall", machine.call("PoolCore._fallOf", book, meter, path.term("cancelled")));
}

/** Steps on the way: what the ltv, the incentive and the target have to do with each other. */
function stepsToIncentive(path: Path, machine: Machine): void {
  const [value, debt] = [path.value("value") as Int, path.value("debt") as Int];
  path.bind("valueDown", path.quotient(value, 10n ** 18n));
  const targetBps = path.product(path.term("lltvBps") as Int, path.term("repayTargetBps") as Int);
  path.bind("target", multiply(targetBps, 10n ** 10n));
  path.step("0 <= target && target <= lltvBps * 1e14");
  path.conclude(
    "valueDown * target <= debt * 1e36",
    "valueDown >= 0 && valueDown * 1e18 <= value",
    "value * lltvBps < debt * 1e40",
    "target <= lltvBps * 1e14 && lltvBps >= 0",
  );
  path.bind("ltv", machine.call("LiquidationMath.ltvUp", debt, value));
  path.conclude(
    "ltv * value >= debt * 1e54",
    "ltv * valueDown >= debt * 1e36",
    "valueDown * 1e18 <= value && ltv >= 0",
  );
  path.conclude("ltv > lltvBps * 1e14", "ltv * value >= debt * 1e54", "value * lltvBps < debt * 1e40", "value >= 0");
  path.lemmas.set("incentiveDown.rise", () => {
    path.conclude(
      "incentiveDown.rise <= (lifPeakBps - lifMinBps) * 1e14",
      "incentiveDown.rise * (incentiveDown.peakLtvWad - lltvBps * 1e14) <= (lifPeakBps - lifMinBps) * 1e14 * (ltv - lltvBps * 1e14)",
      "lltvBps * 1e14 < ltv && ltv < incentiveDown.peakLtvWad && lifMinBps <= lifPeakBps",
    );
  });
  const terms = ["lltvBps", "lifMinBps", "lifPeakBps"].map((name) => path.term(name));
  path.bind("lif", machine.call("LiquidationMath.incentiveDown", path.value("ltv"), ...terms));
  path.step("0 <= lif && lif <= 2e18");
  path.conclude(
    "lif * debt * 1e18 <= value",
    "lif * ltv <= 1e36",
    "ltv * value >= debt * 1e54",
    "lif >= 0 && value >= 0",
  );
  path.conclude(
    "target * lif < 1e36",
    "lif * ltv <= 1e36",
    "ltv > lltvBps * 1e14",
    "0 <= target && target <= lltvBps * 1e14 && lif >= 0",
  );
  path.lemmas.set("_quoteSolvent.repaid", () => {
    path.bind("payment", path.value("_quoteSolvent.repaid"));
    path.conclude(
      "payment * lif < 2 ** 167",
      "0 <= payment && payment <= debt && debt < 2 ** 105",
      "0 <= lif && lif <= 2e18",
    );
  });
  path.lemmas.set("_quoteSolvent.cancelled", () => {
    path.bind("part", path.value("_quoteSolvent.cancelled"));
    path.conclude(
      "part <= debtShares",
      "part == debtShares || payment < debt && part * index <= payment * 1e18",
      "(debt - 1) * 1e18 < debtShares * index",
      "index >= 1",
    );
    path.conclude(
      "collateral * part < 2 ** 208",
      "0 <= part && part <= debtShares && debtShares < 2 ** 96",
      "0 <= collateral && collateral < 2 ** 112",
    );
  });
}

/** Steps on the way, where not all collateral is taken: the second rounding takes no more than the first. */
function stepsToPart(path: Path, machine: Machine): void {
  const [debtShares, collateral] = [path.term("debtShares"), path.term("collateral")];
  const payment = multiply(path.product(path.term("maxRepay") as Int, path.term("lifFloorBps") as Int), 10n ** 36n);
  path.bind("offered", path.quotient(payment, multiply(path.term("high") as Int, 10_000n)));
  path.bind("first", machine.call("Rounding.mulDivUp", debtShares, path.term("offered"), collateral));
  path.bind("least", machine.call("Rounding.mulDivUp", path.term("minDebt"), 10n ** 18n, path.term("index")));
  path.bind("most", machine.call("Rounding.monus", debtShares, path.term("least"))); // so that no dust stays
  path.conclude(
    "cancelled <= most",
    "cancelled <= most || seized * debtShares <= most * collateral && cancelled * collateral < debtShares * seized + collateral",
    "collateral >= 1",
  );
  path.conclude(
    "seized <= collateral",
    "seized * debtShares <= cancelled * collateral",
    "cancelled <= debtShares && debtShares >= 1 && collateral >= 1",
  );
  path.conclude(
    "seized <= offered",
    "seized == 0 || seized == offered || seized * debtShares <= most * collateral && most < first",
    "(first - 1) * collateral < debtShares * offered",
    "debtShares >= 1 && collateral >= 1 && offered >= 0",
  );
  path.conclude(
    "repaid <= maxRepay",
    "repaid == 0 || (repaid - 1) * lifFloorBps * 1e36 < seized * high * 10000",
    "offered * high * 10000 <= maxRepay * lifFloorBps * 1e36",
    "seized <= offered",
    "high >= 1 && lifFloorBps >= 1 && maxRepay >= 0",
  );
  path.conclude(
    "repaid == 0 && cancelled == 0 || (debtShares - cancelled) * index >= minDebt * 1e18",
    "repaid == 0 && cancelled == 0 || cancelled + least <= debtShares",
    "least * index >= minDebt * 1e18",
    "index >= 1",
  );
}

export const SOLVENT: Theorem = {
  name: "LiquidationMath.quote, solvent",
  example: { ...TERMS, debtShares: 6n * 10n ** 22n, collateral: 50n * 10n ** 18n, maxRepay: 10n ** 22n },
  run(path, machine) {
    liquidate(path, machine, false);
    path.claim(INCENTIVE, "_quoteSolvent.lifWad * debt * 1e18 <= value");
    path.claim("never repays more than the debt", "repaid <= debt");
    path.claim(LTV, "(debtShares - cancelled) * collateral <= debtShares * (collateral - seized)");
    path.bind(
      "worth",
      path.quotient(
        multiply(path.product(path.term("repaid") as Int, path.term("lif") as Int), 10n ** 18n),
        path.term("high") as Int,
      ),
    );
    path.conclude(
      "seized * high <= repaid * lif * 1e18",
      "seized <= worth",
      "worth * high <= repaid * lif * 1e18",
      "high >= 1",
    );
    path.claim(PRICE, "seized * high <= repaid * lif * 1e18");
    path.claim("debt is cancelled for what is repaid, and no more", "cancelled * index <= repaid * 1e18");
    path.claim(DUST, "repaid == 0 || repaid == debt || debt - repaid >= minDebt");
    path.claim("all of the debt is all of its shares", "repaid == debt => cancelled == debtShares");
    path.claim("never makes a loss", "loss == 0");
  },
  mutants: [
    {
      what: "above 1/lifPeak the incentive is lifPeak",
      file: FILE,
      from: "if (ltvWad >= peakLtvWad) return most;",
      to: "if (ltvWad >= peakLtvWad) return lifPeakBps * (WAD / BPS);",
      breaks: INCENTIVE,
      at: small(950n, 10n ** 18n, 1000n, 10n ** 36n),
    },
    {
      what: "without the second bound of what is seized",
      file: FILE,
      from: "(input.collateral * cancelled) / input.debtShares\n            )",
      to: "input.collateral\n            )",
      breaks: LTV,
      at: small(3n, 15n * 10n ** 17n, 6000n, 10n ** 33n),
    },
  ],
};

export const INSOLVENT: Theorem = {
  name: "LiquidationMath.quote, insolvent",
  example: { ...TERMS, debtShares: 7n * 10n ** 22n, collateral: 50n * 10n ** 18n, maxRepay: 10n ** 22n },
  run(path, machine) {
    liquidate(path, machine, true);
    path.claim(
      PAID,
      "repaid * lifFloorBps * 1e36 >= seized * high * 10000 && repaid * lifFloorBps * 1e36 < seized * high * 10000 + lifFloorBps * 1e36",
    );
    path.claim(PROPORTION, "cancelled * collateral >= debtShares * seized");
    path.claim(
      "... and by less than one debt share",
      "cancelled == debtShares || cancelled * collateral < debtShares * seized + collateral",
    );
    path.claim("the last collateral takes all debt with it", "seized == collateral => cancelled == debtShares");
    path.claim(
      DUST,
      "repaid == 0 && cancelled == 0 || cancelled == debtShares || (debtShares - cancelled) * index >= minDebt * 1e18",
    );
    path.claim("what is paid and what is lost is what the debt falls by", "repaid <= fall => loss + repaid == fall");
    path.conclude(
      "(repaid - 1) * collateral <= seized * debt",
      "(repaid - 1) * lifFloorBps * 1e36 <= seized * high * 10000",
      "collateral * high * 10000 <= debt * 1e36 * lifFloorBps",
      "lifFloorBps >= 1 && seized >= 0 && collateral >= 0",
    );
    path.conclude(
      "cancelled * index * collateral >= (debt - 1) * 1e18 * seized",
      "cancelled * collateral >= debtShares * seized",
      "(debt - 1) * 1e18 <= debtShares * index",
      "index >= 0 && seized >= 0",
    );
    path.conclude(
      "collateral > 0 => repaid <= fall + 2",
      "(repaid - 1) * collateral <= seized * debt",
      "cancelled * index * collateral >= (debt - 1) * 1e18 * seized",
      "fall * 1e18 + 1e18 > cancelled * index",
      "seized <= collateral",
    );
    path.claim("... or two wei more is paid", "repaid <= fall + 2");
  },
  mutants: [
    {
      what: "what the collateral fetches is rounded down",
      file: FILE,
      from: "return Rounding.divUp(collateral * high * BPS, lifFloorBps * PRICE_SCALE);",
      to: "return (collateral * high * BPS) / (lifFloorBps * PRICE_SCALE);",
      breaks: PAID,
      at: small(1000n, 10n ** 18n, 7n, 10n ** 36n),
    },
    {
      what: "debt is cancelled rounding down",
      file: FILE,
      from: "uint256 cancelled = Rounding.mulDivUp(",
      to: "uint256 cancelled = Rounding.mulDivDown(",
      breaks: PROPORTION,
      at: small(1000n, 10n ** 18n, 7n, 10n ** 36n),
    },
  ],
};
