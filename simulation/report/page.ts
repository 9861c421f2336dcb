// The page: a head that forbids every request, the sections, and what they are drawn with.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import type { Summary } from "../montecarlo/summary.js";
import { count, day, duration } from "./format.js";
import { Html, html, NOTHING, scriptJson } from "./html.js";
import { heatOf, paidPlot, plotsOf } from "./plots.js";
import { type Section, sectionsOf } from "./sections.js";
import { headline } from "./tables.js";
import type { ReportInput } from "./input.js";
import { manyHeadline, manyProvenance, monteCarloSection } from "./many.js";

const UPLOT = path.dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
const read = (file: string): string => readFileSync(file, "utf8");
const own = (name: string): string => read(path.join(import.meta.dirname, name));

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

type Page = {
  readonly title: string;
  readonly kicker: string;
  readonly about: string | undefined;
  readonly headline: string;
  readonly note: string;
  readonly sections: readonly Section[];
  /** What plots are drawn from, if there are any. */
  readonly data?: unknown;
};

const UNITS =
  "All times are UTC. All amounts are in the loan asset unless said otherwise; k, m and bn are thousand, million and billion.";

export function pageOf(report: ReportInput): string {
  const { scenario, outcome, comparison } = report;
  const first = outcome.rows[0]?.time ?? 0;
  const last = outcome.rows.at(-1)?.time ?? first;
  const plots = plotsOf(outcome);
  if (comparison !== undefined) plots["paid"] = paidPlot(comparison);
  return documentOf({
    title: scenario.title,
    kicker: scenario.price.venue,
    about: scenario.about,
    headline: headline(report),
    note: `${day(first)} to ${day(last)}, ${duration(last - first)} in ${count(outcome.rows.length, "step")}. ${UNITS}`,
    sections: sectionsOf(report),
    data: { plots, heat: heatOf(scenario, outcome) },
  });
}

/** Many paths by themselves, without a run to show. */
export function manyPageOf(summary: Summary): string {
  const { meta, digest } = summary;
  return documentOf({
    title: meta.title,
    kicker: "many paths",
    about: undefined,
    headline: manyHeadline(summary),
    note: UNITS,
    sections: [
      { id: "monte-carlo", title: "On many paths", body: monteCarloSection(summary) },
      { id: "provenance", title: "Where this comes from", body: manyProvenance(meta, digest) },
    ],
  });
}

function documentOf({ title, kicker, about, headline: line, note, sections, data }: Page): string {
  // The licence asks that its text goes along.
  const licence = read(path.join(UPLOT, "LICENSE")).trim().replaceAll("--", "- -");
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title} · Mutua simulation</title>
        <!-- The plots are drawn by uPlot:
${new Html(licence)}
-->
        <style>
          ${new Html(read(path.join(UPLOT, "dist/uPlot.min.css")))}
          ${new Html(own("style.css"))}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the report</a>
        <header>
          <p class="kicker">Mutua simulation · ${kicker}</p>
          <h1>${title}</h1>
          ${about === undefined ? NOTHING : html`<p class="about">${about}</p>`}
          <p class="headline" id="headline">${line}</p>
          <p class="muted">${note}</p>
          <nav aria-label="Sections">
            <ul>
              ${sections.map((each) => html`<li><a href="#${each.id}">${each.title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main id="main">
          ${sections.map(
            (each) =>
              html`<section id="${each.id}" aria-labelledby="${each.id}-title">
                <h2 id="${each.id}-title">${each.title}</h2>
                ${each.body}
              </section> `,
          )}
        </main>
        ${data === undefined ? NOTHING : scripts(data)}
      </body>
    </html> `.text;
}

const scripts = (data: unknown): Html =>
  html`<script type="application/json" id="data">
      ${new Html(scriptJson(data))}
    </script>
    <script>
      ${new Html(read(path.join(UPLOT, "dist/uPlot.iife.min.js")))};
    </script>
    <script type="module">
      ${new Html(own("client.js"))};
    </script>`;
