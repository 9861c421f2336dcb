// `npm run keeper:contracts`: deploys what flash liquidations need, once a chain: the FlashLiquidator, which serves every
// pool and everybody, and an adapter for a router of the Uniswap v3 kind.
import { parseArgs } from "node:util";

import { getAddress, isAddress } from "ethers";

import { FlashLiquidator__factory, UniswapV3Adapter__factory } from "../../typechain-types/index.js";
import { connectTo } from "../lib/connection.ts";
import { Problem, runCommand } from "../lib/problem.ts";

const USAGE = "npm run keeper:contracts -- --network <name|url> [--url <url>] --router <address of a SwapRouter02>";

function read(): { network?: string | undefined; url?: string | undefined; router?: string | undefined } {
  const options = { network: { type: "string" }, url: { type: "string" }, router: { type: "string" } } as const;
  try {
    return parseArgs({ options }).values;
  } catch {
    throw new Problem(`Usage: ${USAGE}`);
  }
}

await runCommand(async () => {
  const { network = "local", url, router } = read();
  if (router === undefined || !isAddress(router)) {
    throw new Problem(`--router is missing or no address: allowed is 0x and 40 hex digits. ${USAGE}`);
  }
  const { signer, provider } = await connectTo(network, { ...(url === undefined ? {} : { url }), signer: "required" });
  if ((await provider.getCode(router)) === "0x") throw new Problem(`There is no contract at ${router} on this chain`);
  if (signer === undefined) throw new Problem(`No key for ${network}`);
  const flash = await new FlashLiquidator__factory(signer).deploy();
  await flash.waitForDeployment();
  const adapter = await new UniswapV3Adapter__factory(signer).deploy(getAddress(router));
  await adapter.waitForDeployment();
  console.log(`FlashLiquidator   ${await flash.getAddress()}`);
  console.log(`UniswapV3Adapter  ${await adapter.getAddress()}`);
  console.log(
    `\nnpm run keeper -- --network ${network} --flash ${await flash.getAddress()} --adapter ${await adapter.getAddress()} --route 3000`,
  );
});
