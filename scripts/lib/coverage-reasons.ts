// What no unit test or story reaches, and why that is right. `npm run coverage` fails for a gap that is missing here, and
// for an entry that is no gap any more.
export type Reason = {
  gap: {
    file: string;
    /** The condition, or for a line its text. */
    code: string;
    /** The way that is never taken; "never" for a line. */
    side: "true" | "false" | "success" | "failure" | "never";
  };
  reason: string;
};

export const REASONS: Reason[] = [];
