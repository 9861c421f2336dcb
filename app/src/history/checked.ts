// What an indexer answers is somebody else's word: it is looked at before anything is made of it.
import { getAddress } from "ethers";

import type { Abi } from "../../../sdk/abi-types.js";
import { authorityAbi } from "../../../sdk/abi/authority.js";
import { factoryAbi } from "../../../sdk/abi/factory.js";
import { poolAbi } from "../../../sdk/abi/pool.js";
import { GOVERNANCE_EVENTS, type Kind, type Row, type RowOf, SAMPLE_LOG_INDEX, type Where } from "./types.js";

/** What an indexer answers to GET <indexerUrl>/rows. */
export type Page = {
  /** Another word when everything was indexed anew. */
  readonly index: string;
  readonly chainId: number;
  readonly startBlock: number;
  /** False while it has not reached the head for the first time. */
  readonly isReady: boolean;
  readonly indexedTo: { readonly number: number; readonly timestamp: number } | null;
  /** Rows up to this block don't change any more. */
  readonly finalTo: number | null;
  readonly rows: readonly Row[];
  /** Where the next page begins: after this block and log. */
  readonly next: string | null;
};

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, unknown>>;

/** Calls that governance schedules are shorter. */
const LONGEST_TEXT = 10_000;
/** Digits of the largest number that a contract has. */
const UINT = /^\d{1,78}$/;
const CURSOR = /^(\d{1,15})\.(\d{1,10})$/;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isText = (value: unknown): value is string => typeof value === "string" && value.length <= LONGEST_TEXT;
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
/** Of a block; -1: none yet. */
const isPlace = (value: unknown): value is number => value === -1 || isWhole(value);
const isUint: Check = (value) => isText(value) && UINT.test(value);
const isUintOrNull: Check = (value) => value === null || isUint(value);
const isHash: Check = (value) => isText(value) && /^0x[0-9a-f]{64}$/i.test(value);
const isBoolean: Check = (value) => typeof value === "boolean";
const isOneOf = (values: readonly string[]): Check => {
  return (value) => isText(value) && values.includes(value);
};
/** In checksum case: one account is one text. */
const isAddress: Check = (value) => isText(value) && /^0x[0-9a-f]{40}$/i.test(value) && isChecksummed(value);

function isChecksummed(address: string): boolean {
  return getAddress(address.toLowerCase()) === address;
}

const WHERE: { readonly [F in keyof Where]: Check } = {
  market: (value) => value === "" || isAddress(value),
  blockNumber: isWhole,
  logIndex: (value) => isWhole(value) && value <= SAMPLE_LOG_INDEX,
  timestamp: isWhole,
  transactionHash: (value) => value === "" || isHash(value),
};

type Own<K extends Kind> = Exclude<keyof RowOf<K>, keyof Where | "kind">;

const FIELDS: { readonly [K in Kind]: { readonly [F in Own<K>]: Check } } = {
  price: {
    cause: isOneOf(["deposit", "withdrawal", "topUp", "reserveWithdrawal", "loss", "sample"]),
    grossPriceWad: isUintOrNull,
    exitPriceWad: isUintOrNull,
  },
  loss: {
    lossId: isUint,
    borrower: isAddress,
    lossAssets: isUint,
    fromReserve: isUint,
    fromFund: isUint,
    haircut: isUint,
    priceBeforeWad: isUint,
    priceAfterWad: isUint,
  },
  recovery: { caller: isAddress, toCertificates: isUint, toReserve: isUint },
  claim: { holder: isAddress, assets: isUint },
  estateSale: {
    caller: isAddress,
    receiver: isAddress,
    collateral: isUint,
    paidAssets: isUint,
    cancelledAssets: isUint,
  },
  flag: { borrower: isAddress, isFlagged: isBoolean },
  foreclosure: {
    borrower: isAddress,
    collateral: isUint,
    debtShares: isUint,
    keptAssets: isUint,
    lossAssets: isUint,
  },
  liquidation: {
    liquidator: isAddress,
    borrower: isAddress,
    repaidAssets: isUint,
    debtShares: isUint,
    seizedCollateral: isUint,
    lossAssets: isUint,
  },
  position: { borrower: isAddress },
  governance: { event: isOneOf(GOVERNANCE_EVENTS), values: isObject },
};

/** All of them and nothing else. */
const isMadeOf = (row: Fields, checks: Readonly<Record<string, Check>>, others = 0): boolean =>
  Object.keys(row).length === Object.keys(checks).length + others &&
  Object.entries(checks).every(([name, check]) => Object.hasOwn(row, name) && check(row[name]));

function checkOf(type: string): Check {
  if (type === "address") return isAddress;
  if (type === "bool") return isOneOf(["true", "false"]);
  if (type.startsWith("uint")) return isUint;
  if (type === "string") return isText;
  const size = Number(type.slice("bytes".length));
  return (value) => isText(value) && /^0x([0-9a-f]{2})*$/i.test(value) && (size === 0 || value.length === 2 + 2 * size);
}

let eventArguments: Map<string, Readonly<Record<string, Check>>> | undefined;

/** What an event of governance has to say, by the contracts' own ABIs. */
function argumentsOf(event: string): Readonly<Record<string, Check>> {
  eventArguments ??= new Map(
    [poolAbi, factoryAbi, authorityAbi]
      .flatMap((abi: Abi) => abi)
      .filter(({ type }) => type === "event")
      .map(({ name, inputs = [] }) => [
        name ?? "",
        Object.fromEntries(inputs.map((input) => [input.name, checkOf(input.type)])),
      ]),
  );
  return eventArguments.get(event) ?? {};
}

function isRow(row: unknown): row is Row {
  if (!isObject(row)) return false;
  const { kind, event, values } = row;
  if (typeof kind !== "string" || !Object.hasOwn(FIELDS, kind)) return false;
  if (!isMadeOf(row, { ...WHERE, ...FIELDS[kind as Kind] }, 1)) return false;
  return kind !== "governance" || isMadeOf(values as Fields, argumentsOf(String(event)));
}

/** A page whose every field is what it should be; undefined if it is none. */
export function checkedPage(page: unknown): Page | undefined {
  if (!isObject(page)) return undefined;
  const { index, chainId, startBlock, isReady, indexedTo, finalTo, rows, next } = page;
  const isRight =
    isText(index) &&
    isWhole(chainId) &&
    isWhole(startBlock) &&
    isBoolean(isReady) &&
    (indexedTo === null || (isObject(indexedTo) && isPlace(indexedTo["number"]) && isWhole(indexedTo["timestamp"]))) &&
    (finalTo === null || isPlace(finalTo)) &&
    Array.isArray(rows) &&
    rows.every(isRow) &&
    (next === null || (isText(next) && CURSOR.test(next)));
  return isRight ? (page as Page) : undefined;
}

/** Whether a cursor is behind another one: reading on from it comes to an end. */
export function isAfter(cursor: string, other: string | undefined): boolean {
  const [block = -1, log = -1] = placeOf(cursor);
  const [otherBlock = -1, otherLog = -1] = other === undefined ? [] : placeOf(other);
  return block > otherBlock || (block === otherBlock && log > otherLog);
}

const placeOf = (cursor: string): number[] => cursor.split(".").map(Number);
