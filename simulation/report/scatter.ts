// Each supplier a dot: how much it lost, by the time it last got something out. Who is still in stands at the right.
import { html, type Html } from "./html.js";
import { moment, percent } from "./format.js";

export type Dot = {
  readonly name: string;
  readonly supplied: number;
  readonly loss: number;
  readonly lastExit?: number;
  readonly left: number;
};

const WIDTH = 400;
const HEIGHT = 250;
const BOX = { left: 46, right: 282, top: 14, bottom: 206 };
const STILL = { left: 294, right: 394 };
const TICKS = [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];

/** The same scale for all panels that are to be compared. */
export const scaleOf = (dots: readonly Dot[]): number => {
  const most = Math.max(0, ...dots.map(({ loss }) => loss));
  return TICKS.find((tick) => tick >= most * 0.999 && tick >= 0.001) ?? 1;
};

const one = (value: number): string => value.toFixed(1);

/** By the root of the loss, so that two in a hundred and all of it fit into one picture. */
export function scatter(dots: readonly Dot[], from: number, until: number, most: number, label: string): Html {
  const y = (loss: number): number =>
    BOX.bottom - (BOX.bottom - BOX.top) * Math.sqrt(Math.min(1, Math.max(0, loss) / most));
  const x = (time: number): number => BOX.left + ((BOX.right - BOX.left) * (time - from)) / Math.max(1, until - from);
  const largest = Math.max(1, ...dots.map(({ supplied }) => supplied));
  const radius = (supplied: number): number => 2 + 7 * Math.sqrt(supplied / largest);
  const shownTicks = ticksUpTo(most, y);
  const still = dots.filter(({ lastExit }) => lastExit === undefined);
  return html`<svg class="scatter" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
    <rect
      class="zone"
      x="${STILL.left}"
      y="${BOX.top}"
      width="${STILL.right - STILL.left}"
      height="${BOX.bottom - BOX.top}"
    />
    ${shownTicks.map(
      (tick) =>
        html`<line class="grid" x1="${BOX.left}" x2="${STILL.right}" y1="${one(y(tick))}" y2="${one(y(tick))}" /><text
            x="${BOX.left - 6}"
            y="${one(y(tick) + 4)}"
            text-anchor="end"
            >${percent(tick, tick < 0.01 && tick > 0 ? 1 : 0)}</text
          >`,
    )}
    ${timeTicks(from, until).map(
      ({ time, text }) => html`<text x="${one(x(time))}" y="${BOX.bottom + 22}" text-anchor="middle">${text}</text>`,
    )}
    <text x="${(STILL.left + STILL.right) / 2}" y="${BOX.bottom + 22}" text-anchor="middle">still in</text>
    <text class="muted" x="${BOX.left}" y="${HEIGHT - 6}">last time it got money out (UTC)</text>
    ${dots.map((dot) => {
      const { name, supplied, loss, lastExit, left } = dot;
      const cy = one(y(loss));
      const told = html`<title>
        ${name}: lost ${percent(loss)}${lastExit === undefined ? ", still in" : `, last exit ${moment(lastExit)}`}
      </title>`;
      if (lastExit !== undefined) {
        const isAll = left <= supplied / 1_000;
        return html`<circle
          class="${isAll ? "gone" : "partly"}"
          cx="${one(x(lastExit))}"
          cy="${cy}"
          r="${one(radius(supplied))}"
          >${told}</circle
        >`;
      }
      const place = still.indexOf(dot);
      const cx = STILL.left + 8 + ((STILL.right - STILL.left - 16) * (place + 0.5)) / still.length;
      const r = 0.75 * radius(supplied);
      return html`<rect
        class="stays"
        x="${one(cx - r)}"
        y="${one(Number(cy) - r)}"
        width="${one(2 * r)}"
        height="${one(2 * r)}"
        >${told}</rect
      >`;
    })}
  </svg>`;
}

/** Zero, the most, and between them what leaves a line's height free. */
function ticksUpTo(most: number, y: (loss: number) => number): number[] {
  const shown = [0];
  for (const tick of TICKS) {
    if (tick < most && y(shown.at(-1) ?? 0) - y(tick) > 16 && y(tick) - y(most) > 16) shown.push(tick);
  }
  return [...shown, most];
}

const STEPS = [600, 3_600, 10_800, 21_600, 43_200, 86_400];

/** Three or four, at full hours or midnights. */
function timeTicks(from: number, until: number): { time: number; text: string }[] {
  const rough = (until - from) / 3;
  const step = STEPS.find((each) => each >= rough) ?? Math.ceil(rough / 86_400) * 86_400;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((until - first) / step) + 1 }, (_, i) => {
    const time = first + i * step;
    return { time, text: time % 86_400 === 0 ? moment(time).slice(0, -6) : moment(time).slice(-5) };
  });
}
