// The app is a folder of static files: it runs from any host, at any path, IPFS gateways included.
import { createHash } from "node:crypto";

import react from "@vitejs/plugin-react";
import { defineConfig, type HtmlTagDescriptor, type Plugin } from "vite";

/** What the built page may do: its own files, and connections to the nodes that the configuration names. */
const policy = (scripts: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src 'self' ${scripts.map((script) => `'sha256-${hash(script)}'`).join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src *",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");

const hash = (text: string): string => createHash("sha256").update(text).digest("base64");

/** Loaded while the entry is: what reads the chain, and the page that most begin with. */
const FIRST = ["engine", "markets"];

/** One file is all that the first paint needs: its styles are in it. And a policy says what the page may do. */
const selfContained: Plugin = {
  name: "self-contained",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle = {} }) {
      const inlined = html.replace(/<link rel="stylesheet"[^>]* href="\.\/([^"]+)">/g, (link, file: string) => {
        const asset = bundle[file];
        if (asset?.type !== "asset") return link;
        delete bundle[file];
        return `<style>${asset.source.toString()}</style>`;
      });
      const scripts = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, script = ""]) => script);
      const meta = { "http-equiv": "Content-Security-Policy", content: policy(scripts) };
      const first = Object.values(bundle).filter((file) => file.type === "chunk" && FIRST.includes(file.name));
      const names = new Set(first.flatMap((file) => [file.fileName, ...(file.type === "chunk" ? file.imports : [])]));
      // The entry has a tag already.
      const early = [...names].filter((name) => !inlined.includes(name));
      return {
        html: inlined,
        tags: [
          { tag: "meta", attrs: meta, injectTo: "head-prepend" },
          ...early.map((name) => preload("modulepreload", name)),
          preload("preload", "config.json", { as: "fetch" }),
        ],
      };
    },
  },
};

/** What the script asks for first, on its way while the script itself is. */
function preload(rel: string, file: string, attributes: Record<string, string> = {}): HtmlTagDescriptor {
  return { tag: "link", attrs: { rel, crossorigin: true, href: `./${file}`, ...attributes }, injectTo: "head" };
}

const ENTRY_STYLES = /\bindex-[^/]*\.css$/;

/** `npm run app:dev` shows the chain of an `npm start` that runs beside it. */
const START = process.env["MUTUA_START_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  plugins: [react(), selfContained],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // What is in index.html is not to be fetched again.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_file, files) => files.filter((file) => !ENTRY_STYLES.test(file)),
    },
  },
  server: { proxy: { "/config.json": START, "/controls": START, "/rpc": START } },
});
