// Certificates. Each call is a step from any state to the next; what is kept by every step holds after any number of them:
// what a holder was paid and can still be paid is its face, what all were paid is what was recovered.
import type { Machine } from "../machine.ts";
import { Mapping, type Path, type Struct, Unknown } from "../path.ts";
import type { Theorem } from "../theorem.ts";

const FILE = "contracts/libraries/Certificates.sol";
const HOLDER = new Unknown("holder");

/** Any state of the book, with any certificate of a holder. */
function anyBook(path: Path, machine: Machine): Struct {
  const half = 2n ** 128n - 1n;
  const field = (name: string, maximum: bigint) => path.input(`book.${name}`, maximum);
  const book = machine.struct("CertificateBook", {
    lossPerShare: field("lossPerShare", half),
    unpaidFace: field("unpaidFace", half),
    remaining: field("remaining", 10n ** 36n),
    held: field("held", half),
    lossBase: field("lossBase", half),
    epoch: field("epoch", 2n ** 63n),
    normalisedBase: field("normalisedBase", 2n ** 250n),
  });
  path.assume("book.lossBase <= book.lossPerShare && (book.remaining == 0 || book.remaining >= 1e27)");
  const holders = book.fields.get("holders");
  if (holders instanceof Mapping) {
    const names = ["normalisedFace", "normalisedLoss", "credit", "epoch"];
    const certificate = Object.fromEntries(names.map((name) => [name, path.input(`certificate.${name}`)]));
    holders.entries.set(HOLDER.name, machine.struct("Certificate", certificate));
    path.assume("certificate.credit < 2 ** 192 && certificate.epoch <= book.epoch");
    path.assume("certificate.normalisedFace < 2 ** 250 && certificate.normalisedLoss < 2 ** 250");
  }
  return book;
}

const START = {
  "book.lossPerShare": 5n * 10n ** 30n,
  "book.unpaidFace": 10n ** 18n,
  "book.remaining": 10n ** 36n,
  "book.held": 10n ** 17n,
  "book.epoch": 1n,
  "certificate.epoch": 1n,
};

// ---------------------------------------------------------------- write

const FACE = "the face written is at most the haircut";
const SHARE = "two holders' faces together are at most what is written for both";

export const WRITE: Theorem = {
  name: "Certificates.write",
  example: { ...START, assets: 10n ** 18n, shares: 10n ** 24n, mine: 10n ** 20n, yours: 10n ** 21n },
  run(path, machine) {
    const book = anyBook(path, machine);
    const [assets, shares] = [path.input("assets", 2n ** 104n - 1n), path.input("shares", 2n ** 112n - 1n)];
    path.assume("book.unpaidFace + assets < 2 ** 128");
    machine.call("Certificates.write", book, assets, shares, 1_000_000n);
    path.bind("after", book);
    path.bind("perShare", path.term("after.lossPerShare - book.lossPerShare"));
    path.bind("face", path.term("after.unpaidFace - book.unpaidFace"));
    path.claim(FACE, "0 <= face && face <= assets && perShare >= 0");
    path.bind("mine", path.input("mine"));
    path.bind("yours", path.input("yours"));
    path.assume("mine + yours <= shares");
    path.bind(
      "myFace",
      path.quotient(path.product(path.term("mine") as bigint, path.term("perShare") as bigint), 10n ** 36n),
    );
    path.bind(
      "yourFace",
      path.quotient(path.product(path.term("yours") as bigint, path.term("perShare") as bigint), 10n ** 36n),
    );
    path.claim(SHARE, "myFace + yourFace <= face");
  },
  mutants: [
    {
      what: "the virtual shares are left out of the divisor, and the face is rounded up twice",
      file: FILE,
      from: "(assets * SCALE) / (shares + virtualShares);",
      to: "(assets * SCALE) / (shares + virtualShares) + SCALE / 1e6;",
      breaks: FACE,
    },
    {
      what: "a haircut of which only half is noted as owed",
      file: FILE,
      from: "uint256 face = Rounding.mulDivUp(perShare, shares, SCALE);",
      to: "uint256 face = Rounding.mulDivUp(perShare, shares, SCALE) / 2;",
      breaks: SHARE,
    },
  ],
};

