// What `npm start` starts, as a child process: chain, contracts, people, the app and its controls.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { HDNodeWallet, JsonRpcProvider, Mnemonic } from "ethers";

import type { Config } from "../../../app/src/config.ts";

/** The last that `npm start` says. */
const READY = "stays up until Ctrl-C";
const START_TIMEOUT = 240_000;
const STOP_TIMEOUT = 10_000;
const ROOT = new URL("../../../", import.meta.url);

export type System = {
  /** The page. */
  url: string;
  /** The node itself, and all ways to it that the page knows. */
  rpcUrl: string;
  rpcUrls: readonly string[];
  config: Config;
  provider: JsonRpcProvider;
  /** The private key of somebody on the chain. */
  keyOf: (name: string) => string;
  rpc: <Answer>(method: string, parameters?: unknown[]) => Promise<Answer>;
  control: (path: string, body: object) => Promise<{ text?: string; error?: string }>;
  /** Goes back to this moment whenever the returned function is called. */
  snapshot: () => Promise<() => Promise<void>>;
  /** Ends it as Ctrl-C does. */
  stop: () => Promise<void>;
  /** Ends it as a power cut does. */
  kill: () => Promise<void>;
};

/** Those of every development node in the world. */
const phrase = Mnemonic.fromPhrase(`${"test ".repeat(11)}junk`);
const root = HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0");
const keys = Array.from({ length: 20 }, (_, index) => root.deriveChild(index));

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => end(child, "SIGKILL")));

/** The whole group: npm, the shell it runs, and the program. */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

export async function startSystem(): Promise<System> {
  const child = spawn("npm", ["start", "--silent"], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "", MUTUA_ONCE: "0", NO_COLOR: "1" },
  });
  running.add(child);
  const output: string[] = [];
  const exited = once(child, "exit").finally(() => running.delete(child));
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`npm start ${reason}:\n${output.join("")}`));
    const timer = setTimeout(() => fail("did not say what to open"), START_TIMEOUT);
    const listen = (data: Buffer) => {
      output.push(data.toString());
      const text = output.join("");
      const [, found] = /^Open (http:\/\/127\.0\.0\.1:\d+\/)/m.exec(text) ?? [];
      if (found === undefined || !text.includes(READY)) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("exit", (code) => fail(`ended with ${code}`));
  });
  const config = (await (await fetch(new URL("config.json", url))).json()) as Config;
  const rpcUrls = config.rpcUrls.map((each) => new URL(each, url).href);
  const rpcUrl = rpcUrls.at(-1) ?? "";
  const provider = new JsonRpcProvider(rpcUrl, config.deployment.chainId, {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
    pollingInterval: 100,
  });
  const rpc = async <Answer>(method: string, parameters: unknown[] = []): Promise<Answer> =>
    (await provider.send(method, parameters)) as Answer;
  const finish = async (signal: NodeJS.Signals): Promise<void> => {
    provider.destroy();
    end(child, signal);
    const timer = setTimeout(() => end(child, "SIGKILL"), STOP_TIMEOUT);
    await exited;
    clearTimeout(timer);
  };
  return {
    url,
    rpcUrl,
    rpcUrls,
    config,
    provider,
    keyOf: (name) => {
      const wanted = config.local?.accounts.find((account) => account.name === name)?.address;
      const key = keys.find(({ address }) => address === wanted)?.privateKey;
      if (key === undefined) throw new Error(`npm start has nobody called ${name}`);
      return key;
    },
    rpc,
    control: async (path, body) => {
      const address = new URL(`controls/${path}`, url);
      const headers = { "content-type": "application/json", origin: address.origin };
      const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
      return (await response.json()) as { text?: string; error?: string };
    },
    snapshot: async () => {
      let id = await rpc<string>("evm_snapshot");
      return async () => {
        await rpc("evm_revert", [id]);
        id = await rpc<string>("evm_snapshot");
      };
    },
    stop: async () => await finish("SIGTERM"),
    kill: async () => await finish("SIGKILL"),
  };
}
