// Asks the local chain's controls; what they refuse is an Error with their sentence.
import type { Answer, Control, ControlsState, Requests } from "./api.js";

const UNREACHABLE = "The controls don't answer: is `npm start` still running?";

async function fetched<T>(url: string, options?: RequestInit): Promise<T> {
  const response = await fetch(url, { cache: "no-store", ...options }).catch(() => undefined);
  const said: unknown = await response?.json().catch(() => undefined);
  if (response?.ok === true && said !== undefined) return said as T;
  const { error } = (said ?? {}) as { error?: string };
  throw new Error(error ?? UNREACHABLE);
}

export const readControls = async (base: string): Promise<ControlsState> => await fetched<ControlsState>(base);

/** One sentence of what happened. */
export async function askControl<C extends Control>(base: string, control: C, body: Requests[C]): Promise<string> {
  const headers = { "content-type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetched<Extract<Answer, { text: string }>>(`${base}/${control}`, options);
  return answer.text;
}
