// The waterfall, for any loss, book and layers within the widths of their fields.
import type { Theorem } from "../theorem.ts";

const FILE = "contracts/libraries/Waterfall.sol";

const SUM = "the parts sum to the loss (W-1)";
const CAPS = "no layer burns more than it has";
const FUND_SECOND = "the fund is touched only when the reserve is used up (W-2)";
const HAIRCUT_LAST = "a haircut only when both are used up (W-2)";
const COVERED = "no haircut while they cover the loss";
const PRICE = "a covered loss does not lower the price";

export const WATERFALL: Theorem = {
  name: "Waterfall.split",
  example: { loss: 100n, shares: 1_000_000_000n, assets: 900n, reserve: 50_000_000n, fund: 20_000_000n },
  run(path, machine) {
    const inputs = ["loss", "shares", "assets", "reserve", "fund"].map((name) => path.input(name));
    path.assume("loss < 2 ** 105 && assets < 2 ** 105 && shares < 2 ** 113");
    // The layers are shares of the pool, the virtual ones are nobody's, and a loss is a part of the assets.
    path.assume("loss < assets && reserve + fund + 1000000 <= shares");
    path.bind("split", machine.call("Waterfall.split", ...inputs));
    path.bind("burned", path.term("split.reserveShares + split.fundShares"));

    path.claim(SUM, "split.fromReserve + split.fromFund + split.haircut == loss");
    path.claim(CAPS, "split.reserveShares <= reserve && split.fundShares <= fund");
    path.claim(FUND_SECOND, "split.fundShares > 0 || split.fromFund > 0 => split.reserveShares == reserve");
    path.claim(HAIRCUT_LAST, "split.haircut > 0 => split.reserveShares == reserve && split.fundShares == fund");
    path.claim(COVERED, "loss * shares <= (reserve + fund) * assets => split.haircut == 0");
    path.claim(
      "no layer gives more than what its shares are worth",
      "split.fromReserve * shares <= split.reserveShares * assets && (split.fromReserve + split.fromFund) * shares <= burned * assets",
    );
    path.claim("at most one share more is burned than the loss needs", "burned * assets < loss * shares + assets");
    path.claim(PRICE, "split.haircut == 0 => (assets - loss) * shares >= assets * (shares - burned)");
  },
  mutants: [
    {
      what: "the fund first",
      file: FILE,
      from: "uint256 reserveShares = Rounding.min(need, reserve);\n            uint256 fundShares = Rounding.min(need - reserveShares, fund);",
      to: "uint256 fundShares = Rounding.min(need, fund);\n            uint256 reserveShares = Rounding.min(need - fundShares, reserve);",
      breaks: FUND_SECOND,
    },
    {
      what: "the reserve has no bound",
      file: FILE,
      from: "uint256 reserveShares = Rounding.min(need, reserve);",
      to: "uint256 reserveShares = need;",
      breaks: CAPS,
    },
    {
      what: "shares to burn are rounded down",
      file: FILE,
      from: "Rounding.mulDivUp(loss, shares, assets)",
      to: "Rounding.mulDivDown(loss, shares, assets)",
      breaks: PRICE,
    },
    {
      what: "the fund gives only what its shares are worth, also where it covers the rest",
      file: FILE,
      from: "reserveShares + fundShares == need\n                    ? rest\n                    : ",
      to: "",
      breaks: COVERED,
    },
    {
      what: "the fund pays half before the haircut",
      file: FILE,
      from: "Rounding.min(need - reserveShares, fund)",
      to: "Rounding.min(need - reserveShares, fund / 2)",
      breaks: HAIRCUT_LAST,
    },
    {
      what: "what the reserve gave is not taken off the haircut",
      file: FILE,
      from: "rest - fromFund)",
      to: "loss - fromFund)",
      breaks: SUM,
    },
  ],
};
