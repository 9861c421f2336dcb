// How the copy's tests run: code of any size, and gas for it.
import base from "../../hardhat.config.js";

const roomy = {
  type: "edr-simulated",
  chainType: "l1",
  hardfork: "osaka",
  allowUnlimitedContractSize: true,
  blockGasLimit: 300_000_000n,
  transactionGasCap: false,
  // Estimating it would run each transaction twenty times.
  gas: 100_000_000n,
} as const;

export default { ...base, networks: { default: roomy, node: roomy } };
