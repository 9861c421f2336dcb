// A static host as there are thousands: the files that `npm start` serves, under a path, compressed, and a config.json of
// one's own.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

import type { System } from "./system.ts";

export type Host = { url: string; close: () => Promise<void> };

/** `config` is what config.json has: an object, a text as it is, or nothing at all. */
export async function hostApp(system: System, config: object | string | undefined, path = "/"): Promise<Host> {
  const files = new Map<string, Promise<{ type: string; body: Buffer } | undefined>>();
  const fileOf = async (name: string) => {
    const file = files.get(name) ?? fetchFile(new URL(name, system.url));
    files.set(name, file);
    return await file;
  };
  if (config !== undefined) {
    const body = Buffer.from(typeof config === "string" ? config : JSON.stringify(config));
    files.set("config.json", Promise.resolve({ type: "application/json", body: gzipSync(body) }));
  } else {
    files.set("config.json", Promise.resolve(undefined));
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const isHere = request.method === "GET" && pathname.startsWith(path);
    void (isHere ? fileOf(pathname.slice(path.length)) : Promise.resolve(undefined)).then((file) => {
      if (file === undefined) return response.writeHead(404).end("Not found");
      return response.writeHead(200, { "content-type": file.type, "content-encoding": "gzip" }).end(file.body);
    });
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

async function fetchFile(url: URL): Promise<{ type: string; body: Buffer } | undefined> {
  const response = await fetch(url);
  if (!response.ok) return undefined;
  const body = gzipSync(Buffer.from(await response.arrayBuffer()));
  return { type: response.headers.get("content-type") ?? "application/octet-stream", body };
}

/** Bytes of all script of the app, each file compressed: those that the page names, and those that they name. */
export async function scriptSize(system: System): Promise<number> {
  const sizes = new Map<string, number>();
  const follow = async (text: string): Promise<void> => {
    for (const [name] of text.matchAll(/[\w-]+-[\w-]{8}\.js/g)) {
      if (sizes.has(name)) continue;
      const response = await fetch(new URL(`assets/${name}`, system.url));
      if (!response.ok) throw new Error(`There is no ${name}`);
      const script = await response.text();
      sizes.set(name, gzipSync(script).length);
      await follow(script);
    }
  };
  await follow(await (await fetch(system.url)).text());
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
