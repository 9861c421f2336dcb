// The documents name files, tests and commands: they must be there.
import { existsSync, readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

const IDS = "W-1 W-2 W-3 W-4 A-1 A-2 A-3 A-4 P-1 P-2 P-3 P-4 L-1 L-2 L-3 F-1 F-2 R-1 G-1".split(" ");

/** Of "`file` › a name; another<br>`file` › …", what no test file has. */
function missingTests(tests: string): string[] {
  return tests.split("<br>").flatMap((entry) => {
    const [file = "", names = ""] = entry.split(" › ");
    if (names === "") return [`${file} names no test`];
    const source = read(`test/${file.replaceAll("`", "")}`);
    // "; " stands between two names and within some, and a word in brackets may follow the last.
    let rest = names;
    while (rest !== "") {
      const parts = rest.split("; ");
      const found = parts
        .map((_, index) => parts.slice(0, index + 1).join("; "))
        .find((name) => source.includes(name) || source.includes(name.replace(/ \([a-z]+\)$/, "")));
      if (found === undefined) return [`${file} has no test "${rest}"`];
      rest = rest.slice(found.length).replace(/^; /, "");
    }
    return [];
  });
}

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
      expect(missingTests(tests)).to.deep.equal([]);
    });
  }

  const lessons = read("docs/lessons.md")
    .split("\n")
    .filter((line) => line.startsWith("| **"))
    .map((line) => line.replace(/^\| | \|$/g, "").split(" | "));

  it("name tests of each lesson that exist, a limit and a source", () => {
    for (const [happened = "", , , tests = "", limit = "", source = "", ...more] of lessons) {
      expect(more, happened).to.deep.equal([]);
      expect(limit, happened).to.not.equal("");
      expect(source, happened).to.match(/\]\(https?:\/\//);
      for (const [, shown, target] of tests.matchAll(/\[`(.+?)`\]\(\.\.\/test\/(.+?)\)/g)) {
        expect(shown).to.equal(target);
      }
      expect(missingTests(tests.replaceAll(/\[(`.+?`)\]\(.+?\)/g, "$1")), happened).to.deep.equal([]);
    }
    expect(lessons.length > 30).to.equal(true);
  });

  it("have a lesson for each test of test/lessons", () => {
    const named = lessons.map(([, , , tests = ""]) => tests).join();
    const files = readdirSync(new URL("test/lessons/", root)).filter((file) => file.endsWith(".test.ts"));
    for (const file of files) expect(named, file).to.include(`lessons/${file}`);
  });

  for (const file of ["README.md", "docs/decisions.md", "docs/invariants.md", "docs/lessons.md"]) {
    it(`${file} links to files that exist`, () => {
      const base = new URL(file, root);
      const targets = [...read(file).matchAll(/\]\(([^)#]+)\)/g)].map(([, target = ""]) => target);
      const local = targets.filter((target) => !/^https?:/.test(target));
      expect(local.filter((target) => !existsSync(new URL(target, base)))).to.deep.equal([]);
    });
  }

  it("README.md names commands that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [, name = ""] of read("README.md").matchAll(/npm run ([a-z]+(?::[a-z0-9]+)?)/g)) {
      expect(scripts[name], name).to.not.equal(undefined);
    }
  });
});
