// What the gas table says: its rows, what each is compared with, and how it is shown. Knows nothing of the chain.
import Table from "cli-table3";

/** Receipt gas of others on the same work, as text: some of them take two transactions for it. */
type Peers = readonly [
  morpho: string,
  morphoWithFee: string,
  comet: string,
  euler: string,
  aave: string,
  fraxlend: string,
  floor: string,
];

type Row = {
  operation: string;
  /** How the state before it came about, and what is called. */
  setup: string;
  target?: number;
  peers?: Peers;
};

export const PEER_NAMES = [
  "Morpho Blue",
  "Morpho Blue, 10% fee",
  "Comet as deployed",
  "Euler v2 cheapest",
  "Aave v3.7",
  "Fraxlend",
  "floor",
] as const;

const MORE_COLLATERAL: Peers = ["54,147", "", "78,148", "117,166", "126,302", "89,237", "46,384"];
const SOCIALISED: Peers = [
  "112,371",
  "121,158",
  "103,681 (loss hidden) + 102,975",
  "350,416",
  "275,595 + about 670,000 to cover",
  "150,287",
  "",
];

// What the peers' figures are: see PEERS_NOTE.
const ROWS = {
  supply: {
    operation: "supply",
    setup: "`deposit` by a supplier with shares",
    target: 70_000,
    peers: ["87,294", "96,081", "82,980", "131,666", "136,006", "94,040", "55,680"],
  },
  withdraw: {
    operation: "withdraw part",
    setup: "`withdraw` by the owner to itself",
    target: 69_000,
    peers: ["85,744", "94,530", "78,643", "134,280", "144,902", "91,647", "55,973"],
  },
  supplyCollateral: {
    operation: "more collateral, in debt",
    setup: "the position moves to another tick in use",
    target: 60_500,
    peers: MORE_COLLATERAL,
  },
  supplyCollateralNoDebt: {
    operation: "more collateral, no debt",
    setup: "a position with collateral alone",
    target: 49_500,
    peers: MORE_COLLATERAL,
  },
  withdrawCollateral: {
    operation: "withdraw collateral, in debt",
    setup: "the position moves to another tick in use",
    target: 71_000,
    peers: ["90,382", "99,169", "94,558", "168,602", "172,203", "113,400", "55,429"],
  },
  borrow: {
    operation: "borrow more",
    setup: "the position moves to another tick in use",
    target: 77_500,
    peers: ["93,014", "101,800", "99,920", "179,607", "187,785", "112,770", "55,576"],
  },
  repay: {
    operation: "repay part",
    setup: "the position moves to another tick in use",
    target: 73_500,
    peers: ["87,245", "96,031", "81,329", "143,505", "134,962", "84,841", "52,553"],
  },
  liquidate: {
    operation: "liquidate, solvent",
    setup: "an eighth of the debt, no callback; the position moves to another tick in use",
    target: 94_000,
    peers: ["114,052", "122,838", "208,815 in two calls", "348,202", "272,865", "155,517", "75,572"],
  },
  liquidateInsolvent: {
    operation: "liquidate, insolvent, the reserve covers",
    setup: "the whole position",
    target: 97_000,
    peers: SOCIALISED,
  },
  liquidateInsolventHaircut: {
    operation: "liquidate, insolvent, reserve, fund and suppliers pay",
    setup: "the whole position; not the first haircut: reserve and fund were emptied once before and filled again",
    target: 104_000,
    peers: SOCIALISED,
  },
  flashLoan: {
    operation: "flash loan",
    setup: "to a contract that has approved the pool before and does nothing",
    target: 45_500,
    peers: ["46,486", "", "", "56,482", "137,846", "", ""],
  },
  transfer: {
    operation: "share transfer",
    setup: "between two holders, before any haircut",
    target: 35_500,
    peers: ["35,056 (vault share)", "", "73,258", "114,362", "90,619", "35,689", "34,257"],
  },
  firstSupply: {
    operation: "first supply",
    setup: "`deposit` by an account without shares, into a pool with other suppliers",
    target: 88_000,
    peers: ["104,406", "", "100,092", "170,493", "177,643", "111,152", ""],
  },
  firstCollateral: {
    operation: "first collateral",
    setup: "by an account without a position",
    target: 67_000,
    peers: ["71,259", "", "117,430", "134,012", "167,939", "106,349", ""],
  },
  firstBorrow: {
    operation: "first borrow",
    setup: "on collateral that lies there, into a tick never used before",
    target: 96_000,
    peers: ["93,026", "", "99,591", "211,492", "208,024", "129,882", ""],
  },
  firstHaircut: {
    operation: "the very first haircut of a pool",
    setup: "as above, with the first certificates written and borrowing halted",
  },
  withdrawDeep: {
    operation: "withdraw, 120 ticks under water, no pivot",
    setup: "the price is a tenth of what it was, nobody has liquidated",
  },
  pivot: { operation: "pivot, 120 ticks under water", setup: "the same; once, by anyone" },
  withdrawDeepPivoted: {
    operation: "withdraw, 120 ticks under water, after the pivot",
    setup: "the same, an hour later",
    target: 85_000,
  },
  supplySameBlock: { operation: "supply, interest is up to date", setup: "after `accrue` in the same second" },
  borrowSameBlock: {
    operation: "borrow, interest is up to date",
    setup: "the same; the position moves to another tick in use",
  },
} as const satisfies Record<string, Row>;

