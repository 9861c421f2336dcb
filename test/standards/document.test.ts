// docs/standards.md names every test of this folder, the tests name every row, and departures stand in its last table.
import { existsSync, readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";

const here = new URL("./", import.meta.url);
const page = new URL("../../docs/standards.md", here);
const ID = /\b(?:20|2612|3156|4626|712|7540)-\d\d\b/g;

const sorted = (ids: Iterable<string>): string[] => [...new Set(ids)].toSorted();

/** The number of a test, from its quoted title. */
const idOf = (title: string): string => title.slice(1, title.indexOf(" "));

describe("docs/standards.md", () => {
  const text = readFileSync(page, "utf8");
  const [rows = "", departures = ""] = text.split("## Departures");
  const titles = readdirSync(here)
    .filter((file) => file.endsWith(".ts") && file !== "document.test.ts")
    .flatMap(
      (file) => readFileSync(new URL(file, here), "utf8").match(/"(?:20|2612|3156|4626|712|7540)-\d\d [^"]+"/g) ?? [],
    );

  it("names each test once, and no other", () => {
    expect(sorted(titles.map(idOf)).length, "numbers are unique").to.equal(titles.length);
    expect(sorted(rows.match(ID) ?? [])).to.deep.equal(sorted(titles.map(idOf)));
  });

  it("lists every departure, and nothing else, among the departures", () => {
    const departed = titles.filter((title) => title.includes("(departure")).map(idOf);
    expect(sorted(departures.match(ID) ?? [])).to.deep.equal(sorted(departed));
  });

  it("links to files that exist", () => {
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      expect(existsSync(new URL(target, page)), target).to.equal(true);
    }
  });
});
