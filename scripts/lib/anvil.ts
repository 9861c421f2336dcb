// A chain of anvil's, on a free port, ended with the process that started it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";

import { JsonRpcProvider, type TransactionReceipt } from "ethers";

import { Problem } from "./problem.ts";

export type Anvil = { url: string; provider: JsonRpcProvider; chainId: bigint; stop: () => Promise<void> };

/** The program itself: npm's launcher would leave it behind when killed. */
function program(): string {
  const system = platform() === "win32" ? "win32" : platform();
  const name = `@foundry-rs/anvil-${system}-${arch() === "x64" ? "amd64" : arch()}`;
  const require = createRequire(import.meta.url);
  for (const file of ["anvil", "anvil.exe"]) {
    try {
      const path = require.resolve(`${name}/bin/${file}`);
      if (existsSync(path)) return path;
    } catch {
      // The next one.
    }
  }
  throw new Problem(`anvil is not installed for ${system} ${arch()}: run npm run setup`);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No free port");
  return address.port;
}

export async function startAnvil(
  options: { chainId?: bigint; hardfork?: string; args?: readonly string[] } = {},
): Promise<Anvil> {
  const chainId = options.chainId ?? 31_337n;
  const port = await freePort();
  const args = [
    "--port",
    `${port}`,
    "--chain-id",
    `${chainId}`,
    "--hardfork",
    options.hardfork ?? "osaka",
    "--silent",
    ...(options.args ?? []),
  ];
  const child = spawn(program(), args, { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => (complaint += data.toString()));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const provider = new JsonRpcProvider(url, chainId, {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
    pollingInterval: 100,
  });
  const stop = async (): Promise<void> => {
    process.removeListener("exit", kill);
    provider.destroy();
    kill();
    await ended;
  };
  for (let tries = 0; child.exitCode === null && tries < 300; ++tries) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
      });
      if (response.ok) return { url, provider, chainId, stop };
    } catch {
      // Not up yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Problem(`anvil did not start: ${complaint.trim().split("\n", 1)[0] ?? ""}`);
}

/** Asked for until it is there: ethers waits for the next block, and where blocks come with transactions there is none. */
export async function receiptOf(provider: JsonRpcProvider, hash: string): Promise<TransactionReceipt> {
  for (let tries = 0; tries < 2_400; ++tries) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${hash} was not mined`);
}
