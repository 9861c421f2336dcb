// What `npm start` starts, as a child process: chain, contracts, people, the app and its controls.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";

import { Contract, HDNodeWallet, JsonRpcProvider, Mnemonic } from "ethers";

import type { Config } from "../../../app/src/config.ts";

/** Somebody of whom the chain knows nothing. */
export const NEWCOMER = "newcomer";

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
  /** Does what the drawer "Make a crisis" does. */
  control: (name: string, body: object) => Promise<string>;
  /** All as it was when `npm start` was ready. */
  reset: () => Promise<void>;
  /** Tokens and coins for an account that nobody knows; it has allowed nothing to anybody. */
  equip: (address: string) => Promise<void>;
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

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

export async function startSystem(): Promise<System> {
  const child = spawn("npm", ["start", "--silent"], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      CI: "",
      MUTUA_ONCE: "0",
      NO_COLOR: "1",
      // Who is killed can't remove the file of its addresses.
      MUTUA_DEPLOYMENTS: fileURLToPath(new URL("cache/e2e/deployments", ROOT)),
      // Away from those of an `npm start` that somebody is looking at.
      MUTUA_RPC_PORT: `${await freePort()}`,
      MUTUA_PAGE_PORT: `${await freePort()}`,
    },
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
  const control = async (name: string, body: object): Promise<string> => {
    const address = new URL(`controls/${name}`, url);
    const headers = { "content-type": "application/json", origin: address.origin };
    const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
    const answer = (await response.json()) as { text?: string; error?: string };
    if (answer.text === undefined) throw new Error(`${name}: ${answer.error}`);
    return answer.text;
  };
  return {
    url,
    rpcUrl,
    rpcUrls,
    config,
    provider,
    keyOf: (name) => {
      if (name === NEWCOMER) return keys.at(-1)?.privateKey ?? "";
      const wanted = config.local?.accounts.find((account) => account.name === name)?.address;
      const key = keys.find(({ address }) => address === wanted)?.privateKey;
      if (key === undefined) throw new Error(`npm start has nobody called ${name}`);
      return key;
    },
    rpc,
    control,
    reset: async () => {
      for (const name of ["stop", "again"]) await control(name, {});
    },
    equip: async (address) => {
      const [market] = config.deployment.markets;
      const richest = await provider.getSigner(config.local?.accounts.at(-1)?.address);
      for (const token of [market?.asset, market?.collateral]) {
        const contract = new Contract(token?.address ?? "", ["function mint(address, uint256)"], richest);
        await (await contract.getFunction("mint")(address, 10n ** BigInt((token?.decimals ?? 0) + 6))).wait();
      }
    },
    stop: async () => await finish("SIGTERM"),
    kill: async () => await finish("SIGKILL"),
  };
}
