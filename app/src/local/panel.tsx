// The drawer with which a newcomer makes a crisis on the local chain, and watches the page behind it.
import "./panel.css";

import { type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";

import { useApp, useChain } from "../chain/app.js";
import { match, to, usePath } from "../shell/router.js";
import { Button, decimalText, readNumber, wholeText } from "../ui/index.js";
import type { Control, ControlsState, Crisis, Requests, Running } from "./api.js";
import { askControl, readControls } from "./client.js";

/** While a crisis runs, and otherwise: another tab may have done something. */
const [FAST, SLOW] = [600, 4_000];
const SPEEDS = [5, 20, 100];
const EMPTY: ControlsState = { crises: [], running: null, log: [] };

type Act = <C extends Control>(control: C, body: Requests[C]) => Promise<void>;

export function LocalPanel({ base }: { base: string }) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    document.documentElement.classList.toggle("with-local-panel", isOpen);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    // The button is there again after the next paint.
    requestAnimationFrame(() => opener.current?.focus());
  };
  if (isOpen) return <Drawer base={base} onClose={close} />;
  return (
    <button ref={opener} type="button" className="button primary local-opener" onClick={() => setOpen(true)}>
      Make a crisis
    </button>
  );
}

function Drawer({ base, onClose }: { base: string; onClose: () => void }) {
  const { engine } = useApp();
  const { markets } = useChain();
  const heading = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const [chosen, choose] = useMarketName(markets.map(({ name }) => name));
  const { state, read } = useControls(base);
  const [pending, setPending] = useState<Control>();
  const [said, setSaid] = useState<{ text: string; isError: boolean }>();

  useEffect(() => title.current?.focus(), []);

  const act: Act = async (control, body) => {
    setPending(control);
    setSaid(undefined);
    try {
      setSaid({ text: await askControl(base, control, body), isError: false });
    } catch (error) {
      setSaid({ text: error instanceof Error ? error.message : String(error), isError: true });
    }
    setPending(undefined);
    await read();
    (await engine).refresh();
  };

  const { running } = state;
  const isBusy = pending !== undefined || running !== null;
  // What a crisis came to is said at its end, long after the answer.
  const text = said?.isError === true ? said.text : (state.log.at(-1)?.text ?? said?.text);
  return (
    <aside className="local-panel" aria-labelledby={heading}>
      <header className="card-head">
        <h2 id={heading} ref={title} tabIndex={-1}>
          Local chain: make a crisis
        </h2>
        <Button kind="quiet" className="small" onClick={onClose}>
          Close
        </Button>
      </header>

      <div
        className={`local-said ${said?.isError === true ? "bad" : ""}`}
        role="status"
        aria-live={running === null ? "polite" : "off"}
      >
        {pending !== undefined ? (
          <p>
            <span className="spinner" aria-hidden="true" /> {DOING[pending]} …
          </p>
        ) : running !== null ? (
          <Progress running={running} />
        ) : (
          <p>{text ?? "Let the price fall, look at the shortfall, then run the liquidations."}</p>
        )}
      </div>

      <MarketChoice markets={markets} chosen={chosen} onChoose={choose} />
      <PriceStep isBusy={isBusy} onMove={(percent) => void act("price", { market: chosen, percent })} />
      <Step title="2. Liquidate">
        <Button disabled={isBusy} onClick={() => void act("liquidate", { market: chosen })}>
          Run the liquidations
        </Button>
      </Step>
      <Step title="3. Bring money back">
        {["50%", "100%"].map((amount) => (
          <Button key={amount} disabled={isBusy} onClick={() => void act("recover", { market: chosen, amount })}>
            {amount === "50%" ? "Half of what is owed" : "All of it"}
          </Button>
        ))}
      </Step>
      <Step title="Time, and what comes after">
        {[1, 14].map((days) => (
          <Button key={days} disabled={isBusy} onClick={() => void act("wait", { days })}>
            {days === 1 ? "A day passes" : `${days} days pass`}
          </Button>
        ))}
        <Button disabled={isBusy} onClick={() => void act("reopen", { market: chosen })}>
          Open borrowing again
        </Button>
        <Button disabled={isBusy} onClick={() => void act("again", {})}>
          Back to the start
        </Button>
      </Step>
      <Replay
        crises={state.crises}
        running={running}
        isBusy={isBusy}
        onStart={(id, stepsPerSecond) => void act("crisis", { market: chosen, id, stepsPerSecond })}
        onStop={() => void act("stop", {})}
      />
      <Log entries={state.log} />
    </aside>
  );
}

const DOING: Record<Control, string> = {
  price: "The price moves",
  liquidate: "Liquidating",
  recover: "Money comes back",
  wait: "Time passes",
  reopen: "The governor announces it, and three days pass",
  crisis: "It begins",
  stop: "Stopping",
  again: "Back to the start",
};

