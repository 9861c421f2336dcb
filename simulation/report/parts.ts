// What sections are put together from.
import { html, type Html, NOTHING } from "./html.js";

/** Tables of the page have no more; the CSV files have all. */
export const MOST_ROWS = 40;

export const sum = <T>(list: readonly T[], of: (item: T) => number): number =>
  list.reduce((total, item) => total + of(item), 0);

export function plot(id: string, label: string, caption: Html, height = 260): Html {
  return html`<figure>
    <div
      class="plot"
      data-plot="${id}"
      data-height="${height}"
      tabindex="0"
      role="img"
      aria-label="${label}. Arrow keys move along it."
    ></div>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

export type Column = { readonly name: string; readonly isText?: true };

export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (string | Html)[])[],
): Html {
  const cell = (value: string | Html, i: number): Html => {
    if (i === 0) return html`<th scope="row">${value}</th>`;
    return columns[i]?.isText ? html`<td class="text">${value}</td>` : html`<td>${value}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(
            ({ name, isText }, i) =>
              html`<th scope="col" ${i === 0 || isText ? html` class="text"` : NOTHING}>${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export const details = (title: string, body: Html): Html =>
  html`<details>
    <summary>${title}</summary>
    ${body}
  </details>`;
