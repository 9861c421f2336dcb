// What happened when, the little that matters.
import type { Outcome, Row } from "../run.js";
import { brief, count, moment, percent, price } from "./format.js";
import { html, type Html } from "./html.js";
import { notOk } from "./plots.js";

type Event = { readonly time: number; readonly text: string };

export function timelineSection(outcome: Outcome): Html {
  const events = eventsOf(outcome);
  return html`<ol class="timeline">
    ${events.map(
      ({ time, text }) =>
        html`<li>
          <time datetime="${new Date(time * 1_000).toISOString()}">${moment(time)}</time> <span>${text}</span>
        </li>`,
    )}
  </ol>`;
}

const MOST_EVENTS = 60;

function eventsOf({ rows, losses, notes, suppliers }: Outcome): Event[] {
  const first = rows[0] as Row;
  const last = rows.at(-1) as Row;
  const events: Event[] = [
    { time: first.time, text: `begins at a price of ${price(first.price)}, ${percent(first.utilisation, 1)} lent` },
  ];
  const lowest = rows.reduce((low, row) => (row.price < low.price ? row : low), first);
  if (lowest !== first) events.push({ time: lowest.time, text: `lowest price, ${price(lowest.price)}` });
  for (const [from, until] of notOk(rows).slice(0, 12)) {
    events.push({ time: from, text: `the oracle is not in order, until ${moment(until)}` });
  }
  const seen = rows.find(({ shortfall }) => shortfall > 0);
  if (seen !== undefined) events.push({ time: seen.time, text: `a shortfall is in sight, ${brief(seen.shortfall)}` });
  const worst = rows.reduce((most, row) => (row.shortfall > most.shortfall ? row : most), first);
  if (worst.shortfall > 0) events.push({ time: worst.time, text: `the largest shortfall, ${brief(worst.shortfall)}` });
  const bare = rows.find(({ uncovered }) => uncovered > 1);
  if (bare !== undefined) {
    events.push({ time: bare.time, text: `the cover no longer suffices: the exit price falls under the gross price` });
  }
  const empty = rows.find(({ utilisation }) => utilisation > 0.9999);
  if (empty !== undefined) events.push({ time: empty.time, text: "cash is out: who wants to leave waits" });
  const done = notes.find((note) => note.kind === "liquidated");
  if (done !== undefined) events.push({ time: done.time, text: `first liquidation, of ${done.borrower}` });
  for (const { time, loss, borrower, haircut } of losses.toSorted((a, b) => b.loss - a.loss).slice(0, 8)) {
    const who = borrower === "nobody" ? "the estate" : borrower;
    events.push({
      time,
      text: `${brief(loss)} lost on ${who}${haircut > 0 ? `, suppliers bear ${brief(haircut)}` : ""}`,
    });
  }
  const exits = suppliers.flatMap(({ firstExit }) => (firstExit === undefined ? [] : [firstExit]));
  if (exits.length > 0) {
    events.push({ time: Math.min(...exits), text: "the first supplier leaves" });
    events.push({
      time: Math.max(...suppliers.map(({ lastExit }) => lastExit ?? 0)),
      text: `the last exit: ${count(exits.length, "supplier")} got money out`,
    });
  }
  events.push(...deeds(notes));
  events.push({
    time: last.time,
    text: `ends at a price of ${price(last.price)}, ${percent(last.utilisation, 1)} lent`,
  });
  return events.toSorted((a, b) => a.time - b.time).slice(0, MOST_EVENTS);
}

/** What guardian, governor, keeper and insurers did: alike things once, with how many there were. */
function deeds(notes: Outcome["notes"]): Event[] {
  const kinds = new Map<string, { time: number; until: number; times: number }>();
  for (const note of notes) {
    if (note.kind !== "did") continue;
    const isOneOfMany = / \d+$/u.test(note.who);
    const who = isOneOfMany ? note.who.replace(/ \d+$/u, "s") : note.who;
    const text = `${who}: ${note.what.replace(/ \d+$/u, "s")}`;
    const kind = kinds.get(text);
    if (kind === undefined) kinds.set(text, { time: note.time, until: note.time, times: 1 });
    else Object.assign(kind, { until: note.time, times: kind.times + 1 });
  }
  return [...kinds].map(([text, { time, until, times }]) => ({
    time,
    text: times === 1 ? text : `${text}, ${count(times, "time")} until ${moment(until)}`,
  }));
}
