// What came of many paths.
import type { Distribution, Summary } from "../montecarlo/summary.js";
import type { Figure } from "../scenario.js";
import { count, percent, whole } from "./format.js";
import { html, type Html, NOTHING } from "./html.js";
import { table } from "./parts.js";

const SPREADS: readonly { column: Figure; title: string }[] = [
  { column: "haircut", title: "haircut of a share" },
  { column: "loss", title: "bad debt, of what was lent" },
  { column: "fundLoss", title: "loss of the fund, of its stake" },
  { column: "shortfall", title: "largest shortfall, of assets" },
  { column: "coverage", title: "least cover, of debt" },
];

const nameOf = ({ changes }: Distribution): string =>
  Object.entries(changes)
    .map(([key, value]) => `${key} = ${value}`)
    .join(", ") || "the market as it is";

export function monteCarloSection({ meta, distributions }: Summary): Html {
  return html`<p>
      ${count(meta.paths, "path")} of ${count(meta.steps, "step")}, made of blocks of ${meta.block} rows of real prices,
      seed ${meta.seed}. p95: 95 of 100 paths end no worse. Circle: p50; square: p95; diamond: p99; bar: the worst path.
      Lines are 95${"\u202f"}% intervals: how sure so many paths make it.
    </p>
    ${table(
      "How likely is a haircut",
      [{ name: "market" }, { name: "paths with one" }, { name: "probability" }, { name: "from" }, { name: "to" }],
      distributions.map((each) => [
        nameOf(each),
        `${whole(each.haircuts)} of ${whole(each.paths)}`,
        percent(each.haircutProbability.value),
        percent(each.haircutProbability.low),
        percent(each.haircutProbability.high),
      ]),
    )}${SPREADS.map(({ column, title }) => spreadFigure(title, column, distributions))}`;
}

/** Median, p95, p99 and the worst of each market on one scale, with the lines of what is sure. */
function spreadFigure(title: string, column: Figure, distributions: readonly Distribution[]): Html {
  const spreads = distributions.map((each) => each.columns[column]);
  const most = Math.max(
    1e-6,
    ...spreads.flatMap(({ worst, p50, p99 }) => [worst, p50.value, p99.value, p99.high ?? 0]),
  );
  const x = (value: number): number => 100 * Math.max(0, Math.min(1, value / most));
  const at = (value: number): string => `${x(value).toFixed(2)}%`;
  return html`<figure class="spread">
    <h3>${title}</h3>
    ${distributions.map((each, i) => {
      const spread = spreads[i];
      if (spread === undefined) return NOTHING;
      const marks = (["p50", "p95", "p99"] as const).map((name) => ({ name, ...spread[name] }));
      const told = [...marks.map(({ name, value }) => `${name} ${percent(value)}`), `worst ${percent(spread.worst)}`];
      return html`<div class="spread-row">
        <span class="spread-name">${nameOf(each)}</span>
        <div class="spread-line" role="img" aria-label="${told.join(", ")}">
          ${marks.map(
            ({ name, value, low, high }) =>
              html`<i
                  class="sure"
                  style="left:${at(Math.min(low ?? value, high ?? value))};width:${(x(Math.max(low ?? value, high ?? value)) - x(Math.min(low ?? value, high ?? value))).toFixed(2)}%"
                ></i
                ><i class="mark ${name}" style="left:${at(value)}"></i>`,
          )}<i class="mark worst" style="left:${at(spread.worst)}"></i>
        </div>
        <span class="spread-told">${told.join(" · ")}</span>
      </div>`;
    })}
  </figure>`;
}

/** In one sentence: how often suppliers bear something, and how much in a bad path. */
export function manyHeadline({ meta, distributions }: Summary): string {
  const { haircutProbability: probability, columns, haircuts } = distributions[0] as Distribution;
  const p99 = columns.haircut.p99;
  const market = distributions.length === 1 ? "" : `${nameOf(distributions[0] as Distribution)}: `;
  return (
    `${market}In ${whole(haircuts)} of ${count(meta.paths, "path")} suppliers bore a haircut, ` +
    `${percent(probability.value)} (between ${percent(probability.low)} and ${percent(probability.high)} at 95\u202f%); ` +
    `99 of 100 paths take at most ${percent(p99.value)} of a share.`
  );
}

export const manyProvenance = (meta: Summary["meta"], digest: string): Html =>
  html`${table(
      "These paths",
      [{ name: "item" }, { name: "value", isText: true }],
      [
        ["scenario", meta.scenario],
        ["seed", String(meta.seed)],
        ["digest of everything that decides the result", html`<code>${digest}</code>`],
      ],
    )}
    <p class="muted">
      Beside this page: monte-carlo.json has all of it, paths.csv every path. It asks nothing of the network.
    </p>`;
