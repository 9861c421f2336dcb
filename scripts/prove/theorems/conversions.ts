// What is bought and sold back at once, and what is borrowed and repaid at once, never brings a gain. The functions are
// the pool's own; what they read is any state, and what they store is left out.
import type { Machine, Stub } from "../machine.ts";
import { type Path, Unknown } from "../path.ts";
import type { Mutant, Theorem } from "../theorem.ts";

const nothing: Stub = () => undefined;
const BOOK = new Unknown("book");
const METER = new Unknown("meter");

const PRICING = "contracts/pool/PoolPricing.sol";
const SUPPLY = "contracts/pool/PoolSupply.sol";
const BORROW = "contracts/pool/PoolBorrow.sol";

/** What stands for the rest of the pool: any book, any prices; checks that only revert and effects are left out. */
const POOL: Readonly<Record<string, Stub>> = {
  _accrued: () => [BOOK, METER],
  _grossAssets: (_, path) => path.input("grossAssets"),
  _enter: nothing,
  _leave: nothing,
  _store: nothing,
  _place: nothing,
  _unflagIfCured: nothing,
  _requireReceiver: nothing,
  _requireOwnerOrOperator: nothing,
  _requireBorrowable: nothing,
};

// ---------------------------------------------------------------- the exit price

const NEVER_ABOVE = "the exit price is never above the gross price";
const COVERED = "it is the gross price while reserve and fund cover the shortfall";

/** Any book; pending fees as shares leave the price where it is, or a little above (they round down). */
function anyExit(path: Path, machine: Machine): void {
  path.input("grossAssets", 2n ** 105n);
  path.bind("shares", path.input("meter.shares", 2n ** 112n - 1n));
  const fields = ["shares", "grossAssets", "reserveShares", "fundShares"] as const;
  const crystal = Object.fromEntries(fields.map((field) => [field, path.input(`crystal.${field}`, 2n ** 112n - 1n)]));
  path.bind("crystal", machine.struct("PoolPricing.Crystal", crystal));
  path.bind("supply", path.term("crystal.shares + 1000000"));
  path.bind("worth", path.term("crystal.grossAssets + 1"));
  path.assume("crystal.grossAssets <= 2 ** 105 && crystal.reserveShares + crystal.fundShares <= crystal.shares");
  path.assume("(grossAssets + 1) * supply <= worth * (shares + 1000000)");
  const shortfall = path.input("shortfall");
  path.assume("shortfall <= crystal.grossAssets"); // at most the debt, and the debt is in the assets
  path.bind("exit", machine.call("PoolPricing._exit", BOOK, METER, shortfall));
}

export const EXIT_PRICE: Theorem = {
  name: "PoolPricing._exit",
  stubs: { _grossAssets: POOL["_grossAssets"] as Stub, _crystal: (_, path) => path.value("crystal") },
  example: {
    grossAssets: 10n ** 8n,
    "meter.shares": 10n ** 14n,
    "crystal.shares": 10n ** 14n,
    "crystal.grossAssets": 10n ** 8n,
    "crystal.reserveShares": 10n ** 12n,
    "crystal.fundShares": 10n ** 12n,
    shortfall: 10n ** 7n,
  },
  run(path, machine) {
    anyExit(path, machine);
    path.claim(NEVER_ABOVE, "exit.assets * (shares + 1000000) <= (grossAssets + 1) * exit.shares");
    path.claim("it is positive, and so is its divisor", "exit.assets >= 1 && exit.shares >= 1000000");
    path.claim(
      COVERED,
      "shortfall * supply <= (crystal.reserveShares + crystal.fundShares) * worth => exit.assets * (shares + 1000000) == (grossAssets + 1) * exit.shares",
    );
  },
  mutants: [
    {
      what: "the exit price ignores the gross price",
      file: PRICING,
      from: "if (assetsLeft * exit.shares < exit.assets * sharesLeft) {",
      to: "if (assetsLeft != 0) {",
      breaks: NEVER_ABOVE,
    },
    {
      what: "coverage is ignored",
      file: PRICING,
      from: "uint256 sharesLeft = supply - cover;",
      to: "uint256 sharesLeft = supply;",
      breaks: COVERED,
      near: [
        "meter.shares == 1000000 && crystal.shares == 1000000 && grossAssets == 99 && crystal.grossAssets == 99",
        "crystal.reserveShares == 500000 && crystal.fundShares == 0 && shortfall == 10",
      ],
    },
  ],
};

// ---------------------------------------------------------------- shares

