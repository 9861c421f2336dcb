// What the deployment's tests share: an anvil chain with tokens and feeds, parameter files for it, and the command.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Account } from "../../scripts/deploy/account.js";
import { type ContractName, initCode, interfaceOf } from "../../scripts/deploy/artifacts.js";
import { Reader } from "../../scripts/deploy/chain.js";
import { readMarketFile } from "../../scripts/deploy/params.js";
import { buildPlan, type Plan } from "../../scripts/deploy/plan.js";
import { type Anvil, receiptOf, startAnvil } from "../../scripts/lib/anvil.js";
import { developmentWallet } from "../../scripts/lib/connection.js";

const MINE_EVERY_MILLISECONDS = 150;
/** Unlocked on anvil; has nothing to do with the deployment. */
const STRANGER = developmentWallet(9).address;

export type Feeds = { eth: string; usd: string; otherEth: string };

export class Rehearsal {
  readonly anvil: Anvil;
  readonly reader: Reader;
  readonly folder = mkdtempSync(join(tmpdir(), "mutua-deploy-"));
  readonly deployer = developmentWallet(0);
  #miner: NodeJS.Timeout | undefined;

  private constructor(anvil: Anvil) {
    this.anvil = anvil;
    this.reader = new Reader(anvil.provider);
  }

  static async start(): Promise<Rehearsal> {
    return new Rehearsal(await startAnvil());
  }

  async stop(): Promise<void> {
    this.pause();
    await this.anvil.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async send(method: string, ...values: unknown[]): Promise<unknown> {
    return (await this.anvil.provider.send(method, values)) as unknown;
  }

  /** From now on blocks come by the clock, not with transactions. */
  async blocksByTheClock(): Promise<void> {
    await this.send("evm_setAutomine", false);
    this.resume();
  }

  pause(): void {
    clearInterval(this.#miner);
  }

  resume(): void {
    this.pause();
    this.#miner = setInterval(() => void this.send("evm_mine").catch(() => {}), MINE_EVERY_MILLISECONDS);
  }

  async blocksWithTransactions(): Promise<void> {
    this.pause();
    await this.send("evm_setAutomine", true);
    await this.send("evm_mine");
  }

  async create(contract: ContractName, values: readonly unknown[]): Promise<string> {
    return await this.createRaw(initCode(contract, values));
  }

  async createRaw(data: string): Promise<string> {
    const hash = (await this.send("eth_sendTransaction", { from: STRANGER, data, gas: "0x989680" })) as string;
    const receipt = await receiptOf(this.anvil.provider, hash);
    if (receipt.contractAddress === null) throw new Error("Nothing was created");
    return receipt.contractAddress;
  }

  async call(contract: ContractName, to: string, method: string, values: readonly unknown[]): Promise<void> {
    await this.sendRaw(to, interfaceOf(contract).encodeFunctionData(method, [...values]));
  }

  async sendRaw(to: string, data: string): Promise<void> {
    const hash = (await this.send("eth_sendTransaction", { from: STRANGER, to, data, gas: "0x989680" })) as string;
    await receiptOf(this.anvil.provider, hash);
  }

  async feeds(): Promise<Feeds> {
    return {
      eth: await this.create("MockFeed", [8, 2_000n * 10n ** 8n]),
      usd: await this.create("MockFeed", [8, 10n ** 8n]),
      otherEth: await this.create("MockFeed", [8, 2_010n * 10n ** 8n]),
    };
  }

  /** Writes a parameter file: test tokens priced by feeds, where `changes` says nothing else. */
  write(market: string, feeds: Feeds, changes: readonly [string | RegExp, string][] = []): string {
    let text = marketYaml(market, feeds);
    for (const [from, to] of changes) {
      const changed = text.replace(from, to);
      if (changed === text) throw new Error(`Nothing to change: ${String(from)}`);
      text = changed;
    }
    const path = join(this.folder, `${market}.yaml`);
    writeFileSync(path, text);
    return path;
  }

  plan(...paths: string[]): Plan {
    return buildPlan(
      "local",
      this.anvil.chainId,
      paths.map((path) => readMarketFile(path, "local")),
      this.deployer.address,
    );
  }

  crew(log: (line: string) => void, patience = 20): { deployer: Account; admin: Account } {
    const account = (index: number) =>
      new Account(developmentWallet(index).connect(this.anvil.provider), this.anvil.provider, { patience, log });
    return { deployer: account(0), admin: account(1) };
  }

  /** Runs the command as a user does; with `killAt`, kills it when its output has that for the first time. */
  async command(
    args: readonly string[],
    killAt?: string | RegExp,
  ): Promise<{ output: string; code: number | null; wasKilled: boolean }> {
    const full = [
      "scripts/deploy/deploy.ts",
      "--network",
      "local",
      "--url",
      this.anvil.url,
      "--patience",
      "3",
      ...args,
    ];
    const child = spawn(process.execPath, full, {
      env: { ...process.env, MUTUA_DEPLOYMENTS: this.folder, NODE_OPTIONS: "" },
    });
    let output = "";
    let wasKilled = false;
    const listen = (data: Buffer) => {
      output += data.toString();
      if (killAt === undefined || output.search(killAt) === -1) return;
      wasKilled = child.kill("SIGKILL");
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { output, code, wasKilled };
  }
}

function marketYaml(market: string, feeds: Feeds): string {
  return `
network: local
chainId: 31337
market: ${market}
roles:
  admin: "${developmentWallet(1).address}"
  governor: "${developmentWallet(2).address}"
  guardian: "${developmentWallet(3).address}"
  oracleManager: "${developmentWallet(4).address}"
wrappedNative: { mock: wrapped-native }
asset: { mock: erc20, name: Test dollar, symbol: USDT, decimals: 6 }
collateral: { mock: wrapped-native }
oracle:
  kind: chainlink
  paths:
    - collateral: { feed: "${feeds.eth}", pair: ETH / USD, heartbeat: 1 hour, min: 100, max: 100_000 }
      loan: { feed: "${feeds.usd}", pair: USDT / USD, heartbeat: 24 hours, min: 0.9, max: 1.1 }
pool:
  name: Mutua ${market}
  symbol: m${market}
  borrowLtv: 80%
  lltv: 86%
  liquidationIncentive: { floor: 2%, min: 3%, peak: 10% }
  repayTarget: 90%
  maxDeviation: 2%
  reserveFee: 10%
  fundFee: 10%
  reserveTarget: 2%
  supplyCap: 1_000_000
  borrowCap: 900_000
  collateralCap: 10_000
  minDebt: 100
  initialRate: 4%
seedDeposit: 1000
`;
}

/** A second path of feeds, for a parameter file. */
export function secondPath(feeds: Feeds): [RegExp, string] {
  const line = `    - collateral: { feed: "${feeds.otherEth}", pair: ETH / USD, heartbeat: 1 hour, min: 100, max: 100_000 }\n`;
  return [/(?=pool:\n)/, line];
}