export type GasCase = keyof typeof ROWS;
export type GasResult = Record<GasCase, number>;

const rows = Object.entries(ROWS) as [GasCase, Row][];
/** The operations that others have too; the rest is printed below them. */
const isCompared = ([, row]: [GasCase, Row]) => row.peers !== undefined;

const CONDITIONS = `Gas used by real transactions, from their receipts: refunds deducted, calldata and the 21,000 of every
transaction included. The build that is deployed; plain OpenZeppelin tokens of 18 decimals with infinite approvals; an
oracle of one call and one slot; fees of 10% for the reserve and 10% for the fund, and all caps on; reserve and fund
filled; one transaction a block, an hour between blocks, interest accruing. Every account and slot that is touched held
something before, unless the row says "first". Each row starts from the same snapshot of a market with other suppliers
and other borrowers.`;

const PEERS_NOTE = `The peers' figures are for the same work under the same conditions; they were measured once and copied here, and
nothing updates them. Morpho Blue is shown without a fee and with one of 10%; Euler v2 is its cheapest configuration;
"floor" is a lending contract with neither interest rate nor fee. Peers have one figure for more collateral and one for
a loss that is socialised: where Mutua has two rows, both show it.`;

const format = (gas: number | undefined) => (gas === undefined ? "" : gas.toLocaleString("en"));

/** Both tables, as they are printed. */
export function printable(result: GasResult): string {
  const style = { style: { head: [], border: [] }, wordWrap: true };
  const compared = new Table({
    ...style,
    head: ["operation", "Mutua", "target", ...PEER_NAMES],
    colWidths: [30, 9, 9, 12, 12, 15, 11, 14, 10, 9],
    colAligns: ["left", ...Array<"right">(9).fill("right")],
  });
  const other = new Table({ ...style, head: ["further", "Mutua", "target"], colAligns: ["left", "right", "right"] });
  for (const row of rows) {
    const [key, { operation, target, peers }] = row;
    const cells = [operation, format(result[key]), format(target)];
    if (isCompared(row)) compared.push([...cells, ...(peers ?? [])]);
    else other.push(cells);
  }
  return `${compared.toString()}\n${other.toString()}\n\n${PEERS_NOTE}`;
}

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const rule = (columns: number) => line(["---", "---", ...Array<string>(columns - 2).fill("---:")]);

/** docs/gas.md. */
export function markdown(result: GasResult): string {
  const cellsOf = ([key, { operation, target, peers }]: [GasCase, Row]) =>
    line([`\`${key}\``, operation, format(result[key]), format(target), ...(peers ?? [])]);
  const compared = rows.filter(isCompared);
  const further = rows.filter((row) => !isCompared(row));
  return [
    "# Gas",
    "",
    "Written by `npm run gas -- --write`; `npm run gas -- --check` fails if a figure has risen by more than 1%.",
    "",
    CONDITIONS,
    "",
    line(["case", "operation", "Mutua", "target", ...PEER_NAMES]),
    rule(4 + PEER_NAMES.length),
    ...compared.map(cellsOf),
    "",
    PEERS_NOTE,
    "",
    "## Further figures",
    "",
    line(["case", "operation", "Mutua", "target"]),
    rule(4),
    ...further.map(cellsOf),
    "",
    "## How each case is set up",
    "",
    ...rows.map(([key, { setup }]) => `- \`${key}\`: ${setup}.`),
    "",
  ].join("\n");
}

/** The compared operations alone, for programs. */
export function machineReadable(result: GasResult): string {
  return JSON.stringify(Object.fromEntries(rows.filter(isCompared).map(([key]) => [key, result[key]])));
}

/** The figures of a docs/gas.md. */
export function committedFigures(text: string): Partial<GasResult> {
  const lines = text.matchAll(/^\| `(\w+)` \| [^|]+ \| ([\d,]+) \|/gmu);
  return Object.fromEntries([...lines].map(([, key, gas]) => [key, Number(gas?.replaceAll(",", ""))]));
}

/** One line for each figure that rose by more than 1%, or was not there. */
export function regressions(result: GasResult, committed: Partial<GasResult>): string[] {
  return rows.flatMap(([key]) => {
    const [now, before] = [result[key], committed[key]];
    if (before === undefined) return [`${key} is not in the table yet: ${format(now)}`];
    if (now * 100 <= before * 101) return [];
    return [
      `${key} rose by ${(((now - before) / before) * 100).toFixed(1)}%, from ${format(before)} to ${format(now)}`,
    ];
  });
}
