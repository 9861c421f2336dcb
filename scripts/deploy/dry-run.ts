// The whole deployment on a chain of our own: a fork of the real one where there is a URL, else an empty one with
// stand-ins for tokens and feeds. Prints what would happen, and refuses what a pool can't hold.
import { formatEther, formatUnits, parseUnits, type Wallet, type HDNodeWallet } from "ethers";
import Table from "cli-table3";

import { type Anvil, receiptOf, startAnvil } from "../lib/anvil.ts";
import { developmentWallet } from "../lib/connection.ts";
import { Problem } from "../lib/problem.ts";
import { Account } from "./account.ts";
import { type ContractName, create2Address, initCode, interfaceOf } from "./artifacts.ts";
import { Reader, requireOsaka } from "./chain.ts";
import { check } from "./check.ts";
import { members, ROLE_NAMES, rulesOf, shownDelay } from "./governance.ts";
import { type Feed, feedConfig, type MarketFile, type TokenFile } from "./params.ts";
import { adoptStep, buildPlan, type Plan } from "./plan.ts";
import { deal, type Finding, probeByMoving, probeByReading, sendAs } from "./probe.ts";
import { authorityBlock, carryOut } from "./run.ts";
import type { Deployment } from "./deployment.ts";

export type DryRun = {
  network: string;
  chainId: bigint;
  files: readonly MarketFile[];
  recorded: Deployment | undefined;
  /** The real chain, if there is a URL. */
  real: { url: string; reader: Reader } | undefined;
  wallet: Wallet | HDNodeWallet | undefined;
  log: (line: string) => void;
};

const ASSUMED_GAS_PRICE = parseUnits("1", "gwei");
/** What a stand-in keeps in storage lies in the first slots. */
const STAND_IN_SLOTS = 12;

export async function dryRun(options: DryRun): Promise<void> {
  const { network, chainId, files, recorded, real, log } = options;
  const wallet = options.wallet ?? developmentWallet(0);
  const plan = buildPlan(network, chainId, files, wallet.address, recorded);
  if (options.wallet === undefined)
    log(`No key: ${wallet.address} stands in for the deployer, on whom the pools' addresses depend.`);

  if (real !== undefined) await requireOsaka(real.reader.provider, network);
  const findings: Finding[] = [];
  if (real !== undefined) {
    for (const market of plan.markets) findings.push(...(await probeByReading(market, real.reader)));
  }
  const anvil = await startAnvil({ chainId, args: real === undefined ? [] : ["--fork-url", real.url] });
  try {
    const reader = new Reader(anvil.provider);
    if (real !== undefined) {
      for (const market of plan.markets) {
        for (const side of ["asset", "collateral"] as const)
          findings.push(...(await probeByMoving(market, side, reader)));
      }
    }
    report(findings, log);
    if (real === undefined) {
      log("No URL: tokens and feeds are stand-ins and were not tried. With a URL this runs on a fork of the chain.");
      for (const file of files) await placeStandIns(anvil, file);
    }
    await simulate(plan, anvil, reader, wallet, real?.reader, log);
  } finally {
    await anvil.stop();
  }
}

/** Every refusal in a line of its own, and then the end. */
export function report(findings: readonly Finding[], log: (line: string) => void): void {
  for (const { text } of findings.filter((each) => !each.isRefusal)) log(`note: ${text}`);
  const refusals = findings.filter((each) => each.isRefusal);
  if (refusals.length === 0) return;
  for (const { text } of refusals) console.error(`refused: ${text}`);
  throw new Problem(`Nothing was deployed: ${refusals.length} refusal${refusals.length === 1 ? "" : "s"} above`);
}

async function simulate(
  plan: Plan,
  anvil: Anvil,
  reader: Reader,
  wallet: Wallet | HDNodeWallet,
  real: Reader | undefined,
  log: (line: string) => void,
): Promise<void> {
  const { provider } = anvil;
  const purse = await provider.getBalance(wallet.address);
  await provider.send("anvil_setBalance", [wallet.address, "0xd3c21bcecceda1000000"]);
  for (const { asset, seedAssets, file, recorded } of plan.markets) {
    if (recorded !== undefined || !("address" in file.asset)) continue;
    const held = await reader.value<bigint>("ERC20", asset.address, "balanceOf", [wallet.address]);
    if (held >= seedAssets) continue;
    if (real !== undefined)
      log(
        `note: ${wallet.address} has ${formatUnits(held, asset.decimals)} ${asset.symbol}, the seed deposit needs ${file.seedDeposit}${file.asset.faucet === undefined ? "" : `: ${file.asset.faucet}`}`,
      );
    if (await deal(provider, asset.address, wallet.address, seedAssets)) continue;
    throw new Problem(
      `${wallet.address} has too little ${asset.symbol} for the seed deposit of ${file.seedDeposit}, and a dry run can't give it any: get some, then run this again`,
    );
  }
  const deployer = new Account(wallet.connect(provider), provider, { patience: 30, log });
  await carryOut(plan, reader, { deployer }, 0, () => {});
  let adoptionGas = 0n;
  for (const market of plan.markets) {
    const step = adoptStep(plan, market, reader);
    if (await step.isDone()) continue;
    adoptionGas += await provider.estimateGas({ from: plan.roles.admin, to: step.to, data: step.data });
    await sendAs(provider, plan.roles.admin, step.to, step.data);
  }

  log("\nPlan");
  log(planTable(plan));
  const fees = real === undefined ? undefined : await real.provider.getFeeData();
  const price = fees?.gasPrice ?? ASSUMED_GAS_PRICE;
  log("\nTransactions");
  const table = new Table({
    head: ["transaction", "gas"],
    colAligns: ["left", "right"],
    style: { head: [], border: [] },
  });
  let gas = 0n;
  for (const { title, gasUsed } of deployer.sent) {
    table.push([title, gasUsed.toLocaleString("en")]);
    gas += gasUsed;
  }
  table.push(["together", gas.toLocaleString("en")]);
  log(table.toString());
  const cost = gas * price;
  log(
    `At ${formatUnits(price, "gwei")} gwei${fees === undefined ? " (assumed)" : ", the price now"}: ${formatEther(cost)} of the native coin, and on a layer 2 what it charges for data. ` +
      (real === undefined ? "" : `The deployer has ${formatEther(purse)}. `) +
      (adoptionGas === 0n ? "" : `The admin's transaction takes ${adoptionGas.toLocaleString("en")} gas.`),
  );
  if (real !== undefined && purse < cost)
    log(`note: the deployer has less than that: send ${wallet.address} some of the native coin`);

  log("\nRoles, as the authority answers");
  log(await rolesTable(plan, reader, wallet.address));
  const result = await check(plan, reader, await authorityBlock(plan, reader));
  // Stand-ins were put in place, not deployed.
  if (result.differences.length > 0)
    throw new Problem(`The check of the simulated deployment fails: ${result.differences.join("; ")}`);
  log(`\nThe check finds ${result.checked} things as they should be. Nothing was sent to ${plan.network}.`);
}

