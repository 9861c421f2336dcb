// How fast a past comes in: npx hardhat run --no-compile indexer/test/speed.ts, MUTUA_SPEED=blocks,deposits-a-block
import { deploy, headOf, tokens } from "./chain.js";
import { Indexer } from "./engine.js";

const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`;
const [blocks = 200, deposits = 25] = (process.env["MUTUA_SPEED"] ?? "").split(",").filter(Boolean).map(Number);
const chain = await deploy();
try {
  const { rpc, main, alice } = chain;
  const pool = await main.pool.getAddress();
  const data = main.pool.interface.encodeFunctionData("deposit(uint256,address)", [tokens(1), alice.address]);
  let nonce = await alice.getNonce();
  await rpc("evm_setAutomine", false);
  for (let block = 0; block < blocks; ++block) {
    const send = async (index: number) =>
      await rpc("eth_sendTransaction", {
        from: alice.address,
        to: pool,
        data,
        // The oracle alone is given 300,000.
        gas: "0xf4240",
        nonce: `0x${(nonce + index).toString(16)}`,
      });
    await Promise.all(Array.from({ length: deposits }, (_, index) => send(index)));
    nonce += deposits;
    await rpc("evm_mine");
  }
  await rpc("anvil_mine", "0x40");
  const { number } = await headOf(chain);
  const indexer = new Indexer(chain, process.env["DATABASE_URL"]);
  try {
    const start = performance.now();
    await indexer.start();
    const ready = performance.now();
    const rows = await indexer.rows({ limit: "5000" });
    const end = performance.now();
    if (rows.length < blocks * deposits) throw new Error("Not all deposits went through");
    console.log(`${number} blocks, ${rows.length} rows`);
    console.log(
      `started and read the past: ${seconds(start, ready)}; the newest blocks, and all rows by the API: ${seconds(ready, end)}`,
    );
    const query = performance.now();
    for (let i = 0; i < 20; ++i) await indexer.page({ limit: "1000", after: `${number - 20 * i}.0` });
    console.log(`a page of up to 1000 rows: ${((performance.now() - query) / 20).toFixed(0)} ms`);
  } finally {
    await indexer.remove();
  }
} finally {
  await chain.stop();
}
