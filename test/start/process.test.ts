// `npm start` as its user meets it: busy ports, the page, a control, Ctrl-C. The app itself is a stand-in here.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

const ROOT = path.join(import.meta.dirname, "../..");
const HARDHAT = path.join(ROOT, "node_modules/hardhat/dist/src/cli.js");

describe("npm start", () => {
  const busy: Server[] = [];
  let folder: string;
  let child: ChildProcess;
  let output = "";

  const ended = async (): Promise<number | null> =>
    await new Promise((resolve) => {
      if (child.exitCode !== null) resolve(child.exitCode);
      else child.once("exit", resolve);
    });
  const find = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? "";

  before(async function () {
    this.timeout(180_000);
    // Somebody else may have them already, which is as good.
    for (const port of [8545, 8080]) {
      const server = createServer();
      const listening = await new Promise<boolean>((resolve) => {
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => resolve(true));
      });
      if (listening) busy.push(server);
    }
    folder = mkdtempSync(path.join(tmpdir(), "mutua-start-"));
    writeFileSync(path.join(folder, "index.html"), "<!doctype html><title>A stand-in</title>");
    child = spawn(process.execPath, [HARDHAT, "run", "--no-compile", "scripts/start.ts"], {
      cwd: ROOT,
      env: { ...process.env, MUTUA_ONCE: "0", MUTUA_APP: folder, MUTUA_DEPLOYMENTS: path.join(folder, "deployments") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    await new Promise<void>((resolve, reject) => {
      const listen = (text: Buffer) => {
        output += text.toString();
        if (output.includes("until Ctrl-C.\n") && output.includes("stays up")) resolve();
      };
      child.stdout?.on("data", listen);
      child.stderr?.on("data", listen);
      child.once("exit", (code) => reject(new Error(`npm start ended with ${code}: ${output}`)));
    });
  });

  after(async () => {
    child.kill("SIGKILL");
    await ended();
    for (const server of busy) server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says that a port is busy, and takes another one", () => {
    expect(output).to.match(/Port 8545 is busy: taking 85\d\d\./);
    expect(output).to.match(/Port 8080 is busy: taking 80\d\d\./);
  });

  it("tells the story, and says in a few lines at its end what to open and which key to use", () => {
    expect(output).to.include("-8.1633 %");
    const [, end = ""] = output.split(/^(?=Open .*\n {2}The app)/m);
    expect(end.split("\n").length < 18).to.equal(true);
    expect(end).to.match(/RPC http:\/\/127\.0\.0\.1:85\d\d .* chain id 31337/);
    expect(end).to.match(/ada 0x[0-9a-fA-F]{40}\n {2}key 0x[0-9a-f]{64}\n/);
    // Where the temporary folder is doesn't count: a user's addresses are in deployments/.
    for (const line of output.replaceAll(`${folder}${path.sep}`, "").split("\n"))
      expect(line.length <= 120, line).to.equal(true);
  });

  it("serves the page, its configuration and the controls, which act on the chain", async () => {
    const page = find(/^Open (http:\S+)$/m);
    expect(await (await fetch(page)).text()).to.include("A stand-in");
    const config = (await (await fetch(`${page}config.json`)).json()) as {
      rpcUrls: string[];
      deployment: { network: string; startBlock: number; roles: object; markets: { name: string }[] };
      local: { controls: string; accounts: { name: string }[] };
    };
    expect(config.rpcUrls).to.deep.equal(["./rpc", find(/^RPC (http:\S+) /m)]);
    expect(config.deployment.markets.map(({ name }) => name)).to.deep.equal(["usd-eth", "usd-weth", "story"]);
    expect(config.local.accounts.map(({ name }) => name)).to.include.members([
      "ada",
      "liv",
      "governor",
      "oracle manager",
    ]);
    const response = await fetch(`${page}controls/price`, {
      method: "POST",
      headers: { origin: page.replace(/\/$/, ""), "content-type": "application/json" },
      body: JSON.stringify({ market: "usd-eth", percent: -10 }),
    });
    const { text } = (await response.json()) as { text: string };
    expect(text).to.match(/^Price 2,000 → 1,800\. 4 of 33 positions can be liquidated; no shortfall: /);
  });

  it("names the file of its addresses after a port that is not the usual one, and leaves nothing behind at Ctrl-C", async () => {
    const [page, rpc] = [find(/^Open (http:\S+)$/m), find(/^RPC (http:\S+) /m)];
    const file = path.join(folder, "deployments", `local-${new URL(rpc).port}.json`);
    expect(existsSync(file)).to.equal(true);
    const began = Date.now();
    child.kill("SIGINT");
    expect(await ended()).to.equal(0);
    expect(Date.now() - began < 3_000).to.equal(true);
    expect(output).to.match(/\nStopped\. /);
    expect(readdirSync(path.join(folder, "deployments"))).to.deep.equal([]);
    for (const url of [page, rpc]) {
      const answered = await fetch(url).then(
        () => true,
        () => false,
      );
      expect(answered, url).to.equal(false);
    }
  });
});
