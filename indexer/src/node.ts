// Questions of our own to the node, beside the engine's.

const TIMEOUT_MS = 20_000;
const LONGEST_WAIT_MS = 5_000;

/** Rounds in which all nodes refuse, until it is taken for an answer: what they say in haste passes, such as a limit. */
const MOST_REFUSALS = 8;

type Answer<T> = { result?: T; error?: { message?: string } };

/**
 * Asks one node after the other until one has an answer; nodes that are down are waited for. Undefined where all of them
 * refuse: at once in words like `refusal`, in others after a while.
 */
export async function ask<T>(
  urls: readonly string[],
  method: string,
  params: readonly unknown[],
  refusal?: RegExp,
): Promise<T | undefined> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  let refusals = 0;
  for (let wait = 100; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    let [refused, isPlain] = [0, true];
    for (const url of urls) {
      try {
        const response = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const { result, error } = (await response.json()) as Answer<T>;
        if (result !== undefined) return result;
        ++refused;
        isPlain &&= refusal?.test(error?.message ?? "") === true;
      } catch {
        // It is down, or what it said is no JSON.
      }
    }
    if (refused === urls.length && (isPlain || ++refusals === MOST_REFUSALS)) return undefined;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
