// What pages are made of.
import { type ButtonHTMLAttributes, type ReactNode, useEffect, useId, useRef, useState } from "react";

import type { Tone } from "./tone.js";

export type { Tone } from "./tone.js";

type Children = { readonly children?: ReactNode };

/** A section with a heading of its own. `aside` stands at the heading's right. */
export function Card({ title, aside, children, id }: Children & { title?: string; aside?: ReactNode; id?: string }) {
  const heading = useId();
  if (title === undefined) return <div className="card">{children}</div>;
  return (
    <section className="card" aria-labelledby={heading} {...(id === undefined ? {} : { id })}>
      <header className="card-head">
        <h2 id={heading}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { readonly kind?: "primary" | "plain" | "quiet" };

export const Button = ({ kind = "plain", className = "", ...rest }: ButtonProps) => (
  <button type="button" className={`button ${kind} ${className}`} {...rest} />
);

/** A figure with its name; a list of them is a `<dl className="stats">`. */
export const Stat = ({ label, children, note }: Children & { label: string; note?: ReactNode }) => (
  <div className="stat">
    <dt>{label}</dt>
    <dd>
      {children}
      {note === undefined ? null : <small>{note}</small>}
    </dd>
  </div>
);

export const Badge = ({ tone = "neutral", children }: Children & { tone?: Tone }) => (
  <span className={`badge ${tone}`}>{children}</span>
);

/** Something to know before going on. What must be heard at once has `isUrgent`. */
export const Notice = ({
  tone = "neutral",
  title,
  children,
  isUrgent = false,
}: Children & { tone?: Tone; title?: string; isUrgent?: boolean }) => (
  <div className={`notice ${tone}`} role={isUrgent ? "alert" : "note"}>
    {title === undefined ? null : <strong>{title}</strong>}
    <div>{children}</div>
  </div>
);

/** Stands where something will be; as many lines of it. */
export const Skeleton = ({ lines = 3 }: { lines?: number }) => (
  <div className="skeleton" aria-hidden="true">
    {Array.from({ length: lines }, (_, line) => (
      <span key={line} />
    ))}
  </div>
);

export type Column<Row> = {
  readonly key: string;
  readonly title: string;
  readonly render: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
};

type TableProps<Row> = {
  /** What the table is of, for who does not see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** Said instead of an empty table. */
  readonly empty?: ReactNode;
  /** So many rows until all are asked for. */
  readonly atFirst?: number;
};

/** A table; on a phone each row is a card of its own. The roles stay when the display is no table's. */
export function Table<Row>({ caption, columns, rows, keyOf, empty = "Nothing yet.", atFirst }: TableProps<Row>) {
  const [isAll, setAll] = useState(false);
  if (rows.length === 0) return <p className="muted">{empty}</p>;
  const isLong = atFirst !== undefined && rows.length > atFirst;
  const shown = isLong && !isAll ? rows.slice(0, atFirst) : rows;
  const side = ({ isNumber }: Column<Row>) => (isNumber === true ? "right" : "");
  return (
    <>
      <table className="table" role="table">
        <caption className="unseen">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.key} scope="col" role="columnheader" className={side(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {shown.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) => (
                <td key={column.key} role="cell" data-label={column.title} className={side(column)}>
                  {column.render(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {isLong ? (
        <Button kind="quiet" className="small" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? `Show the first ${atFirst}` : `Show all ${rows.length}`}
        </Button>
      ) : null}
    </>
  );
}

export type Tab<Name extends string> = { readonly name: Name; readonly title: string };

type TabsProps<Name extends string> = Children & {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  readonly onChoose: (name: Name) => void;
};

/** Parts of a page of which one shows; the arrow keys move between them. */
export function Tabs<Name extends string>({ label, tabs, chosen, onChoose, children }: TabsProps<Name>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (step: number) => {
    const at = tabs.findIndex(({ name }) => name === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onChoose(next.name);
    list.current?.querySelectorAll("button")[tabs.indexOf(next)]?.focus();
  };
  return (
    <>
      <div
        ref={list}
        className="tabs"
        role="tablist"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={({ key }) => {
          if (key === "ArrowRight") move(1);
          if (key === "ArrowLeft") move(-1);
        }}
      >
        {tabs.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            aria-selected={name === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => onChoose(name)}
          >
            {title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
        {children}
      </div>
    </>
  );
}

/** Over the page until it is closed, by Escape too. */
export function Dialog({ title, onClose, children }: Children & { title: string; onClose: () => void }) {
  const heading = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={heading} onClose={onClose}>
      <header className="card-head">
        <h2 id={heading}>{title}</h2>
        <Button kind="quiet" onClick={() => dialog.current?.close()}>
          Close
        </Button>
      </header>
      {children}
    </dialog>
  );
}
