// What a terminal shows of a path: one line, then who lost what and why.
import { list, table } from "../scripts/lib/table.js";
import type { Figures } from "./figures.js";
import type { Outcome, Row } from "./run.js";
import { FIGURES, type Figure, type Scenario } from "./scenario.js";

/** Without a minus before a zero. */
export const percent = (part: number, digits = 2): string =>
  `${(100 * part).toFixed(digits).replace(/^-(?=[0.]*$)/u, "")} %`;

/** Whole tokens with separators. */
export const tokens = (amount: number): string => Math.round(amount + 0).toLocaleString("en");

/** The shortest true sentence about a path. */
export function outcomeLine(scenario: Scenario, outcome: Outcome, figures: Figures): string {
  const { rows, losses, notes, suppliers } = outcome;
  const [first, last] = [rows[0] as Row, rows.at(-1) as Row];
  const lowest = rows.reduce((low, row) => Math.min(low, row.price), first.price);
  const lost = losses.reduce((sum, { loss }) => sum + loss, 0);
  const done = notes.filter(({ kind }) => kind === "liquidated").length;
  const worst = Math.max(...suppliers.map((each) => 1 - (each.taken + each.left) / each.supplied));
  return [
    `${scenario.name}: price ${percent(lowest / first.price - 1, 0)} at worst, ` +
      `${last.price > first.price ? "+" : ""}${percent(last.price / first.price - 1, 0)} at the end`,
    `${done} liquidations`,
    lost === 0 ? "no loss" : `a loss of ${tokens(lost)}, ${bearers(outcome, figures)}`,
    ...pending(figures, first, last),
    ...(worst > 0.001 ? [`suppliers lose ${percent(figures.supplierLoss)}, the worst off ${percent(worst)}`] : []),
  ].join("; ");
}

function bearers({ losses }: Outcome, figures: Figures): string {
  if (figures.haircut > 0) return `and every share falls by ${percent(figures.haircut)}`;
  return losses.some(({ fromFund }) => fromFund > 0) ? "which reserve and fund bear" : "which the reserve bears";
}

/** What the oracle showed without its becoming a loss, and what is still open at the end. */
function pending(figures: Figures, first: Row, last: Row): string[] {
  const parts: string[] = [];
  const down = 1 - last.exitPrice / first.exitPrice - figures.haircut;
  if (down > 0.00005) parts.push(`a visible shortfall takes ${percent(down)} more off the exit price at the end`);
  else if (figures.uncovered > 0) parts.push(`for a while the exit price was down ${percent(1 - figures.exitPrice)}`);
  else if (figures.shortfall > 0) parts.push(`shortfall up to ${percent(figures.shortfall)}, always covered`);
  if (figures.overdue > 0.0005) parts.push(`${percent(figures.overdue)} of the debt waits to be liquidated`);
  return parts;
}

export function summary(scenario: Scenario, outcome: Outcome, figures: Figures): string {
  return [
    outcomeLine(scenario, outcome, figures),
    layers(outcome),
    supplierTable(outcome),
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
    ["losses by layer", "had at the start", "paid", "of its own", "of the loss"],
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
function supplierTable({ suppliers: all }: Outcome): string {
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
  return list((Object.keys(FIGURES) as Figure[]).map((name) => [name, percent(figures[name], 3), FIGURES[name]]));
}
