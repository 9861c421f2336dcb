// What a terminal shows of a path: one line, then who lost what and why.
import { table } from "../scripts/lib/table.js";
import type { Figures } from "./figures.js";
import type { Outcome, Row } from "./run.js";
import { FIGURES, type Figure, type Scenario } from "./scenario.js";

export const percent = (part: number, digits = 2): string => `${(100 * part + 0).toFixed(digits)} %`;

/** Whole tokens with separators. */
export const tokens = (amount: number): string => Math.round(amount + 0).toLocaleString("en");

/** The shortest true sentence about a path. */
export function outcomeLine(scenario: Scenario, outcome: Outcome, figures: Figures): string {
  const { rows, losses, notes } = outcome;
  const [first, last] = [rows[0] as Row, rows.at(-1) as Row];
  const lowest = rows.reduce((low, row) => Math.min(low, row.price), first.price);
  const total = losses.reduce((sum, { loss }) => sum + loss, 0);
  const done = notes.filter(({ kind }) => kind === "liquidated").length;
  const price = `price ${percent(lowest / first.price - 1, 0)} at worst, ${percent(last.price / first.price - 1, 0)} at the end`;
  const book = `${done} liquidations`;
  if (total === 0) {
    const seen =
      figures.shortfall === 0 ? "no shortfall" : `shortfall up to ${percent(figures.shortfall)} and gone again`;
    return `${scenario.name}: ${price}; ${book}; ${seen}, no loss${ending(figures)}`;
  }
  const bearer =
    figures.haircut > 0
      ? `suppliers lose ${percent(figures.haircut)} each`
      : figures.fundLoss > 0 && losses.some(({ fromFund }) => fromFund > 0)
        ? "reserve and fund pay, suppliers nothing"
        : "the reserve pays, suppliers nothing";
  return `${scenario.name}: ${price}; ${book}; lost ${tokens(total)}: ${bearer}${ending(figures)}`;
}

/** What is still open at the end. */
function ending({ overdue }: Figures): string {
  return overdue > 0.0005 ? `; ${percent(overdue)} of the debt still to be liquidated` : "";
}

export function summary(scenario: Scenario, outcome: Outcome, figures: Figures): string {
  return [
    outcomeLine(scenario, outcome, figures),
    layers(outcome),
    suppliers(outcome),
    liquidations(outcome),
    figureTable(figures),
  ].join("\n\n");
}

function layers({ losses, rows, insurers }: Outcome): string {
  const first = rows[0] as Row;
  const sum = (of: "loss" | "fromReserve" | "fromFund" | "haircut"): number =>
    losses.reduce((total, loss) => total + loss[of], 0);
  const loss = sum("loss");
  const line = (name: string, had: number, paid: number): string[] => [
    name,
    tokens(had),
    tokens(paid),
    had === 0 ? "" : percent(paid / had),
    loss === 0 ? "" : percent(paid / loss),
  ];
  const staked = insurers.reduce((total, each) => total + each.staked, 0);
  const inPool = first.gross - first.reserve - first.fund;
  return table(
    ["losses by layer", "had", "paid", "of its own", "of the loss"],
    [
      line("reserve", first.reserve, sum("fromReserve")),
      line("insurance fund", staked, sum("fromFund")),
      line("suppliers (haircut)", inPool, sum("haircut")),
      ["together", tokens(first.gross), tokens(loss), "", ""],
    ],
  );
}

type Supplier = Outcome["suppliers"][number];

const POLICIES: readonly (readonly [policy: string, shown: string])[] = [
  ["stay", "stay"],
  ["price", "leave when the price falls"],
  ["utilisation", "leave when cash runs short"],
  ["news", "leave when a shortfall shows"],
];

/** Of those who leave, the quicker half and the slower half apart. */
function suppliers({ suppliers: all }: Outcome): string {
  const rows = POLICIES.flatMap(([policy, shown]) => {
    const some = all.filter((each) => each.policy === policy).toSorted((a, b) => a.delay - b.delay);
    if (some.length === 0) return [];
    if (policy === "stay" || some.length === 1) return [supplierRow(shown, some)];
    const half = Math.ceil(some.length / 2);
    return [
      supplierRow(`${shown}: the fastest`, some.slice(0, half)),
      supplierRow(`${shown}: the slowest`, some.slice(half)),
    ];
  });
  return table(
    ["suppliers", "how many", "supplied", "got out", "still in", "change"],
    [...rows, supplierRow("together", all)],
  );
}

function supplierRow(name: string, some: readonly Supplier[]): string[] {
  const sum = (of: "supplied" | "taken" | "left"): number => some.reduce((total, each) => total + each[of], 0);
  const [supplied, taken, left] = [sum("supplied"), sum("taken"), sum("left")];
  const change = supplied === 0 ? "" : percent((taken + left) / supplied - 1, 3);
  return [name, String(some.length), tokens(supplied), tokens(taken), tokens(left), change];
}

function liquidations({ notes, overdue }: Outcome): string {
  const done = notes.filter((note) => note.kind === "liquidated");
  const sum = (of: "repaid" | "loss" | "profit"): number => done.reduce((total, note) => total + note[of], 0);
  const rows = [["done", String(done.length), tokens(sum("repaid")), `profit ${tokens(sum("profit"))}`]];
  const missed = new Map<string, { times: number; borrowers: Set<string> }>();
  for (const note of notes) {
    if (note.kind !== "missed") continue;
    const entry = missed.get(note.reason) ?? { times: 0, borrowers: new Set() };
    entry.borrowers.add(note.borrower);
    missed.set(note.reason, { ...entry, times: entry.times + 1 });
  }
  for (const [reason, { times, borrowers }] of missed) {
    rows.push([`missed: ${reason}`, String(times), "", `${borrowers.size} positions`]);
  }
  const foreclosed = notes.filter((note) => note.kind === "did" && note.what.startsWith("forecloses")).length;
  if (foreclosed > 0) rows.push(["foreclosed", String(foreclosed), "", ""]);
  const sold = notes.filter((note) => note.kind === "sold");
  if (sold.length > 0) {
    const paid = sold.reduce((total, note) => total + note.paid, 0);
    rows.push(["bought from the estate", String(sold.length), tokens(paid), ""]);
  }
  if (overdue > 0) rows.push(["overdue at the end", "", tokens(overdue), ""]);
  return table(["liquidations", "times", "repaid", ""], rows);
}

function figureTable(figures: Figures): string {
  return table(
    ["figure", "", ""],
    (Object.keys(FIGURES) as Figure[]).map((name) => [name, percent(figures[name], 3), FIGURES[name]]),
  );
}
