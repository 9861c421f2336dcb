import { createConfig } from "ponder";
import type { Address } from "viem";

import { authorityAbi } from "../sdk/abi/authority.js";
import { factoryAbi } from "../sdk/abi/factory.js";
import { poolAbi } from "../sdk/abi/pool.js";
import { fromEnvironment } from "./settings.js";

const { chainId, urls, folder, startBlock, authority, factory, markets, sampleBlocks, pollMs } = fromEnvironment();

export default createConfig({
  // Without this the engine would look for a database by itself.
  database: folder === null ? { kind: "postgres" } : { kind: "pglite", directory: folder },
  chains: {
    chain: {
      id: chainId,
      rpc: [...urls],
      pollingInterval: pollMs,
      // Blocks of a development chain are gone when it is started anew.
      disableCache: chainId === 31_337,
    },
  },
  contracts: {
    pool: { chain: "chain", abi: poolAbi, address: markets.map(({ pool }) => pool as Address), startBlock },
    factory: { chain: "chain", abi: factoryAbi, address: factory as Address, startBlock },
    authority: { chain: "chain", abi: authorityAbi, address: authority as Address, startBlock },
  },
  blocks: { sample: { chain: "chain", interval: sampleBlocks, startBlock } },
});
