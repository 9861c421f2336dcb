// `npm run keys`: the accounts of the local chain, and the addresses of what is on it while `npm start` runs; of the chain
// on another port by `npm run keys -- local-8546`.
import { findDeployment } from "../deploy/deployment.ts";
import { developmentKeys, HOLDERS } from "../lib/local-system.js";
import { runCommand } from "../lib/problem.js";
import { list } from "../lib/table.js";

await runCommand(async () => {
  console.log(
    "Development keys, known to all the world: never send them anything of value. Those with a role have no test tokens.\n",
  );
  console.log(
    list(
      [...developmentKeys()].map(([name, { address, privateKey }]) => [
        HOLDERS.includes(name) ? name : `${name} (role)`,
        address,
        privateKey,
      ]),
    ),
  );
  const network = process.argv[2] ?? "local";
  const deployment = findDeployment(network);
  if (deployment === undefined) return;
  const { contracts, markets } = deployment;
  console.log(`\ndeployments/${network}.json\n`);
  console.log(
    list([
      ...markets.flatMap(({ name, pool, fund, oracle, asset, collateral }) => [
        [`${name}: pool`, pool],
        [`${name}: insurance fund`, fund],
        [`${name}: oracle; the deployer sets the price`, oracle],
        [`${name}: ${asset.symbol}, anyone can mint`, asset.address],
        [`${name}: ${collateral.symbol}`, collateral.address],
      ]),
      ...Object.entries(contracts),
    ]),
  );
});
