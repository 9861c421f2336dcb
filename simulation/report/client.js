// Draws the plots of the page from the data in it. Colours are the style sheet's, so the theme is followed.
const { plots, heat } = JSON.parse(document.getElementById("data").textContent);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value) => String(value).padStart(2, "0");
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const numbers = (digits) => new Intl.NumberFormat("en-GB", { maximumSignificantDigits: digits });
const brief = (value) => {
  const size = Math.abs(value);
  const [divisor, unit] = size >= 1e9 ? [1e9, "bn"] : size >= 1e6 ? [1e6, "m"] : size >= 1e3 ? [1e3, "k"] : [1, ""];
  return numbers(4).format(value / divisor) + (unit && `\u202f${unit}`);
};
const UNITS = {
  price: (value) => numbers(5).format(value),
  part: (value) => `${numbers(4).format(100 * value)}\u202f%`,
  amount: brief,
  count: (value) => numbers(4).format(value),
  share: (value) => value.toFixed(4),
};

const time = (seconds) => {
  const date = new Date(seconds * 1000);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
};
/** Days where they begin, hours between them; months on a long axis. */
const timeTicks = (_plot, splits, _axis, _space, step) =>
  splits.map((seconds) => {
    const date = new Date(seconds * 1000);
    const month = MONTHS[date.getUTCMonth()];
    if (step >= 27 * 86400) return `${month} ${date.getUTCFullYear()}`;
    const isMidnight = date.getUTCHours() === 0 && date.getUTCMinutes() === 0;
    return isMidnight ? `${date.getUTCDate()} ${month}` : `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  });

const font = "12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const axis = (extra) => ({
  stroke: color("soft"),
  font,
  grid: { stroke: color("grid"), width: 1 },
  ticks: { stroke: color("grid"), width: 1, size: 5 },
  ...extra,
});
const timeAxis = () => axis({ values: timeTicks, space: 64, size: 34 });

const options = (box, height, extra) => ({
  width: box.clientWidth,
  height,
  tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
  padding: [10, 26, 0, 0],
  legend: {
    markers: {
      width: 3,
      dash: (u, i) => (!u.series[i].dash ? "solid" : u.series[i].dash[0] < 4 ? "dotted" : "dashed"),
    },
  },
  cursor: { sync: { key: "time", scales: ["x", null] }, points: { size: 7 }, drag: { x: true, y: false } },
  ...extra,
});

/** Grey where the oracle was not in order. */
const shading = (spans) => (u) => {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = color("shade");
  for (const [from, until] of spans ?? []) {
    const left = Math.max(bbox.left, u.valToPos(from, "x", true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(until, "x", true));
    if (right >= left) ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
  }
  ctx.restore();
};

/** All of the run, so that plots lie under each other; less where a part was chosen. */
const end = plots.price.x[plots.price.x.length - 1];
const timeRange = (u, least, most) => [least, most >= u.data[0][u.data[0].length - 1] ? end : most];

const rangeOf = (plot) => (_u, least, most) => {
  if (least === null || most === null) return [0, 1];
  if (plot.unit === "count") return [0, Math.max(4, most)];
  if (plot.atLeastZero) return [0, most > 0 ? most * 1.06 : 1];
  const pad = (most - least) * 0.08 || Math.abs(most) * 0.001 || 1;
  return [least - pad, most + pad];
};

const seriesOf = (line, unit) => {
  const stroke = color(`tone-${line.tone}`);
  const shown = {
    label: line.label,
    stroke,
    width: line.dash ? 1.6 : 2,
    points: { show: false },
    value: (_u, value) => (value === null || value === undefined ? "–" : UNITS[unit](value)),
  };
  if (line.dash) shown.dash = [7, 4];
  if (line.fill) shown.fill = color(`fill-${line.tone}`);
  if (line.bars) {
    shown.paths = uPlot.paths.bars({ size: [0.8, 24], align: 1 });
    shown.fill = stroke;
    shown.width = 0;
  }
  return shown;
};

const drawLines = (box) => {
  const plot = plots[box.dataset.plot];
  const isNarrow = box.clientWidth < 560;
  const height = Number(box.dataset.height) - (isNarrow ? 20 : 0);
  return new uPlot(
    options(box, height, {
      scales: { x: { time: true, range: timeRange }, y: { range: rangeOf(plot) } },
      axes: [timeAxis(), axis({ values: (_u, splits) => splits.map(UNITS[plot.unit]), size: 58 })],
      series: [{ label: "time", value: (_u, value) => (value === null ? "–" : time(value)) }].concat(
        plot.lines.map((line) => seriesOf(line, plot.unit)),
      ),
      hooks: { drawClear: [shading(plot.shades)] },
    }),
    [plot.x, ...plot.columns],
    box,
  );
};

const drawHeat = (box) => {
  const { x, cells, bands, marks } = heat;
  const most = Math.max(1e-9, ...cells.flat());
  const readout = box.parentElement.querySelector(".readout");
  const isNarrow = box.clientWidth < 560;
  const paint = (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = color("heat");
    x.forEach((from, i) => {
      const left = Math.round(u.valToPos(from, "x", true));
      const right = Math.round(u.valToPos(x[i + 1] ?? end, "x", true));
      cells.forEach((row, band) => {
        if (row[i] <= 0) return;
        const top = Math.round(u.valToPos(band + 1, "y", true));
        const bottom = Math.round(u.valToPos(band, "y", true));
        ctx.globalAlpha = 0.08 + 0.92 * Math.sqrt(row[i] / most);
        ctx.fillRect(left, top, right - left, bottom - top);
      });
    });
    ctx.restore();
  };
  const tell = (u) => {
    const { idx, top } = u.cursor;
    if (idx === null || idx === undefined || top === undefined || top < 0) return;
    const band = Math.min(bands.length - 1, Math.max(0, Math.floor(u.posToVal(top, "y"))));
    readout.textContent = `${time(x[idx])}, ${bands[band]}: ${brief(cells[band][idx])}`;
  };
  return new uPlot(
    options(box, Number(box.dataset.height), {
      scales: { x: { time: true, range: timeRange }, y: { range: () => [0, bands.length] } },
      axes: [
        axis({ values: timeTicks, space: 64, size: 34, grid: { show: false } }),
        axis({
          splits: () => bands.map((_, band) => band + 0.5),
          values: () => bands.map((name, band) => (isNarrow && band % 2 === 1 ? "" : name)),
          size: isNarrow ? 82 : 92,
          grid: { show: false },
          ticks: { show: false },
        }),
      ],
      series: [{ label: "time", value: (_u, value) => (value === null ? "–" : time(value)) }].concat(
        marks.map(({ label }, i) => ({
          label,
          stroke: color("ink"),
          width: 1.5,
          dash: i === 0 ? [7, 4] : [2, 3],
          points: { show: false },
          value: () => "",
        })),
      ),
      hooks: { drawClear: [paint], setCursor: [tell] },
    }),
    [x, ...marks.map(({ at }) => x.map(() => at))],
    box,
  );
};

const drawn = new Map();
const draw = (box) => {
  drawn.get(box)?.destroy();
  const u = box.dataset.plot === undefined ? drawHeat(box) : drawLines(box);
  drawn.set(box, u);
  for (const label of box.querySelectorAll(".u-series:not(:first-child) th")) {
    label.tabIndex = 0;
    label.setAttribute("role", "button");
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      label.click();
    });
  }
};

const boxes = [...document.querySelectorAll(".plot")];
for (const box of boxes) {
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || event.target !== box) return;
    event.preventDefault();
    const u = drawn.get(box);
    const xs = u.data[0];
    const at = Math.min(xs.length - 1, Math.max(0, (u.cursor.idx ?? (step > 0 ? -1 : xs.length)) + step));
    u.setCursor({ left: u.valToPos(xs[at], "x"), top: u.cursor.top > 0 ? u.cursor.top : u.over.clientHeight / 2 });
  });
  draw(box);
}

let width = document.documentElement.clientWidth;
let waiting = 0;
const again = () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => boxes.forEach(draw));
};
addEventListener("resize", () => {
  if (document.documentElement.clientWidth === width) return;
  width = document.documentElement.clientWidth;
  again();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
