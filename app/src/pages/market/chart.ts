// A line chart of two prices, by uPlot. A module of its own, loaded when it is looked at.
import uPlot from "uplot";

import "uplot/dist/uPlot.min.css";
import type { Points } from "./points.js";

const HEIGHT = 230;

const colour = (name: string) => (): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const price = (value: number, digits: number): string =>
  new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** As many digits as tell one line of the grid from the next. */
const digitsOf = (step: number): number => Math.min(Math.max(Math.ceil(-Math.log10(step)) + 1, 2), 9);

const dayTime = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

const dataOf = ({ times, gross, exit }: Points): uPlot.AlignedData => [
  times as number[],
  gross as (number | null)[],
  exit as (number | null)[],
];

const showNewest = (chart: uPlot): void => chart.setLegend({ idx: chart.data[0].length - 1 }, false);

export type PriceChart = { readonly update: (points: Points) => void; readonly destroy: () => void };

export function drawPrices(place: HTMLElement, points: Points): PriceChart {
  const grid = { stroke: colour("--line"), width: 1 };
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colour("--muted"), grid, ticks: { show: false }, font };
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      cursor: { y: false, drag: { x: true, y: false } },
      legend: { show: true, live: true },
      // Where nothing is pointed at, the newest values stand in the legend.
      hooks: { setLegend: [(self) => self.legend.idxs?.every((index) => index === null) === true && showNewest(self)] },
      scales: {
        y: {
          range: (_self, low, high) => {
            const room = Math.max((high - low) * 0.08, high * 1e-6);
            return [low - room, high + room];
          },
        },
      },
      axes: [
        {
          ...axis,
          // Pixels from one label to the next: room for hours, minutes and seconds.
          space: 84,
          values: (_self, splits, _axis, _space, step) => splits.map((time) => timeLabel(time, step)),
        },
        {
          ...axis,
          size: 76,
          values: (_self, splits, _axis, _space, step) => splits.map((value) => price(value, digitsOf(step))),
        },
      ],
      series: [
        { label: "Time", value: (_self, time) => (time === null ? "–" : dayTime.format(time * 1_000)) },
        line("Gross price", "--muted", [5, 4]),
        {
          ...line("Exit price", "--suppliers"),
          width: 2,
          points: { size: 6, fill: colour("--suppliers") },
          ...stepped,
        },
      ],
    },
    dataOf(points),
    place,
  );
  showNewest(chart);
  const size = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT }));
  size.observe(place);
  // Colours are read anew at each drawing.
  const theme = new MutationObserver(() => chart.redraw(false));
  theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => chart.redraw(false);
  scheme.addEventListener("change", redraw);
  return {
    update: (next) => {
      chart.setData(dataOf(next));
      showNewest(chart);
    },
    destroy() {
      size.disconnect();
      theme.disconnect();
      scheme.removeEventListener("change", redraw);
      chart.destroy();
    },
  };
}

const line = (label: string, name: string, dash?: number[]): uPlot.Series => ({
  label,
  stroke: colour(name),
  width: 1.5,
  spanGaps: true,
  points: { show: false },
  value: (_self, value) => (value === null ? "–" : price(value, 6)),
  ...(dash === undefined ? {} : { dash }),
});

/** A price holds until the next one is told. */
const steps = uPlot.paths.stepped?.({ align: 1 });
const stepped = steps === undefined ? {} : { paths: steps };

const DAY = 86_400;
const MINUTE = 60;
const second = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const timeLabel = (time: number, step: number): string =>
  (step < MINUTE ? second : step < DAY ? clock : day).format(time * 1_000);
