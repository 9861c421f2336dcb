// Values in a line of text. What is shortened has all its digits in the title.
import { useState } from "react";

import { formatPercent } from "../../../sdk/units.js";
import { useChain, useConfig } from "../chain/app.js";
import { announce } from "./announce.js";
import {
  amountText,
  type AmountStyle,
  exactText,
  fromNowText,
  isoTime,
  percentText,
  timeText,
  type TokenUnits,
} from "./format.js";

export const Amount = ({ value, token, ...style }: { value: bigint; token: TokenUnits } & AmountStyle) => (
  <span className="number" title={exactText(value, token)}>
    {amountText(value, token, style)}
  </span>
);

/** Of 1e18ths. */
export const Percent = ({ value, digits }: { value: bigint; digits?: number }) => (
  <span className="number" title={`${formatPercent(value, 6)} %`}>
    {percentText(value, digits)}
  </span>
);

/** A moment, by the chain's clock: the date, or with `isRelative` how far away it is. */
export function Time({ at, isRelative = false }: { at: bigint; isRelative?: boolean }) {
  const { block } = useChain();
  const text = timeText(at);
  return (
    <time dateTime={isoTime(at)} title={text}>
      {isRelative && block !== undefined ? fromNowText(at, block.timestamp) : text}
    </time>
  );
}

export const shortAddress = (address: string): string => `${address.slice(0, 6)}…${address.slice(-4)}`;

type AddressProps = { readonly value: string; readonly label?: string; readonly hasCopy?: boolean };

/**
 * An address, named where the local chain knows whose it is; with a link to the explorer and, but for within a sentence, a
 * button that copies it.
 */
export function Address({ value, label, hasCopy = true }: AddressProps) {
  const { explorerUrl, local } = useConfig();
  const [isCopied, setCopied] = useState(false);
  const person = local?.accounts.find(({ address }) => address.toLowerCase() === value.toLowerCase())?.name;
  const name = label ?? person;
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    announce(`${name ?? shortAddress(value)}: address copied.`);
    setTimeout(() => setCopied(false), 2_000);
  };
  const text = (
    <>
      {name === undefined ? "" : `${name} `}
      <code>{shortAddress(value)}</code>
    </>
  );
  return (
    <span className="address" title={value}>
      {explorerUrl === undefined ? (
        text
      ) : (
        <a href={`${explorerUrl}/address/${value}`} target="_blank" rel="noreferrer">
          {text}
        </a>
      )}
      {hasCopy ? (
        <button
          type="button"
          className="icon-button"
          aria-label={`Copy the address ${name ?? shortAddress(value)}`}
          onClick={() => void copy()}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            {isCopied ? <path d="M3 8.5 6.5 12 13 4.5" /> : <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" />}
          </svg>
        </button>
      ) : null}
    </span>
  );
}

/** A transaction: a link where there is an explorer. */
export function Transaction({ hash, children }: { hash: string; children?: string }) {
  const { explorerUrl } = useConfig();
  if (explorerUrl === undefined) return <code title={hash}>{shortAddress(hash)}</code>;
  const text = children ?? shortAddress(hash);
  return (
    <a href={`${explorerUrl}/tx/${hash}`} target="_blank" rel="noreferrer" title={hash}>
      {text}
    </a>
  );
}
