/** What is wrong with a file, an option or a result, in one line that says how to mend it. */
export class Problem extends Error {
  /** 2 for bad input, 1 for a result that must not be. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.name = "Problem";
    this.exitCode = exitCode;
  }
}
