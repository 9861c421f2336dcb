// The documents name files, tests and commands: they must be there.
import { existsSync, readFileSync } from "node:fs";

import { expect } from "chai";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

const IDS = "W-1 W-2 W-3 W-4 A-1 A-2 A-3 A-4 P-1 P-2 P-3 P-4 L-1 L-2 L-3 F-1 F-2 R-1 G-1".split(" ");

describe("the documents", () => {
  const rows = read("docs/invariants.md")
    .split("\n")
    .filter((line) => /^\| [A-Z]-\d \|/.test(line))
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));

  it("name a test for each invariant", () => {
    expect(rows.map(([id]) => id)).to.deep.equal(IDS);
    for (const [id, , tests = ""] of rows) expect(tests, id).to.include(".test.ts` › ");
  });

  for (const [id = "", , tests = ""] of rows) {
    it(`name tests of ${id} that exist`, () => {
      for (const entry of tests.split("<br>")) {
        const [file = "", names = ""] = entry.split(" › ");
        const source = read(`test/${file.replaceAll("`", "")}`);
        // "; " stands between two names and within some, and a word in brackets may follow the last.
        let rest = names;
        while (rest !== "") {
          const parts = rest.split("; ");
          const found = parts
            .map((_, index) => parts.slice(0, index + 1).join("; "))
            .find((name) => source.includes(name) || source.includes(name.replace(/ \([a-z]+\)$/, "")));
          expect(found, `${file} has no test "${rest}"`).to.not.equal(undefined);
          rest = rest.slice((found ?? "").length).replace(/^; /, "");
        }
      }
    });
  }

  for (const file of ["README.md", "docs/decisions.md", "docs/invariants.md"]) {
    it(`${file} links to files that exist`, () => {
      const base = new URL(file, root);
      for (const [, target = ""] of read(file).matchAll(/\]\(([^)#]+)\)/g)) {
        expect(existsSync(new URL(target, base)), target).to.equal(true);
      }
    });
  }

  it("README.md names commands that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [, name = ""] of read("README.md").matchAll(/npm run ([a-z]+)/g)) {
      expect(scripts[name], name).to.not.equal(undefined);
    }
  });
});