function planTable(plan: Plan): string {
  const table = new Table({ head: ["contract", "address"], style: { head: [], border: [] } });
  for (const { title, address } of plan.core) table.push([title, address]);
  for (const market of plan.markets) {
    for (const { title, address } of [...market.tokens, market.oracle]) table.push([title, address]);
    table.push([`pool of ${market.name}`, market.pool], [`fund of ${market.name}`, market.fund]);
  }
  return table.toString();
}

export async function rolesTable(plan: Plan, reader: Reader, deployer: string): Promise<string> {
  const { authority } = plan.contracts;
  const table = new Table({
    head: ["role", "holder", "delay", "may call, of a pool"],
    colWidths: [15, 46, 9, 50],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  const rules = await rulesOf(reader, authority);
  for (const { roleId, account, delay } of await members(reader, authority, await authorityBlock(plan, reader))) {
    const functions = rules.filter((rule) => rule.roleId === roleId).map((rule) => rule.signature.split("(")[0]);
    const can =
      roleId === 0n
        ? "setAuthority, through updateAuthority; grants and revokes roles; adopts pools at once"
        : functions.join(", ");
    table.push([
      ROLE_NAMES[Number(roleId)] ?? `${roleId}`,
      `${account}${account === deployer ? " (the deployer)" : ""}`,
      shownDelay(delay),
      can,
    ]);
  }
  return table.toString();
}

// ---------------------------------------------------------------- stand-ins

async function placeStandIns(anvil: Anvil, file: MarketFile): Promise<void> {
  const tokens: [TokenFile | MarketFile["wrappedNative"], ContractName, unknown[]][] = [
    [file.wrappedNative, "MockWETH", []],
    [
      file.asset,
      "MockERC20",
      "symbol" in file.asset ? [file.asset.symbol, file.asset.symbol, file.asset.decimals] : [],
    ],
    [
      file.collateral,
      "MockERC20",
      "symbol" in file.collateral ? [file.collateral.symbol, file.collateral.symbol, file.collateral.decimals] : [],
    ],
  ];
  for (const [token, contract, values] of tokens) {
    if ("address" in token && (await anvil.provider.getCode(token.address)) === "0x")
      await place(anvil, token.address, contract, values);
  }
  if (file.oracle.kind !== "chainlink") return;
  if (file.oracle.vault !== undefined)
    throw new Problem(
      `${file.path}: oracle.vault: a vault has no stand-in: give --url, so that the dry run is on a fork`,
    );
  const feeds = file.oracle.paths
    .flatMap((path) => [path.collateral, path.loan])
    .filter((feed): feed is Feed => feed !== undefined);
  for (const feed of feeds) {
    const { feed: address, minAnswer, maxAnswer } = feedConfig(feed);
    await place(anvil, address, "MockFeed", [
      feed.decimals,
      BigInt(Math.round(Math.sqrt(Number(minAnswer) * Number(maxAnswer)))),
    ]);
  }
  const { sequencer } = file.oracle;
  if (sequencer === undefined) return;
  await place(anvil, sequencer.feed, "MockFeed", [0, 0n]);
  // Up for long enough.
  await sendAs(
    anvil.provider,
    sequencer.feed,
    sequencer.feed,
    interfaceOf("MockFeed").encodeFunctionData("setRound", [0n, 1n, 1n]),
  );
}

/** Deploys, and copies code and storage to where the real one is on the real chain. */
async function place(anvil: Anvil, address: string, contract: ContractName, values: readonly unknown[]): Promise<void> {
  const { provider } = anvil;
  const code = initCode(contract, values);
  const hash = (await provider.send("eth_sendTransaction", [
    { from: developmentWallet(9).address, data: code, gas: "0x989680" },
  ])) as string;
  const receipt = await receiptOf(provider, hash);
  const made = receipt.contractAddress ?? create2Address(code);
  await provider.send("anvil_setCode", [address, await provider.getCode(made)]);
  for (let slot = 0; slot < STAND_IN_SLOTS; ++slot) {
    const value = await provider.getStorage(made, slot);
    await provider.send("anvil_setStorageAt", [address, `0x${slot.toString(16).padStart(64, "0")}`, value]);
  }
}