/** After `assets` came in for `shares`: an exit at any price that is not above the gross price of then. */
function leave(path: Path, machine: Machine): void {
  const fields = { assets: path.input("exitAssets", 2n ** 106n), shares: path.input("exitShares", 2n ** 114n) };
  path.bind("exit", machine.struct("PoolPricing.Exit", fields));
  path.assume("exitAssets >= 1 && exitShares >= 1");
  path.assume("exitAssets * (supply + shares) <= (worth + assets) * exitShares");
}

function enter(path: Path): void {
  path.mayRevert = true;
  path.input("grossAssets", 2n ** 105n);
  path.input("meter.shares", 2n ** 112n - 1n);
  path.input("book.cash", 2n ** 96n - 1n);
  path.bind("supply", path.term("meter.shares + 1000000"));
  path.bind("worth", path.term("grossAssets + 1"));
}

const SHARES = {
  grossAssets: 10n ** 8n,
  "meter.shares": 10n ** 14n + 7n,
  exitAssets: 10n ** 8n,
  exitShares: 10n ** 14n + 10n ** 8n,
  "book.cash": 10n ** 9n,
};

const REDEEM_GAINS = "what is deposited and redeemed brings back at most what went in (P-4)";
const WITHDRAW_GAINS = "what is minted can be withdrawn for at most what was paid (P-4)";
const ENTER_PRICE = "coming in does not lower the price";
const LEAVE_PRICE = "leaving does not lower the price";

const round = (
  what: string,
  file: string,
  from: string,
  to: string,
  breaks: string,
  near?: readonly string[],
): Mutant => ({
  what,
  file,
  from,
  to,
  breaks,
  ...(near && { near }),
});

export const DEPOSIT: Theorem = {
  name: "PoolSupply._deposit, then _redeem",
  stubs: { ...POOL, _exitNow: (_, path) => path.value("exit") },
  example: { ...SHARES, assets: 10n ** 6n, minShares: 0n },
  run(path, machine) {
    enter(path);
    const args = [path.input("assets"), new Unknown("receiver"), path.input("minShares")];
    path.bind("shares", machine.call("PoolSupply._deposit", ...args));
    path.claim(ENTER_PRICE, "(worth + assets) * supply >= worth * (supply + shares)");
    leave(path, machine);
    const back = machine.call("PoolSupply._redeem", path.term("shares"), new Unknown("to"), new Unknown("of"), 0n);
    path.bind("back", back);
    path.claim(LEAVE_PRICE, "back * exitShares <= shares * exitAssets");
    path.claim(REDEEM_GAINS, "back <= assets");
  },
  mutants: [
    round(
      "deposits round up",
      PRICING,
      "return Rounding.mulDivDown(assets, meter.shares() + VIRTUAL_SHARES, grossAssets + VIRTUAL_ASSETS);",
      "return Rounding.mulDivUp(assets, meter.shares() + VIRTUAL_SHARES, grossAssets + VIRTUAL_ASSETS);",
      ENTER_PRICE,
    ),
    round(
      "redemptions round up",
      SUPPLY,
      "assets = Rounding.mulDivDown(shares, exit.assets, exit.shares);",
      "assets = Rounding.mulDivUp(shares, exit.assets, exit.shares);",
      LEAVE_PRICE,
    ),
  ],
};

export const MINT: Theorem = {
  name: "PoolSupply._mintShares, then _withdraw",
  stubs: { ...POOL, _exitNow: (_, path) => path.value("exit") },
  example: { ...SHARES, shares: 10n ** 12n, maxAssets: 10n ** 18n, out: 10n ** 5n, "book.cash": 10n ** 9n },
  run(path, machine) {
    enter(path);
    const args = [path.input("shares"), new Unknown("receiver"), path.input("maxAssets")];
    path.bind("assets", machine.call("PoolSupply._mintShares", ...args));
    path.claim(ENTER_PRICE, "(worth + assets) * supply >= worth * (supply + shares)");
    leave(path, machine);
    const none = 2n ** 256n - 1n;
    const burned = machine.call("PoolSupply._withdraw", path.input("out"), new Unknown("to"), new Unknown("of"), none);
    path.bind("burned", burned);
    path.claim(LEAVE_PRICE, "out * exitShares <= burned * exitAssets");
    path.claim(WITHDRAW_GAINS, "burned <= shares => out <= assets");
  },
  mutants: [
    round(
      "mints round down",
      PRICING,
      "return Rounding.mulDivUp(shares, grossAssets + VIRTUAL_ASSETS, meter.shares() + VIRTUAL_SHARES);",
      "return Rounding.mulDivDown(shares, grossAssets + VIRTUAL_ASSETS, meter.shares() + VIRTUAL_SHARES);",
      ENTER_PRICE,
    ),
    round(
      "withdrawals round down",
      SUPPLY,
      "shares = Rounding.mulDivUp(assets, exit.shares, exit.assets);",
      "shares = Rounding.mulDivDown(assets, exit.shares, exit.assets);",
      WITHDRAW_GAINS,
    ),
  ],
};

