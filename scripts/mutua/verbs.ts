// All verbs: what they are called with, what they are for, and what runs.
import { cancel, execute, executeNow, listProposals, propose, windDown } from "./govern.ts";
import type { Market } from "./market.ts";
import {
  borrow,
  claim,
  repay,
  stake,
  supply,
  supplyCollateral,
  unstake,
  withdraw,
  withdrawCollateral,
} from "./money.ts";
import type { Report } from "./scan.ts";
import { status } from "./status.ts";
import { position, previewLoss } from "./views.ts";
import type { Writer } from "./write.ts";

/** For people, and for machines. */
export type Answer = { text: string; data: Record<string, unknown> };

type Values = readonly string[];

export type Verb = {
  /** Names of its values; one in brackets may be left out, one with dots may be repeated. */
  values: readonly string[];
  about: string;
  help?: string;
} & (
  | { kind: "read"; run: (market: Market, values: Values, report: Report) => Promise<Answer> }
  | { kind: "write"; run: (writer: Writer, values: Values) => Promise<Answer> }
);

const AMOUNT = "Amounts are in whole tokens, such as 1250.5.";
const LIMIT = "A limit of --slippage goes along: nobody gains by stepping in front.";

const one =
  (run: (writer: Writer, text: string) => Promise<Answer>) =>
  (writer: Writer, [text = ""]: Values): Promise<Answer> =>
    run(writer, text);

export const VERBS: Readonly<Record<string, Verb>> = {
  status: {
    kind: "read",
    values: [],
    about: "a market on one screen",
    run: (market, _, report) => status(market, report),
  },
  position: {
    kind: "read",
    values: ["address"],
    about: "what an account has supplied, borrowed, staked and is owed",
    run: (market, [text = ""]) => position(market, text),
  },
  "preview-loss": {
    kind: "read",
    values: ["amount"],
    about: "who would bear a loss of this many tokens",
    run: (market, [text = ""]) => previewLoss(market, text),
  },
  supply: {
    kind: "write",
    values: ["amount|max"],
    about: "deposit the loan asset for shares",
    help: `${AMOUNT} max is all that is in the wallet, as far as the pool takes it. ${LIMIT}`,
    run: one(supply),
  },
  withdraw: {
    kind: "write",
    values: ["amount|max"],
    about: "take the loan asset out at the exit price",
    help: `${AMOUNT} max is all your shares, as far as the pool has cash. ${LIMIT}`,
    run: one(withdraw),
  },
  "supply-collateral": {
    kind: "write",
    values: ["amount|max"],
    about: "add collateral to your position",
    help: AMOUNT,
    run: one(supplyCollateral),
  },
  "withdraw-collateral": {
    kind: "write",
    values: ["amount|max"],
    about: "take collateral out of your position",
    help: `${AMOUNT} max is for a position without debt.`,
    run: one(withdrawCollateral),
  },
  borrow: { kind: "write", values: ["amount"], about: "borrow the loan asset", help: AMOUNT, run: one(borrow) },
  repay: {
    kind: "write",
    values: ["amount|max"],
    about: "repay debt",
    help: `${AMOUNT} max is all of the debt; the permission then has a margin of 0.1 % for the interest until it is mined.`,
    run: one(repay),
  },
  stake: {
    kind: "write",
    values: ["shares|max"],
    about: "put pool shares into the insurance fund",
    help: `In whole pool shares. ${LIMIT}`,
    run: one(stake),
  },
  unstake: {
    kind: "write",
    values: ["units|max"],
    about: "ask for staked shares back; they cool for 14 days",
    help: "In whole fund units, as `position` shows them.",
    run: one(unstake),
  },
  claim: {
    kind: "write",
    values: [],
    about: "take what has come due: recoveries of certificates, and stakes that have cooled",
    help: LIMIT,
    run: (writer) => claim(writer),
  },
  propose: {
    kind: "write",
    values: ["function", "values..."],
    about: "schedule a restricted function; alone, list all of them and what is proposed",
    help: "Values are human: caps in whole tokens, ratios and fees in percent, ramps in days. What the pool would refuse today is found out first.",
    run: (writer, [name = "", ...texts]) => propose(writer, name, texts),
  },
  execute: {
    kind: "write",
    values: ["function|id", "[values...]"],
    about: "run a proposal that is due, or at once what has no delay",
    run: (writer, [name = "", ...texts]) => execute(writer, name, texts),
  },
  cancel: {
    kind: "write",
    values: ["function|id", "[values...]"],
    about: "cancel a proposal",
    run: (writer, [name = "", ...texts]) => cancel(writer, name, texts),
  },
  pause: {
    kind: "write",
    values: [],
    about: "guardian: no new deposits and loans for 72 hours",
    run: (writer) => executeNow(writer, "pause", []),
  },
  unpause: {
    kind: "write",
    values: [],
    about: "guardian: end a pause early",
    run: (writer) => executeNow(writer, "unpause", []),
  },
  "wind-down": {
    kind: "write",
    values: ["days"],
    about: "governor: end the market in order; proposes it, and executes it once it is due",
    help: "14 to 365 days, over which the lltv falls to zero. Give the same number both times.",
    run: (writer, values) => windDown(writer, values),
  },
};

/** `propose` alone reads. */
export const LISTING: Verb = {
  kind: "read",
  values: [],
  about: "",
  run: (market, _, report) => listProposals(market, report),
};
