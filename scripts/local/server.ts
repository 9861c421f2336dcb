// Serves the built app on loopback, with its config.json, the controls and a way to the node. To this machine alone: the
// Host must be a loopback one, so that no name of somebody else's that leads here is served; and what changes something
// must come from the served page, as JSON. The app's files are in memory: what is not among them is not there.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import path from "node:path";
import { gzipSync } from "node:zlib";

import { reasonOf } from "../lib/problem.js";
import { type Controls, Refused } from "./controls.js";

export const HOST = "127.0.0.1";
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
const MOST_BYTES = 10_000;
const MOST_RPC_BYTES = 5_000_000;

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
  controls: Pick<Controls, "state" | "act">;
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

type File = { content: Buffer; compressed: Buffer | undefined; type: string; caching: string };

/** By the path they are asked for. */
function filesOf(folder: string): Map<string, File> {
  const files = new Map<string, File>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[path.extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = path.join(entry.parentPath, entry.name);
    const name = `/${path.relative(folder, file).split(path.sep).join("/")}`;
    const content = readFileSync(file);
    // The names of what is in assets/ change with the content.
    const caching = name.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    files.set(name, { content, compressed: COMPRESSED.test(type) ? gzipSync(content) : undefined, type, caching });
  }
  return files;
}

/** Listens on that port, or fails with EADDRINUSE. */
export async function serveSite(site: Site, port: number): Promise<Server> {
  const files = filesOf(site.folder);
  const policy = policyOf(files.get("/index.html")?.content.toString("utf8") ?? "");
  const server = createServer((request, response) => {
    response.setHeader("content-security-policy", policy);
    answer(site, files, request, response).catch((error: unknown) => {
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

async function answer(
  site: Site,
  files: ReadonlyMap<string, File>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const host = request.headers.host ?? "";
  if (!LOOPBACK.includes(host.replace(/:\d+$/, ""))) {
    throw new Refused(403, `"${host}" is not served here: open http://${HOST}:${request.socket.localPort}/.`);
  }
  const pathname = (request.url ?? "").replace(/[?#].*$/s, "");
  if (pathname === "/rpc") return await forward(site, request, response);
  if (/^\/controls(\/|$)/.test(pathname)) return await control(site, pathname, request, response);
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new Refused(405, `${request.method} is not answered here: GET and HEAD are.`);
  }
  if (pathname === "/config.json") return sendJson(response, 200, site.config);
  const file = files.get(pathname === "/" ? "/index.html" : pathname);
  if (file === undefined) throw new Refused(404, "There is no such file here.");
  const isCompressed = /\bgzip\b/.test(String(request.headers["accept-encoding"]));
  const compressed = isCompressed ? file.compressed : undefined;
  send(response, 200, compressed ?? file.content, file.type, file.caching, compressed !== undefined, request.method);
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

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, Buffer.from(JSON.stringify(value)), TYPES[".json"] as string, "no-store");
}

function send(
  response: ServerResponse,
  status: number,
  content: Buffer,
  type: string,
  caching: string,
  isCompressed = false,
  method = "GET",
): void {
  response.writeHead(status, {
    ...HEADERS,
    ...(isCompressed ? { "content-encoding": "gzip" } : {}),
    vary: "accept-encoding",
    "cache-control": caching,
    "content-type": type,
    "content-length": content.length,
  });
  response.end(method === "HEAD" ? undefined : content);
}