// ---------------------------------------------------------------- debt

const INDEX = "meter.borrowIndex";
const POSITION = "_positions[onBehalf].word";

/** Any borrow index, any debt of the position and of the pool. */
function anyDebt(path: Path): void {
  path.mayRevert = true;
  path.bind("index", path.input(INDEX, 2n ** 68n - 1n));
  path.bind("before", path.input(`${POSITION}.debtShares`, 2n ** 96n - 1n));
  path.bind("total", path.input("book.debtShares", 2n ** 96n - 1n));
  path.assume("index >= 1e18 && before <= total");
}

const DEBT = {
  [INDEX]: 1_234_567_890_123_456_789n,
  [`${POSITION}.debtShares`]: 10n ** 20n,
  "book.debtShares": 10n ** 22n,
  assets: 10n ** 19n + 1n,
};

const OWES = "the debt grows by at least what is borrowed";
const LENDS = "what suppliers are owed grows by at least what is lent (P-2)";
const STAYS = "the debt falls by at most what is repaid";
const LOSES = "what suppliers are owed falls by at most what is repaid (P-2)";

export const BORROWING: Theorem = {
  name: "PoolBorrow.borrow",
  stubs: POOL,
  example: DEBT,
  run(path, machine) {
    anyDebt(path);
    path.bind("debtBefore", machine.call("PoolPricing._debtAssetsUp", path.term("before"), METER));
    const who = [new Unknown("onBehalf"), new Unknown("receiver")];
    path.bind("shares", machine.call("PoolBorrow.borrow", path.input("assets", 2n ** 96n - 1n), ...who));
    path.bind("debtAfter", machine.call("PoolPricing._debtAssetsUp", path.term("before + shares"), METER));
    path.claim(OWES, "debtAfter >= debtBefore + assets");
    path.assume("before + shares <= total"); // the pool's, with the new ones
    path.bind("lent", machine.call("PoolCore._fallOf", BOOK, METER, path.term("shares")));
    path.claim(LENDS, "lent >= assets");
  },
  mutants: [
    round(
      "debt shares round down",
      BORROW,
      "debtShares = Rounding.mulDivUp(assets, WAD, meter.borrowIndex());",
      "debtShares = Rounding.mulDivDown(assets, WAD, meter.borrowIndex());",
      OWES,
    ),
  ],
};

export const REPAYING: Theorem = {
  name: "PoolBorrow.repay",
  stubs: POOL,
  example: { ...DEBT, _minDebt: 1n },
  run(path, machine) {
    anyDebt(path);
    path.bind("debtBefore", machine.call("PoolPricing._debtAssetsUp", path.term("before"), METER));
    path.bind("repaid", machine.call("PoolBorrow.repay", path.input("assets"), new Unknown("onBehalf")));
    path.bind("cancelled", path.term("repay.cancelled"));
    path.bind("debtAfter", machine.call("PoolPricing._debtAssetsUp", path.term("before - cancelled"), METER));
    path.claim(
      "never takes more than is owed or offered",
      "repaid <= assets && repaid <= debtBefore && cancelled <= before",
    );
    path.claim(STAYS, "debtAfter >= debtBefore - repaid");
    path.claim(
      "enough repays all, to exactly zero",
      "assets >= debtBefore => cancelled == before && repaid == debtBefore",
    );
    path.bind("fall", machine.call("PoolCore._fallOf", BOOK, METER, path.term("cancelled")));
    path.claim(LOSES, "fall <= repaid");
  },
  mutants: [
    round(
      "repayments cancel rounding up",
      BORROW,
      "cancelled = Rounding.mulDivDown(assets, WAD, meter.borrowIndex());",
      "cancelled = Rounding.mulDivUp(assets, WAD, meter.borrowIndex());",
      STAYS,
    ),
    round(
      "a debt is valued rounding down",
      PRICING,
      "return Rounding.mulDivUp(debtShares, meter.borrowIndex(), WAD);",
      "return Rounding.mulDivDown(debtShares, meter.borrowIndex(), WAD);",
      LOSES,
    ),
  ],
};
