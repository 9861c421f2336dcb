// The server of `npm start`: what it serves, and whom it refuses.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";

import { expect } from "chai";

import { Refused } from "../../scripts/local/controls.js";
import { serveSite } from "../../scripts/local/server.js";

const SCRIPT = "document.title = 'hi';";
const PAGE = `<!doctype html><script>${SCRIPT}</script><script type="module" src="./assets/main-a1.js"></script>`;
const CODE = `console.log("${"x".repeat(500)}");`;
const JSON_TYPE = "application/json; charset=utf-8";

type Said = { status: number; headers: IncomingHttpHeaders; body: Buffer };

const errorOf = ({ status, body }: Said): [number, string] => [
  status,
  (JSON.parse(body.toString()) as { error: string }).error,
];

describe("the server of npm start", () => {
  const asked: [string, unknown][] = [];
  const requests: string[] = [];
  let folder: string;
  let server: Server;
  let node: Server;
  let port: number;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "mutua-site-"));
    const app = path.join(folder, "app");
    mkdirSync(path.join(app, "assets"), { recursive: true });
    writeFileSync(path.join(app, "index.html"), PAGE);
    writeFileSync(path.join(app, "assets/main-a1.js"), CODE);
    writeFileSync(path.join(app, "assets/icon.svg"), "<svg/>");
    writeFileSync(path.join(app, "notes.exe"), "no type of a web page");
    writeFileSync(path.join(folder, "secret.txt"), "secret");
    symlinkSync(path.join(folder, "secret.txt"), path.join(app, "link.txt"));

    node = createServer((incoming, response) => {
      let text = "";
      incoming.on("data", (part: Buffer) => (text += part.toString()));
      incoming.on("end", () => {
        requests.push(text);
        response.writeHead(200, { "content-type": "application/json" }).end('{"result":"0x1"}');
      });
    });
    await new Promise<void>((resolve) => void node.listen(0, "127.0.0.1", resolve));
    const controls = {
      state: () => ({ crises: [], running: null, log: [{ block: 3, text: "It rained." }] }),
      act: async (name: string, body: unknown) => {
        asked.push([name, body]);
        if (name === "busy") throw new Refused(409, "Wait a little.");
        if (name === "broken") throw new Error("the node is gone\nand this is a second line");
        return "Done.";
      },
    };
    const rpcUrl = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
    server = await serveSite({ folder: app, config: { chainName: "Here" }, controls, rpcUrl }, 0);
    ({ port } = server.address() as AddressInfo);
  });

  after(() => {
    server.close();
    node.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The path as it is: no client here resolves dots. */
  async function ask(
    target: string,
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) {
    const { method = "GET", headers = {}, body } = options;
    return await new Promise<Said>((resolve, reject) => {
      const outgoing = request({ host: "127.0.0.1", port, path: target, method, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
        );
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  const post = async (target: string, body: string, headers: Record<string, string> = {}) =>
    await ask(target, {
      method: "POST",
      headers: { origin: `http://127.0.0.1:${port}`, "content-type": "application/json", ...headers },
      body,
    });
  it("serves the page with its type, asked for anew each time, and with a policy that allows only its own scripts", async () => {
    const { status, headers, body } = await ask("/");
    expect([status, headers["content-type"], headers["cache-control"]]).to.deep.equal([
      200,
      "text/html; charset=utf-8",
      "no-cache",
    ]);
    expect(body.toString()).to.equal(PAGE);
    const policy = String(headers["content-security-policy"]);
    const hash = createHash("sha256").update(SCRIPT).digest("base64");
    expect(policy).to.include(`script-src 'self' 'sha256-${hash}';`);
    expect(policy).to.include("frame-ancestors 'none'");
    expect(policy).to.not.match(/https:|script-src[^;]*unsafe/);
    expect(headers["x-content-type-options"]).to.equal("nosniff");
  });

  it("serves assets to be kept, compressed for who takes that", async () => {
    const plain = await ask("/assets/main-a1.js");
    expect(plain.headers["cache-control"]).to.equal("public, max-age=31536000, immutable");
    expect([plain.headers["content-type"], plain.body.toString()]).to.deep.equal([
      "text/javascript; charset=utf-8",
      CODE,
    ]);
    const small = await ask("/assets/main-a1.js", { headers: { "accept-encoding": "br, gzip" } });
    expect(small.headers["content-encoding"]).to.equal("gzip");
    expect(gunzipSync(small.body).toString()).to.equal(CODE);
    expect((await ask("/assets/icon.svg?v=2")).headers["content-type"]).to.equal("image/svg+xml");
  });

  it("answers HEAD without a body, and no other method", async () => {
    const head = await ask("/", { method: "HEAD" });
    expect([head.status, head.body.length, head.headers["content-length"]]).to.deep.equal([200, 0, `${PAGE.length}`]);
    expect((await ask("/", { method: "DELETE" })).status).to.equal(405);
    expect((await ask("/config.json", { method: "PUT" })).status).to.equal(405);
  });

  it("serves the configuration, never from a cache", async () => {
    const { headers, body } = await ask("/config.json");
    expect(body.toString()).to.equal('{"chainName":"Here"}');
    expect([headers["content-type"], headers["cache-control"]]).to.deep.equal([JSON_TYPE, "no-store"]);
  });

  for (const escape of [
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..\\secret.txt",
    "//secret.txt",
    "/link.txt",
    "/notes.exe",
    "/assets",
    "/assets/",
    "/%00",
    "/%",
    "/controls.txt",
  ]) {
    it(`has nothing at ${escape}`, async () => {
      expect(errorOf(await ask(escape))).to.deep.equal([404, "There is no such file here."]);
    });
  }

  it("serves loopback names alone, so that nobody's name can lead a browser here", async () => {
    for (const host of [`localhost:${port}`, `[::1]:${port}`, "127.0.0.1"]) {
      expect((await ask("/", { headers: { host } })).status, host).to.equal(200);
    }
    for (const host of ["evil.example", `127.0.0.1.evil.example:${port}`, "localhost.evil.example", "192.168.0.7"]) {
      for (const target of ["/", "/controls", "/config.json"]) {
        expect(errorOf(await ask(target, { headers: { host } }))[0], host + target).to.equal(403);
      }
      const said = await post("/controls/price", "{}", { host, origin: `http://${host}` });
      expect(said.status, host).to.equal(403);
    }
    expect(asked).to.deep.equal([]);
  });

  it("says what the controls say", async () => {
    const state = await ask("/controls");
    expect(JSON.parse(state.body.toString())).to.deep.equal({
      crises: [],
      running: null,
      log: [{ block: 3, text: "It rained." }],
    });
    expect(state.headers["cache-control"]).to.equal("no-store");
    const said = await post("/controls/price", '{"percent":-45}', {
      "content-type": "application/json; charset=utf-8",
    });
    expect([said.status, said.body.toString()]).to.deep.equal([200, '{"text":"Done."}']);
    expect(asked.splice(0)).to.deep.equal([["price", { percent: -45 }]]);
    expect(errorOf(await post("/controls/busy", ""))).to.deep.equal([409, "Wait a little."]);
    expect(errorOf(await post("/controls/broken", "{}"))).to.deep.equal([500, "the node is gone"]);
    expect(asked.splice(0)).to.deep.equal([
      ["busy", {}],
      ["broken", {}],
    ]);
  });

  it("takes commands of its own page alone, as JSON of a sensible size", async () => {
    const body = '{"percent":-45}';
    const foreign = "Only the page that is served here may do that.";
    for (const target of ["/controls/price", "/rpc"]) {
      expect(errorOf(await post(target, body, { origin: "https://evil.example" }))).to.deep.equal([403, foreign]);
      expect(errorOf(await post(target, body, { origin: "null" }))).to.deep.equal([403, foreign]);
      expect(errorOf(await post(target, body, { origin: `http://localhost:${port}` }))).to.deep.equal([403, foreign]);
      const headers = { "content-type": "application/json" };
      expect(errorOf(await ask(target, { method: "POST", headers, body }))).to.deep.equal([403, foreign]);
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
        expect((await post(target, body, { "content-type": type })).status, type).to.equal(415);
      }
      expect((await ask(target)).status, target).to.equal(405);
    }
    expect(errorOf(await post("/controls/price", "{percent:"))).to.deep.equal([400, "The body is not JSON."]);
    expect((await post("/controls/price", `"${"x".repeat(10_000)}"`)).status).to.equal(413);
    expect((await post("/controls", body)).status).to.equal(405);
    expect(asked).to.deep.equal([]);
    expect(requests).to.deep.equal([]);
  });

  it("hands the node what the page asks it", async () => {
    const call = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}';
    const said = await post("/rpc", call);
    expect([said.status, said.body.toString()]).to.deep.equal([200, '{"result":"0x1"}']);
    expect(requests).to.deep.equal([call]);
  });

  it("says that a port is busy, so that another one is taken", async () => {
    const site = {
      folder: path.join(folder, "app"),
      config: {},
      controls: { state: () => ({ crises: [], running: null, log: [] }), act: async () => "" },
      rpcUrl: "",
    };
    const code = await serveSite(site, port).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(code).to.equal("EADDRINUSE");
  });
});
