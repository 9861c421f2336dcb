// A node of anvil's as a child process: another client than the one the other tests run on.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(import.meta.url);

export type Anvil = { url: string; port: number; process: ChildProcess; stop: () => Promise<void> };

/** The launcher of the package swallows signals: the program itself is started. */
function binary(): string {
  const platform = { linux: "linux", darwin: "darwin", win32: "win32" }[process.platform as string] ?? "linux";
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const name = platform === "win32" ? "anvil.exe" : "anvil";
  return require.resolve(`@foundry-rs/anvil-${platform}-${architecture}/bin/${name}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Mines a block a transaction, until it is told otherwise. */
export async function startAnvil(options: readonly string[] = [], port?: number): Promise<Anvil> {
  const chosen = port ?? (await freePort());
  const args = ["--hardfork", "osaka", "--port", `${chosen}`, "--quiet", ...options];
  const child = spawn(binary(), args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${chosen}`;
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  for (let tries = 0; ; ++tries) {
    if (child.exitCode !== null || tries === 200) throw new Error("anvil did not start");
    if ((await rpc(url, "eth_chainId", []).catch(() => undefined)) !== undefined) break;
    await sleep(50);
  }
  const stop = async () => {
    process.removeListener("exit", kill);
    if (child.exitCode !== null) return;
    kill();
    await once(child, "exit");
  };
  return { url, port: chosen, process: child, stop };
}

export async function rpc(url: string, method: string, params: unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}
