// What people type in.
import { type ReactNode, useId, useState } from "react";

import { formatAmount, parseAmount } from "../../../sdk/units.js";
import { amountText, readNumber, type TokenUnits } from "./format.js";

export type AmountInput = {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** In the token's smallest unit; zero while nothing is typed, and while it is no number. */
  readonly value: bigint;
  readonly isEmpty: boolean;
  /** Why what is typed is no amount. */
  readonly problem?: string;
  /** "max" was pressed, and nothing was typed since: what to send may be "all". */
  readonly isMax: boolean;
  readonly setMax: (value: bigint) => void;
};

/** The state of an AmountField. */
export function useAmount(token: TokenUnits): AmountInput {
  const [{ text, isMax }, set] = useState({ text: "", isMax: false });
  const rest = {
    text,
    isMax,
    isEmpty: text.trim() === "",
    setText: (next: string) => set({ text: next, isMax: false }),
    setMax: (value: bigint) => set({ text: localText(value, token), isMax: true }),
  };
  if (rest.isEmpty) return { ...rest, value: 0n };
  const decimal = readNumber(text);
  if (decimal === undefined) return { ...rest, value: 0n, problem: "This is not a number." };
  try {
    return { ...rest, value: parseAmount(decimal, token) };
  } catch {
    return { ...rest, value: 0n, problem: `${token.symbol} has ${token.decimals} decimals at most.` };
  }
}

/** In digits that `readNumber` reads, whatever the locale's own are. */
const TYPED = { useGrouping: false, maximumFractionDigits: 20, numberingSystem: "latn" } as const;

const localText = (value: bigint, token: TokenUnits): string =>
  new Intl.NumberFormat(undefined, TYPED).format(formatAmount(value, token));

type AmountFieldProps = {
  readonly label: string;
  readonly token: TokenUnits;
  readonly amount: AmountInput;
  /** The most that makes sense, and what it is: "In your wallet". */
  readonly max?: bigint;
  readonly maxLabel?: string;
  /** What speaks against this amount; shown once something is typed. */
  readonly problem?: string | undefined;
  readonly hint?: ReactNode;
  readonly isDisabled?: boolean;
};

export function AmountField({ label, token, amount, max, maxLabel, problem, hint, isDisabled }: AmountFieldProps) {
  const id = useId();
  const wrong = amount.isEmpty ? undefined : (amount.problem ?? problem);
  return (
    <div className={`field ${wrong === undefined ? "" : "wrong"}`}>
      <div className="field-head">
        <label htmlFor={id}>{label}</label>
        {max === undefined ? null : (
          <span className="muted">
            {maxLabel ?? "At most"} {amountText(max, token)}
          </span>
        )}
      </div>
      <div className="field-box">
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          placeholder="0"
          value={amount.text}
          disabled={isDisabled}
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-note`}
          onChange={({ target }) => amount.setText(target.value)}
        />
        <span className="field-unit">{token.symbol}</span>
        {max === undefined ? null : (
          <button
            type="button"
            className="button small"
            disabled={isDisabled}
            aria-label={`${label}: max`}
            onClick={() => amount.setMax(max)}
          >
            max
          </button>
        )}
      </div>
      <p id={`${id}-note`} className={wrong === undefined ? "field-note muted" : "field-note"}>
        {wrong ?? echo(amount, token) ?? hint}
      </p>
    </div>
  );
}

/** With separators, what was understood is said back. */
const echo = ({ text, value }: AmountInput, token: TokenUnits): string | undefined =>
  /[.,]\d{3}$/.test(text) ? `That is ${amountText(value, token)}.` : undefined;
