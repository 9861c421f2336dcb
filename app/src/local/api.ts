// What the local chain's controls take and answer. Only `npm start` serves them: scripts/local/controls.ts.

/** A shipped crisis: its real prices, scaled to the market's. */
export type Crisis = {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** Prices that are played; the days they took; the lowest, as a part of the first. */
  readonly steps: number;
  readonly days: number;
  readonly lowest: number;
};

/** A crisis that is being played. `date` is that of the real price, ISO; `price` is the market's, in whole tokens. */
export type Running = {
  readonly id: string;
  readonly title: string;
  readonly market: string;
  readonly step: number;
  readonly steps: number;
  readonly date: string;
  readonly price: number;
};

export type LogEntry = { readonly block: number; readonly text: string };

export type ControlsState = {
  readonly crises: readonly Crisis[];
  readonly running: Running | null;
  /** What has happened, newest last. */
  readonly log: readonly LogEntry[];
};

/** The body of a POST to ./controls/<name>. Markets by their names in the deployment. */
export type Requests = {
  /** By how many percent: -45 is a fall. */
  price: { market: string; percent: number };
  crisis: { market: string; id: string; stepsPerSecond: number };
  stop: Record<string, never>;
  liquidate: { market: string };
  /** Whole tokens such as "1250.5", or a part of what is owed such as "50%". */
  recover: { market: string; amount: string };
  /** The governor opens borrowing again, which takes three days of the chain's time. */
  reopen: { market: string };
  wait: { days: number };
  /** Back to the chain as it was after the start. */
  again: Record<string, never>;
};

export type Control = keyof Requests;

/** One sentence of what happened, or of why it did not. */
export type Answer = { readonly text: string } | { readonly error: string };
