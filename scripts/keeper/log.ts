// Structured logs: a line of JSON for each event, to standard output.

export type Log = (level: "debug" | "info" | "warn" | "error", event: string, fields?: Record<string, unknown>) => void;

const plain = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);

export function jsonLog(write: (line: string) => unknown, isVerbose: boolean): Log {
  return (level, event, fields = {}) => {
    if (level === "debug" && !isVerbose) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields }, plain)}\n`);
  };
}
