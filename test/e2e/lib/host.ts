// A static host as there are thousands: files of the built app under a path, compressed, and a config.json of one's own.
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { gzipSync } from "node:zlib";

export const DIST = new URL("../../../app/dist/", import.meta.url);

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};
const COMPRESSED = new Set([".html", ".js", ".css", ".json", ".svg"]);

export type Host = { url: string; close: () => Promise<void> };

/** `config` is what config.json has: an object, a text as it is, or nothing at all. */
export async function hostApp(config: object | string | undefined, path = "/"): Promise<Host> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const file = pathname === path ? "index.html" : pathname.slice(path.length);
    const body = pathname.startsWith(path) ? read(file, config) : undefined;
    if (body === undefined) {
      response.writeHead(404).end("Not found");
      return;
    }
    const type = extname(file);
    const headers: Record<string, string> = { "content-type": TYPES[type] ?? "application/octet-stream" };
    if (!COMPRESSED.has(type)) {
      response.writeHead(200, headers).end(body);
      return;
    }
    response.writeHead(200, { ...headers, "content-encoding": "gzip" }).end(gzipSync(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function read(file: string, config: object | string | undefined): Buffer | undefined {
  if (file === "config.json") {
    if (config === undefined) return undefined;
    return Buffer.from(typeof config === "string" ? config : JSON.stringify(config));
  }
  const url = new URL(file, DIST);
  return url.href.startsWith(DIST.href) && existsSync(url) ? readFileSync(url) : undefined;
}
