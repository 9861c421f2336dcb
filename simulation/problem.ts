/** What is wrong with a file or an option, in one line that says how to mend it. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Problem";
  }
}