/** The market that the page shows, until another one is chosen. */
function useMarketName(names: readonly string[]): [string, (name: string) => void] {
  const path = usePath();
  const shown = match("market/:name", path)?.["name"] ?? match("market/:name/:action", path)?.["name"];
  const [chosen, choose] = useState<{ name: string; on: string }>();
  if (chosen?.on === path) return [chosen.name, (name) => choose({ name, on: path })];
  const name = [shown, chosen?.name, names[0]].find((each) => each !== undefined && names.includes(each)) ?? "";
  return [name, (next) => choose({ name: next, on: path })];
}

/** What the controls say, now and then; at once by `read`. */
function useControls(base: string): { state: ControlsState; read: () => Promise<void> } {
  const [state, setState] = useState(EMPTY);
  const read = useCallback(async () => {
    // Without an answer what was there stays.
    const answer = await readControls(base).catch(() => undefined);
    if (answer !== undefined) setState(answer);
  }, [base]);
  const isRunning = state.running !== null;
  useEffect(() => {
    const first = setTimeout(() => void read());
    const timer = setInterval(() => void read(), isRunning ? FAST : SLOW);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [read, isRunning]);
  return { state, read };
}

const Step = ({ title, children }: { title: string; children: ReactNode }) => (
  <fieldset className="local-step">
    <legend>{title}</legend>
    <div className="row">{children}</div>
  </fieldset>
);

type MarketChoiceProps = {
  markets: readonly { name: string; title: string }[];
  chosen: string;
  onChoose: (name: string) => void;
};

function MarketChoice({ markets, chosen, onChoose }: MarketChoiceProps) {
  const id = useId();
  return (
    <div className="local-market">
      <label htmlFor={id}>Market</label>
      <select id={id} value={chosen} onChange={({ target }) => onChoose(target.value)}>
        {markets.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      <a href={to("market/:name", { name: chosen })}>Look at it</a>
    </div>
  );
}

function PriceStep({ isBusy, onMove }: { isBusy: boolean; onMove: (percent: number) => void }) {
  const id = useId();
  const [text, setText] = useState("30");
  const read = readNumber(text);
  const percent = read === undefined ? undefined : Number(read);
  return (
    <Step title="1. Move the price">
      {[10, 25, 45].map((fall) => (
        <Button key={fall} disabled={isBusy} onClick={() => onMove(-fall)}>
          −{fall} %
        </Button>
      ))}
      <span className="local-percent">
        <label htmlFor={id}>By percent</label>
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          aria-invalid={percent === undefined}
          onChange={({ target }) => setText(target.value)}
        />
        <Button disabled={isBusy || percent === undefined} onClick={() => onMove(-(percent ?? 0))}>
          Fall
        </Button>
        <Button disabled={isBusy || percent === undefined} onClick={() => onMove(percent ?? 0)}>
          Rise
        </Button>
      </span>
    </Step>
  );
}

type ReplayProps = {
  crises: readonly Crisis[];
  running: Running | null;
  isBusy: boolean;
  onStart: (id: string, stepsPerSecond: number) => void;
  onStop: () => void;
};

function Replay({ crises, running, isBusy, onStart, onStop }: ReplayProps) {
  const [crisisId, speedId] = [useId(), useId()];
  const [id, setId] = useState<string>();
  const [speed, setSpeed] = useState(20);
  const chosen = crises.find((each) => each.id === id) ?? crises[0];
  if (chosen === undefined) return null;
  return (
    <Step title="Or play a real crisis">
      <select
        id={crisisId}
        aria-label="Crisis"
        value={chosen.id}
        disabled={isBusy}
        onChange={({ target }) => setId(target.value)}
      >
        {crises.map((each) => (
          <option key={each.id} value={each.id}>
            {each.title}
          </option>
        ))}
      </select>
      <p className="muted">
        {capitalised(chosen.about)}. Its real prices, scaled to the market's; liquidators act as they could then.
      </p>
      <label htmlFor={speedId}>Prices a second</label>
      <select id={speedId} value={speed} disabled={isBusy} onChange={({ target }) => setSpeed(Number(target.value))}>
        {SPEEDS.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      {running === null ? (
        <Button disabled={isBusy} onClick={() => onStart(chosen.id, speed)}>
          Play it
        </Button>
      ) : (
        <Button onClick={onStop}>Stop</Button>
      )}
    </Step>
  );
}

function Progress({ running: { title, market, step, steps, date, price } }: { running: Running }) {
  return (
    <div className="local-progress">
      <p>{title}</p>
      <progress value={step} max={steps} aria-label={`${title} on ${market}`} />
      <p>
        {timeOf.format(new Date(date))}: price {decimalText(price.toFixed(2) as `${number}`)}
        <span className="muted">
          {" "}
          · {wholeText(step)} of {wholeText(steps)}
        </span>
      </p>
    </div>
  );
}

const timeOf = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Log({ entries }: { entries: ControlsState["log"] }) {
  if (entries.length === 0) return null;
  return (
    <details className="local-log">
      <summary>What has happened ({wholeText(entries.length)})</summary>
      <ol reversed>
        {entries.toReversed().map(({ block, text }, index) => (
          <li key={`${block}-${entries.length - index}`}>
            <span className="muted">Block {wholeText(block)}</span> {text}
          </li>
        ))}
      </ol>
    </details>
  );
}
