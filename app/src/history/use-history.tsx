// The history for pages. It begins to be read when the first page asks for it, and goes on while the app is open.
import { useMemo, useSyncExternalStore } from "react";

import { type App, useApp } from "../chain/app.js";
import { timeText } from "../ui/format.js";
import { SwitchedHistory } from "./switch.js";
import type { History, Kind, Progress, RowOf } from "./types.js";

const histories = new WeakMap<App, SwitchedHistory>();

function historyOf(app: App): SwitchedHistory {
  const known = histories.get(app);
  if (known !== undefined) return known;
  const history = new SwitchedHistory();
  histories.set(app, history);
  // What reads brings the contracts' ABIs: not before the page is there.
  void import("./start.js").then(({ startHistory }) => startHistory(app, history));
  return history;
}

export const useHistory = (): History => historyOf(useApp());

/** Rows of a kind, oldest first, of one market (its pool's address) or of all: as far as they are known by now. */
export function useRows<K extends Kind>(kind: K, market?: string): readonly RowOf<K>[] {
  const history = historyOf(useApp());
  return useSyncExternalStore(history.subscribe, () => history.rows(kind, market));
}

/** Everybody who ever borrowed or supplied collateral in a market, by address. */
export function useBorrowers(market: string): readonly string[] {
  const rows = useRows("position", market);
  return useMemo(() => [...new Set(rows.map(({ borrower }) => borrower))], [rows]);
}

export function useProgress(): Progress {
  const history = historyOf(useApp());
  return useSyncExternalStore(history.subscribe, history.progress);
}

/** A line under what is made of rows: how much is still missing, and what is wrong. Nothing when all is known. */
export function HistoryProgress() {
  const { isComplete, part, knownSince, notice } = useProgress();
  const percent = new Intl.NumberFormat(undefined, { style: "percent" }).format(Math.floor(part * 100) / 100);
  const since = knownSince === null ? "" : `, back to ${timeText(BigInt(knownSince))}`;
  return (
    <p className="muted history-progress" role="status">
      {isComplete ? null : `History: ${percent}${since}. `}
      {notice}
    </p>
  );
}
