// The page: a head that forbids every request, the sections, and what they are drawn with.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import { count, day, duration } from "./format.js";
import { Html, html, scriptJson } from "./html.js";
import { heatOf, paidPlot, plotsOf } from "./plots.js";
import { sectionsOf } from "./sections.js";
import { headline } from "./tables.js";
import type { ReportInput } from "./input.js";

const UPLOT = path.dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
const read = (file: string): string => readFileSync(file, "utf8");
const own = (name: string): string => read(path.join(import.meta.dirname, name));

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function pageOf(report: ReportInput): string {
  const { scenario, outcome, comparison } = report;
  const first = outcome.rows[0]?.time ?? 0;
  const last = outcome.rows.at(-1)?.time ?? first;
  const sections = sectionsOf(report);
  const plots = plotsOf(outcome);
  if (comparison !== undefined) plots["paid"] = paidPlot(comparison);
  const data = { plots, heat: heatOf(scenario, outcome) };
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
        <title>${scenario.title} · Mutua simulation</title>
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
          <p class="kicker">Mutua simulation · ${scenario.price.venue}</p>
          <h1>${scenario.title}</h1>
          ${scenario.about === undefined ? new Html("") : html`<p class="about">${scenario.about}</p>`}
          <p class="headline" id="headline">${headline(report)}</p>
          <p class="muted">
            ${day(first)} to ${day(last)}, ${duration(last - first)} in ${count(outcome.rows.length, "step")}. All times
            are UTC. All amounts are in the loan asset unless said otherwise; k, m and bn are thousand, million and
            billion.
          </p>
          <nav aria-label="Sections">
            <ul>
              ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main id="main">
          ${sections.map(
            ({ id, title, body }) =>
              html`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${title}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <script type="application/json" id="data">
          ${new Html(scriptJson(data))}
        </script>
        <script>
          ${new Html(read(path.join(UPLOT, "dist/uPlot.iife.min.js")))};
        </script>
        <script type="module">
          ${new Html(own("client.js"))};
        </script>
      </body>
    </html> `.text;
}
