// Every page as it looks: on a phone and a desktop, light and dark, with nothing cut off, and nothing that axe finds
// serious.
import { expect } from "chai";

import { cutOff, seriousFindings } from "./lib/checks.ts";
import { useStage } from "./lib/stage.ts";
import { THEMES, type Width, WIDTHS } from "./lib/visit.ts";

const MARKET = "usd-eth";
const STORY = "story";

/** By the name of the screenshot: what follows "#/", and who looks. */
const PAGES: Record<string, { path: string; as?: string }> = {
  markets: { path: "markets" },
  market: { path: `market/${MARKET}` },
  "market-after-a-loss": { path: `market/${STORY}`, as: "ada" },
  supply: { path: `market/${MARKET}/supply`, as: "ada" },
  "supply-as-nobody": { path: `market/${MARKET}/supply` },
  borrow: { path: `market/${MARKET}/borrow`, as: "gil" },
  insure: { path: `market/${MARKET}/insure`, as: "ada" },
  claim: { path: `market/${MARKET}/claim`, as: "fay" },
  "claim-after-a-loss": { path: `market/${STORY}/claim`, as: "ada" },
  positions: { path: "positions", as: "ada" },
  "positions-as-nobody": { path: "positions" },
  governance: { path: "governance", as: "governor" },
  "no-such-page": { path: "nowhere" },
  "no-such-market": { path: "market/nowhere" },
};

describe("every page fits, and axe finds nothing serious:", () => {
  const stage = useStage();

  for (const [name, { path, as }] of Object.entries(PAGES)) {
    it(name, async function () {
      this.timeout(180_000);
      for (const width of Object.keys(WIDTHS) as Width[]) {
        const visit = await stage.visit({ width, path, ...(as === undefined ? {} : { as }) });
        for (const theme of THEMES) {
          await visit.setTheme(theme);
          await visit.settle();
          const look = `${name}-${width}-${theme}`;
          await visit.screenshot(look);
          expect(await cutOff(visit.page), look).to.deep.equal([]);
          expect(await seriousFindings(visit.page), look).to.deep.equal([]);
        }
      }
    });
  }

  it("none of them asks anybody but its host and its node", async function () {
    this.timeout(180_000);
    const visit = await stage.visit({ as: "ada" });
    const asked = new Set<string>();
    visit.page.on("request", (request) => asked.add(new URL(request.url()).host));
    for (const { path } of Object.values(PAGES)) {
      await visit.go(path);
      await visit.settle();
    }
    expect([...asked]).to.deep.equal([new URL(stage.system.url).host]);
  });
});