// ---------------------------------------------------------------- repay

const TAKEN = "takes what is owed and no more, and holds all of it";
const MORE = "takes less only when nothing more is owed";
const RESTARTS = "full repayment is reachable: it ends everything owed";
const SCALED = "what remains keeps between 9 and 36 digits";

export const REPAY: Theorem = {
  name: "Certificates.repay",
  example: { ...START, assets: 10n ** 17n },
  run(path, machine) {
    path.mayRevert = true; // its arithmetic is checked
    const book = anyBook(path, machine);
    path.bind("taken", machine.call("Certificates.repay", book, path.input("assets")));
    path.bind("after", book);
    path.claim(
      TAKEN,
      "taken <= assets && after.unpaidFace + taken == book.unpaidFace && after.held == book.held + taken",
    );
    path.claim(MORE, "taken == assets || after.unpaidFace == 0");
    path.claim(
      RESTARTS,
      "taken > 0 && after.unpaidFace == 0 => after.epoch == book.epoch + 8 && after.normalisedBase == 0",
    );
    path.claim(SCALED, "taken > 0 => 1e27 <= after.remaining && after.remaining <= 1e36");
    path.claim("haircuts so far stay as they are", "after.lossPerShare == book.lossPerShare");
  },
  mutants: [
    {
      what: "takes at most half of what is owed",
      file: FILE,
      from: "taken = Rounding.min(assets, owed);",
      to: "taken = Rounding.min(assets, owed / 2);",
      breaks: MORE,
    },
    {
      what: "what is taken is not held",
      file: FILE,
      from: "self.held += uint128(taken);",
      to: "self.held += uint128(assets);",
      breaks: TAKEN,
    },
    {
      what: "the epoch moves too late",
      file: FILE,
      from: "while (remaining < FLOOR) {",
      to: "while (remaining < FLOOR / 10) {",
      breaks: SCALED,
    },
  ],
};

// ---------------------------------------------------------------- claim

const NEVER_ABOVE = "paid and still to be paid is the face: never above (R-1)";
const HELD = "paid out of the recoveries held (R-1)";

export const CLAIM: Theorem = {
  name: "Certificates.claim",
  example: { ...START, "certificate.credit": 10n ** 17n, shares: 10n ** 22n },
  run(path, machine) {
    path.mayRevert = true; // its arithmetic is checked
    const book = anyBook(path, machine);
    const [shares, lossSeen] = [path.input("shares", 2n ** 112n - 1n), path.input("lossSeen", 2n ** 128n - 1n)];
    path.assume("lossSeen <= book.lossPerShare");
    path.bind("loss", path.term("book.lossPerShare - lossSeen"));
    path.bind("paid", machine.call("Certificates.claim", book, HOLDER, shares, lossSeen));
    path.bind("after", book);
    const holders = book.fields.get("holders");
    if (holders instanceof Mapping) path.bind("left", holders.entries.get(HOLDER.name));
    path.bind("face", path.quotient(path.product(shares, path.term("loss") as bigint), 10n ** 36n));
    path.claim(NEVER_ABOVE, "paid + left.credit == certificate.credit + face && left.credit >= 0");
    path.claim(HELD, "paid <= book.held && after.held + paid == book.held");
    path.claim("what is owed by recoveries to come does not change", "after.unpaidFace == book.unpaidFace");
  },
  mutants: [
    {
      what: "a claim is not taken off the credit",
      file: FILE,
      from: "certificate.credit -= uint192(assets);",
      to: "certificate.credit -= 0;",
      breaks: NEVER_ABOVE,
    },
    {
      what: "the face is rounded up",
      file: FILE,
      from: "certificate.credit += uint192(Math.mulDiv(shares, loss, SCALE));",
      to: "certificate.credit += uint192(Math.mulDiv(shares, loss, SCALE, Math.Rounding.Ceil));",
      breaks: NEVER_ABOVE,
      near: ["certificate.epoch == book.epoch && book.remaining == 1e36 && shares == 1"],
    },
    {
      what: "what is paid is not taken off the recoveries held",
      file: FILE,
      from: "self.held -= uint128(assets);",
      to: "self.held -= 0;",
      breaks: HELD,
    },
  ],
};
