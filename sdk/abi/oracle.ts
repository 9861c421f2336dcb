// Written by npm run build.
export const oracleAbi = [
  {"inputs":[],"name":"pathCount","outputs":[{"name":"","type":"uint256"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"price","outputs":[{"name":"low","type":"uint256"},{"name":"high","type":"uint256"},{"name":"ok","type":"bool"}],"stateMutability":"view","type":"function"},
] as const;
