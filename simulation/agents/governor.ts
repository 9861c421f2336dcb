// The guardian pauses after a steep fall; the governor opens borrowing again when a haircut has been digested.
import type { View } from "./view.js";

export function governorActs(view: View): void {
  const { world } = view;
  const { pauseAt, reopenAfterHours } = world.scenario.governor;
  const { pool } = world;
  if (pauseAt !== undefined && view.price < view.peak * (1 - pauseAt) && !pool.isPaused()) {
    if (world.act("governor", "pause").ok)
      view.note({ kind: "did", who: "guardian", what: "pauses deposits and loans" });
  }
  if (reopenAfterHours === undefined || view.haircutSince === undefined || !pool.state.isBorrowingHalted) return;
  if (view.time >= view.haircutSince + reopenAfterHours * 3_600 && world.act("governor", "reopenBorrowing").ok) {
    view.note({ kind: "did", who: "governor", what: "opens borrowing again" });
  }
}
