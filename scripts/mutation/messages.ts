/** What the parent asks of a worker. Files are URLs within the copy; a test is known by its place in its file. */
export type Order = { kind: "survey"; file: string } | { kind: "mutant"; mutant: number; steps: Step[] };

export type Step = { file: string; tests: number[] };

export type Answer =
  | { kind: "ready" }
  | { kind: "survey"; file: string; tests: TestReport[] }
  /** Another test has begun. */
  | { kind: "running" }
  | { kind: "done"; mutant: number; killer?: Killer }
  | { kind: "broken"; error: string };

export type Killer = { file: string; index: number; title: string; error: string };

export type TestReport = {
  index: number;
  title: string;
  isPassed: boolean;
  ms: number;
  error: string;
  /** Mutants whose place it runs through. */
  reached: number[];
};
