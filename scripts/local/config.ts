// The config.json of the local chain's page.
import type { Config } from "../../app/src/config.js";
import type { Deployment } from "../deploy/deployment.ts";
import type { Name, People } from "../lib/local-system.js";

/** Who is who on all markets together, for whoever wonders as whom to connect. Those with tokens come first. */
const ABOUT: Record<Name, string> = {
  ada: "supplies, insures",
  bruno: "supplies much",
  chen: "supplies, borrows",
  dina: "supplies",
  erik: "supplies, borrows",
  fay: "insures, partly on her way out",
  gil: "borrows",
  hana: "borrows, not far from the limit",
  liv: "liquidates",
  governor: "loosens, after three days",
  guardian: "tightens, pauses, cancels",
  admin: "appoints, after seven days",
  oracleManager: "announces oracles",
  deployer: "sets the price",
};

/** Without what the page has itself or never asks for. */
export function configOf(deployment: Deployment, rpcUrl: string, people: People): Config {
  const { abis: _abis, markets, ...rest } = deployment;
  return {
    deployment: {
      ...rest,
      markets: markets.map(({ parameters: _parameters, seedAssets: _seedAssets, ...market }) => market),
    },
    rpcUrls: ["./rpc", rpcUrl],
    chainName: "Local chain",
    local: {
      controls: "./controls",
      accounts: (Object.keys(ABOUT) as Name[]).map((name) => ({
        name: name === "oracleManager" ? "oracle manager" : name,
        address: people[name].address,
        about: ABOUT[name],
      })),
    },
  };
}
