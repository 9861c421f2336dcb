// The guardian pauses after a steep fall; the governor opens borrowing again when a haircut has been digested, and has a
// new oracle put in the place of one that lies.
import { ORACLE_TWO } from "../world.js";
import type { View } from "./view.js";

export function governorActs(view: View): void {
  const { world, elapsed, haircutSince } = view;
  const { pauseAt, reopenAfterHours, newOracleAtHour } = world.scenario.governor;
  const { pool } = world;
  const act = (who: string, call: string, what: string, ...values: string[]): void => {
    if (world.act("governor", call, ...values).ok) view.note({ kind: "did", who, what });
  };
  if (pauseAt !== undefined && view.price < view.peak * (1 - pauseAt) && pool.state.pausedUntil === 0n) {
    act("guardian", "pause", "pauses deposits and loans");
  }
  const isDigested =
    reopenAfterHours !== undefined &&
    haircutSince !== undefined &&
    view.time >= haircutSince + reopenAfterHours * 3_600;
  if (isDigested && pool.state.isBorrowingHalted) act("governor", "reopenBorrowing", "opens borrowing again");
  if (newOracleAtHour === undefined || elapsed < newOracleAtHour * 3_600) return;
  const { oracle, pendingOracle, pendingOracleFrom } = pool.state;
  if (oracle === ORACLE_TWO) return;
  if (pendingOracle === undefined) act("governor", "scheduleOracle", "announces another oracle", ORACLE_TWO);
  else if (pool.now >= pendingOracleFrom) act("governor", "executeOracle", "puts the other oracle in force");
}
