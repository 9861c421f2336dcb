// Hands the sources of what is deployed to the network's explorer: `npm run deploy:verify -- --network sepolia`.
// Any explorer with Etherscan's interface will do; ETHERSCAN_API_KEY is its key, --api its address (a Blockscout's is
// https://<host>/api). Safe to run again: what is verified stays so. The compiler's whole input is sent, as it was
// compiled, so that a fund can be verified as well: the pool creates it, with the pool's compiler settings.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { dataLength, dataSlice } from "ethers";

import { Problem, runCommand } from "../lib/problem.ts";
import { artifact, type ContractName, creationCode, interfaceOf } from "./artifacts.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { marketFiles, readMarketFile } from "./params.ts";
import { buildPlan, type Plan, poolArguments } from "./plan.ts";

const DEFAULT_API = "https://api.etherscan.io/v2/api";
const POLL_MILLISECONDS = 3_000;
const POLLS = 40;

export type Submission = {
  title: string;
  address: string;
  /** Whose compiler settings it was compiled with. */
  compiledWith: ContractName;
  contract: ContractName;
  /** Constructor arguments, without 0x. */
  values: string;
};

export function submissions(plan: Plan): Submission[] {
  const libraries = { Certificates: plan.contracts.certificates };
  const creations = [...plan.core, ...plan.markets.flatMap((market) => [...market.tokens, market.oracle])];
  const all = creations.map(({ title, address, contract, code }): Submission => {
    const length = dataLength(creationCode(contract, libraries));
    return { title, address, contract, compiledWith: contract, values: dataSlice(code, length).slice(2) };
  });
  for (const market of plan.markets) {
    const { name, pool, fund, parameters, asset } = market;
    const fundValues = [pool, `Fund of ${parameters.name}`, `f${parameters.symbol}`, asset.decimals + 6];
    all.push(
      {
        title: `pool of ${name}`,
        address: pool,
        contract: "LendingPool",
        compiledWith: "LendingPool",
        values: poolArguments(plan, market).slice(2),
      },
      {
        title: `fund of ${name}`,
        address: fund,
        contract: "InsuranceFund",
        compiledWith: "LendingPool",
        values: interfaceOf("InsuranceFund").encodeDeploy(fundValues).slice(2),
      },
    );
  }
  // A wrapped native test coin can be collateral as well.
  return [...new Map(all.map((each) => [each.address, each])).values()];
}

type Answer = { status: string; message?: string; result: string };

/** "verified", "already verified", or why not. */
export async function submit(
  submission: Submission,
  chainId: number,
  api: string,
  key: string,
  poll = POLL_MILLISECONDS,
): Promise<string> {
  const { buildInfoId } = artifact(submission.compiledWith);
  const build = JSON.parse(readFileSync(`artifacts/build-info/${buildInfoId}.json`, "utf8")) as {
    solcLongVersion: string;
    input: unknown;
  };
  const source = artifact(submission.contract).sourceName;
  const url = new URL(api);
  url.searchParams.set("chainid", `${chainId}`);
  const sent = await ask(url, {
    module: "contract",
    action: "verifysourcecode",
    apikey: key,
    codeformat: "solidity-standard-json-input",
    sourceCode: JSON.stringify(build.input),
    contractaddress: submission.address,
    contractname: `project/${source}:${submission.contract}`,
    compilerversion: `v${build.solcLongVersion}`,
    // So it is spelled.
    constructorArguements: submission.values,
  });
  if (/already verified/i.test(sent.result)) return "already verified";
  if (sent.status !== "1") return `refused: ${sent.result}`;
  for (let polls = 0; polls < POLLS; ++polls) {
    await new Promise((resolve) => setTimeout(resolve, poll));
    const state = await ask(url, { module: "contract", action: "checkverifystatus", apikey: key, guid: sent.result });
    if (/already verified/i.test(state.result)) return "already verified";
    if (/^pass/i.test(state.result)) return "verified";
    if (!/pending|queue|progress/i.test(state.result)) return `refused: ${state.result}`;
  }
  return "no answer yet: run this again later";
}

async function ask(url: URL, form: Record<string, string>): Promise<Answer> {
  try {
    const response = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
    return (await response.json()) as Answer;
  } catch (error) {
    throw new Problem(
      `No answer from the explorer at ${url.origin} (${error instanceof Error ? error.message : String(error)}): is --api right?`,
    );
  }
}

function planOf(recorded: Deployment, params: readonly string[] | undefined): Plan {
  const { network } = recorded;
  const files = params === undefined ? marketFiles(network) : params.map((path) => readMarketFile(path, network));
  const deployed = files.filter((file) => recorded.markets.some((market) => market.name === file.market));
  const creator = recorded.markets[0]?.creator;
  if (creator === undefined || deployed.length === 0)
    throw new Problem(`deployments of ${network} has no market with a parameter file`);
  return buildPlan(network, BigInt(recorded.chainId), deployed, creator, recorded);
}

async function main(): Promise<void> {
  const { network, api, params } = parseArgs({
    options: {
      network: { type: "string" },
      api: { type: "string", default: DEFAULT_API },
      params: { type: "string", multiple: true },
    },
  }).values;
  if (network === undefined)
    throw new Problem("--network is missing: one that npm run deploy has written to deployments/");
  const recorded = readDeployment(network);
  const key = process.env["ETHERSCAN_API_KEY"] ?? "";
  if (key === "" && api === DEFAULT_API)
    throw new Problem("ETHERSCAN_API_KEY is missing: make a key at etherscan.io, or name another explorer with --api");
  let refused = 0;
  for (const submission of submissions(planOf(recorded, params))) {
    const outcome = await submit(submission, recorded.chainId, api, key);
    if (!outcome.endsWith("verified")) ++refused;
    console.log(`${submission.title} ${submission.address}: ${outcome}`);
  }
  if (refused > 0) throw new Problem(`${refused} not verified: run this again; what is verified stays so`);
}

if (import.meta.main) await runCommand(main);
