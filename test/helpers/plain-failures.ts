// A failure comes back from another process as JSON, which has no integers of any size: so what was compared becomes
// text before it goes.
import { inspect } from "node:util";

export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    const error = this.currentTest?.err as Record<string, unknown> | undefined;
    if (error === undefined) return;
    for (const [key, value] of Object.entries(error)) {
      if (typeof value === "object" || typeof value === "bigint") {
        error[key] = inspect(value, { depth: 12, maxArrayLength: null, maxStringLength: null });
      }
    }
  },
};
