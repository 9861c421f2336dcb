// A transaction of a page: what is asked of the wallet, step by step, and what it changed when it is mined.
import { useCallback, useState } from "react";

import { decodeEvents, type MutuaEvent } from "../../../sdk/events.js";
import type { Step } from "../../../sdk/pay.js";
import { type Action, type SendState, type Sending, useSend } from "../chain/send.js";
import type { ReadyMarket } from "../chain/types.js";

export type Job = {
  /** "Supply 100 USDT": the button, and the title of what is shown meanwhile. */
  readonly label: string;
  readonly act: Action;
  /** What has changed, in a sentence, by the events of its own transaction. */
  readonly told: (events: readonly MutuaEvent[]) => string;
};

export type Running = {
  readonly label: string;
  readonly state: SendState;
  /** What the wallet was asked for until now, in order. */
  readonly steps: readonly Step[];
  readonly result: string | undefined;
  readonly isBusy: boolean;
  readonly start: (job: Job) => Promise<void>;
  readonly reset: () => void;
  readonly sending: Sending;
};

/** `onDone` when it is mined: to clear what was typed. */
export function useJob({ addresses }: Pick<ReadyMarket, "addresses">, onDone?: () => void): Running {
  const sending = useSend(addresses);
  const { state, label, isBusy, run, reset } = sending;
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [result, setResult] = useState<string>();
  const start = useCallback(
    async (job: Job) => {
      setSteps([]);
      setResult(undefined);
      const receipt = await run(job.label, async ({ signer, onStep }) => {
        const heard = (step: Step): void => {
          setSteps((before) => [...before, step]);
          onStep(step);
        };
        return await job.act({ signer, onStep: heard });
      });
      if (receipt === undefined) return;
      setResult(job.told(decodeEvents(receipt.logs, addresses)));
      onDone?.();
    },
    [run, addresses, onDone],
  );
  return { label, state, steps, result, isBusy, start, reset, sending };
}

type Told = Extract<MutuaEvent, { source: "pool" | "fund" }>;
type ArgsOf<S, N> = Extract<Told, { source: S; name: N }> extends { args: infer A } ? A : never;

/** The arguments of the first event of a name; nothing if there is none. */
export function argsOf<S extends Told["source"], N extends Extract<Told, { source: S }>["name"]>(
  events: readonly MutuaEvent[],
  source: S,
  name: N,
): ArgsOf<S, N> | undefined {
  const found = events.find((event) => event.source === source && event.name === name);
  return found?.args as unknown as ArgsOf<S, N> | undefined;
}
