// Serves the built app on loopback, with its config.json, the controls and a way to the node. To this machine alone: the
// Host must be a loopback one, so that no name of somebody else's that leads here is served; and what changes something
// must come from the served page, as JSON.
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import { gzip as gzipCallback } from "node:zlib";

import { reasonOf } from "../lib/problem.js";
import { type Controls, Refused } from "./controls.js";

export const HOST = "127.0.0.1";
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
const MOST_BYTES = 10_000;
const MOST_RPC_BYTES = 5_000_000;

const gzip = promisify(gzipCallback);

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
const COMPRESSED = /^(text|application|image\/svg)/;

const HEADERS = {
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

export type Site = {
  /** Of the built app. */
  folder: string;
  config: unknown;
  controls: Controls;
  /** The node that ./rpc leads to. */
  rpcUrl: string;
};

/** No third party, no frame, no plug-in; of scripts within the page those that it was built with. */
function policyOf(page: string): string {
  const hashes = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(
    ([, script = ""]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  return (
    `default-src 'self'; script-src 'self'${hashes.join("")}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ` +
    "connect-src 'self' http://127.0.0.1:* http://localhost:* ws://127.0.0.1:* ws://localhost:*; object-src 'none'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  );
}

/** Listens on that port, or fails with EADDRINUSE. */
export async function serveSite(site: Site, port: number): Promise<Server> {
  const policy = policyOf(await readFile(path.join(site.folder, "index.html"), "utf8"));
  const server = createServer((request, response) => {
    response.setHeader("content-security-policy", policy);
    answer(site, request, response).catch((error: unknown) => {
      const status = error instanceof Refused ? error.status : 500;
      if (!response.headersSent) sendJson(response, status, { error: reasonOf(error) });
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: HOST, exclusive: true }, resolve);
  });
  return server;
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const host = request.headers.host ?? "";
  if (!LOOPBACK.includes(host.replace(/:\d+$/, ""))) {
    throw new Refused(403, `"${host}" is not served here: open http://${HOST}:${request.socket.localPort}/.`);
  }
  const pathname = pathOf(request.url ?? "/");
  if (pathname === "/rpc") return await forward(site, request, response);
  if (pathname.startsWith("/controls")) return await control(site, pathname, request, response);
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new Refused(405, `${request.method} is not answered here: GET and HEAD are.`);
  }
  if (pathname === "/config.json") return sendJson(response, 200, site.config);
  await sendFile(site.folder, pathname, request, response);
}

/** Percent signs are resolved once, before anything looks at it. */
function pathOf(url: string): string {
  try {
    const decoded = decodeURIComponent(url.replace(/[?#].*$/s, ""));
    if (decoded.startsWith("/") && !/[\0\\]/.test(decoded)) return decoded;
  } catch {
    // Not percent-encoded text.
  }
  throw new Refused(400, "That is no path.");
}

async function control({ controls }: Site, pathname: string, request: IncomingMessage, response: ServerResponse) {
  const name = pathname.slice("/controls".length).replace(/^\//, "");
  if (request.method === "GET" && name === "") return sendJson(response, 200, controls.state());
  if (request.method !== "POST" || name === "") {
    throw new Refused(405, "The controls answer GET ./controls and POST ./controls/<name>.");
  }
  const body = parsed(await bodyOf(request, MOST_BYTES));
  sendJson(response, 200, { text: await controls.act(name, body) });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch {
    throw new Refused(400, "The body is not JSON.");
  }
}

/** The text of a POST that the page itself has sent. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string> {
  const { host, origin, "content-type": type } = request.headers;
  if (origin !== `http://${host}`) throw new Refused(403, "Only the page that is served here may do that.");
  if (!/^application\/json\s*(;|$)/i.test(type ?? "")) throw new Refused(415, "The body must be application/json.");
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > most) throw new Refused(413, `The body has more than ${most} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The node as a neighbour of the page: one origin, and one port where only one is let through. */
async function forward({ rpcUrl }: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST") throw new Refused(405, "The node answers POST.");
  const body = await bodyOf(request, MOST_RPC_BYTES);
  const headers = { "content-type": "application/json" };
  const said = await fetch(rpcUrl, { method: "POST", headers, body });
  send(response, said.status, Buffer.from(await said.arrayBuffer()), TYPES[".json"] as string, "no-store");
}

async function sendFile(folder: string, pathname: string, request: IncomingMessage, response: ServerResponse) {
  const name = pathname === "/" ? "/index.html" : pathname;
  const file = path.join(folder, name);
  const missing = new Refused(404, `There is no ${name} here.`);
  const type = TYPES[path.extname(file)];
  // A path that is not in its plain form, a hidden file, or a link that leads out of the folder.
  if (type === undefined || name.split("/").some((part, index) => index > 0 && /^(\.|$)/.test(part))) throw missing;
  const real = await realpath(file).catch(() => undefined);
  if (real === undefined || !real.startsWith((await realpath(folder)) + path.sep)) throw missing;
  const content = await readFile(real).catch(() => undefined);
  if (content === undefined) throw missing;
  // The names of what is in assets/ change with the content.
  const caching = name.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  const isCompressed = COMPRESSED.test(type) && /\bgzip\b/.test(String(request.headers["accept-encoding"]));
  const bytes = isCompressed ? await gzip(content) : content;
  send(response, 200, bytes, type, caching, isCompressed ? { "content-encoding": "gzip" } : {}, request.method);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, Buffer.from(JSON.stringify(value)), TYPES[".json"] as string, "no-store");
}

function send(
  response: ServerResponse,
  status: number,
  content: Buffer,
  type: string,
  caching: string,
  more: Record<string, string> = {},
  method = "GET",
): void {
  response.writeHead(status, {
    ...HEADERS,
    ...more,
    vary: "accept-encoding",
    "cache-control": caching,
    "content-type": type,
    "content-length": content.length,
  });
  response.end(method === "HEAD" ? undefined : content);
}
