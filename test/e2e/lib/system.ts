// What `npm start` starts, as a child process: chain, contracts, people, the app and its controls.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { JsonRpcProvider } from "ethers";

import type { Config } from "../../../app/src/config.ts";

const START_TIMEOUT = 240_000;
const STOP_TIMEOUT = 10_000;
const ROOT = new URL("../../../", import.meta.url);

export type System = {
  /** The page. */
  url: string;
  rpcUrl: string;
  config: Config;
  provider: JsonRpcProvider;
  /** The private key of an account that `npm start` lists, by its address. */
  keyOf: (address: string) => string;
  rpc: <Answer>(method: string, parameters?: unknown[]) => Promise<Answer>;
  control: (path: string, body: object) => Promise<{ text?: string; error?: string }>;
  /** Goes back to this moment whenever the returned function is called. */
  snapshot: () => Promise<() => Promise<void>>;
  /** Ends it as Ctrl-C does. */
  stop: () => Promise<void>;
  /** Ends it as a power cut does. */
  kill: () => Promise<void>;
};

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
      const [, found] = /open\b.*?(http:\/\/127\.0\.0\.1:\d+\/)/i.exec(output.join("")) ?? [];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("exit", (code) => fail(`ended with ${code}`));
  });
  const config = (await (await fetch(new URL("config.json", url))).json()) as Config;
  const rpcUrl = new URL(config.rpcUrls[0] ?? "", url).href;
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
    config,
    provider,
    keyOf: (address) => {
      const [, key] = new RegExp(`${address}\\s+(0x[0-9a-f]{64})`, "i").exec(output.join("")) ?? [];
      if (key === undefined) throw new Error(`npm start lists no key of ${address}`);
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
