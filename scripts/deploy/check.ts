// Reads a deployment back from the chain, and names every difference from its parameter files and from what the compiler
// made. Changes that governance has made since count as differences: write them into the parameter file.
import { getAddress, keccak256, type Result } from "ethers";

import { type ContractName, create2Address, creationCode, isCodeOf, isCodeWithin, PROXY } from "./artifacts.ts";
import type { Reader } from "./chain.ts";
import { NOBODY } from "./deployment.ts";
import { members, ROLE_NAMES, rolesOfFunctions, rulesOf, shownDelay } from "./governance.ts";
import { poolParameters } from "./params.ts";
import { isSeeded, type MarketPlan, pathConfigs, type Plan, sequencerConfig, vaultConfig } from "./plan.ts";

export type Report = { checked: number; differences: string[] };

/** Collects what is as it should be, and what is not. */
class Findings {
  checked = 0;
  readonly differences: string[] = [];

  same(what: string, found: unknown, expected: unknown): void {
    ++this.checked;
    if (shown(found) !== shown(expected))
      this.differences.push(`${what} is ${shown(found)}, should be ${shown(expected)}`);
  }

  holds(what: string, isTrue: boolean): void {
    ++this.checked;
    if (!isTrue) this.differences.push(what);
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `(${value.map(shown).join(", ")})`;
  const text = String(value);
  return /^0x[0-9a-fA-F]{40}$/.test(text) ? getAddress(text) : text;
}

export async function check(plan: Plan, reader: Reader, startBlock: number): Promise<Report> {
  const findings = new Findings();
  const isComplete = await checkCore(plan, reader, findings);
  if (isComplete) {
    await checkRoles(plan, reader, findings, startBlock);
    for (const market of plan.markets) await checkMarket(plan, market, reader, findings);
  }
  return { checked: findings.checked, differences: findings.differences };
}

async function hasArtifactCode(
  findings: Findings,
  reader: Reader,
  what: string,
  contract: ContractName,
  address: string,
): Promise<boolean> {
  const code = await reader.provider.getCode(address);
  findings.holds(`${what}: no code at ${address}`, code !== "0x");
  if (code !== "0x")
    findings.holds(
      `${what} at ${address}: the code differs from ${contract}'s in artifacts/`,
      isCodeOf(contract, code),
    );
  return code !== "0x";
}

async function checkCore(plan: Plan, reader: Reader, findings: Findings): Promise<boolean> {
  const { contracts } = plan;
  findings.same("code hash of the deployment proxy", await reader.codeHash(PROXY.address), PROXY.codeHash);
  let all = true;
  for (const { title, contract, code, address } of plan.core) {
    // The address is a hash of the creation code, arguments included.
    findings.same(`address of ${title}`, address, create2Address(code));
    all = (await hasArtifactCode(findings, reader, title, contract, address)) && all;
  }
  findings.holds(
    `wrapped native coin: no code at ${contracts.wrappedNative}`,
    await reader.hasCode(contracts.wrappedNative),
  );
  if (!all) return false;
  const poolCode = creationCode("LendingPool", { Certificates: contracts.certificates });
  findings.same(
    "PoolFactory.poolCreationCodeHash",
    await reader.value("PoolFactory", contracts.factory, "poolCreationCodeHash"),
    keccak256(poolCode),
  );
  findings.same(
    "PoolFactory.poolModules",
    await reader.value("PoolFactory", contracts.factory, "poolModules"),
    contracts.views,
  );
  findings.same("Router.factory", await reader.value("Router", contracts.router, "factory"), contracts.factory);
  findings.same(
    "Router.wrappedNative",
    await reader.value("Router", contracts.router, "wrappedNative"),
    contracts.wrappedNative,
  );
  return true;
}

async function checkRoles(plan: Plan, reader: Reader, findings: Findings, startBlock: number): Promise<void> {
  const { authority } = plan.contracts;
  const found = await members(reader, authority, startBlock);
  const minimums = await Promise.all(
    ROLE_NAMES.map((_, roleId) => reader.value<bigint>("MutuaAuthority", authority, "minimumDelay", [roleId])),
  );
  for (const [roleId, role] of ROLE_NAMES.entries()) {
    const holders = found.filter((each) => each.roleId === BigInt(roleId));
    findings.same(
      `members of the role ${role}`,
      holders.map((each) => each.account),
      [plan.roles[role]],
    );
    for (const { account, delay } of holders) {
      findings.same(`delay of ${account} as ${role}`, shownDelay(delay), shownDelay(minimums[roleId] ?? 0n));
    }
    // Who may grant a role, and who may cancel what its members have scheduled.
    findings.same(
      `admin of the role ${role}`,
      await reader.value("MutuaAuthority", authority, "getRoleAdmin", [roleId]),
      0,
    );
    const guardian = role === "governor" || role === "oracleManager" ? 1 : 0;
    findings.same(
      `guardian of the role ${role}`,
      await reader.value("MutuaAuthority", authority, "getRoleGuardian", [roleId]),
      guardian,
    );
  }
  const others = found.filter((each) => each.roleId >= BigInt(ROLE_NAMES.length));
  findings.same(
    "members of other roles",
    others.map((each) => `${each.account}: ${each.roleId}`),
    [],
  );
  findings.same(
    "the authority's own closed state",
    await reader.value("MutuaAuthority", authority, "isTargetClosed", [authority]),
    false,
  );
}

async function checkMarket(plan: Plan, market: MarketPlan, reader: Reader, findings: Findings): Promise<void> {
  const { pool, fund, name } = market;
  const { authority, factory } = plan.contracts;
  const at = (what: string) => `${name}: ${what}`;
  if (!(await hasArtifactCode(findings, reader, at("pool"), "LendingPool", pool))) return;
  const fundCode = await reader.provider.getCode(fund);
  findings.holds(
    at(`the code of the fund ${fund} is not the one that LendingPool's in artifacts/ creates`),
    isCodeWithin("LendingPool", fundCode),
  );
  const read = async (method: string, values: unknown[] = []): Promise<unknown> =>
    await reader.value("ILendingPool", pool, method, values);

  // The listing, which means: this code, with these modules.
  findings.same(at("listed by the factory"), await reader.value("PoolFactory", factory, "isPool", [pool]), true);
  const listing = await reader.value<Result>("PoolFactory", factory, "listing", [pool]);
  findings.same(at("creator"), listing["creator"], market.creator);

  // What is fixed for life.
  const { parameters } = market;
  findings.same(at("authority"), await read("authority"), authority);
  findings.same(at("asset"), await read("asset"), market.asset.address);
  findings.same(at("collateral"), await read("collateralToken"), market.collateral.address);
  findings.same(at("fund"), await read("fund"), fund);
  findings.same(at("name"), await read("name"), parameters.name);
  findings.same(at("symbol"), await read("symbol"), parameters.symbol);
  findings.same(at("decimals"), await read("decimals"), market.asset.decimals + 6);
  const fixed = [
    "lifFloorBps",
    "lifMinBps",
    "lifPeakBps",
    "repayTargetBps",
    "maxDeviationBps",
    "collateralCap",
    "minDebt",
  ] as const;
  const inFile = poolParameters(market.file);
  for (const key of fixed) findings.same(at(key), await read(key), inFile[key]);
  // The rate of the first day has no view, since it moves from then on: it is in the pool's address, as all of this is.
  findings.same(
    at("initialRateAtTargetPerSecondWad, of the creation"),
    parameters.initialRateAtTargetPerSecondWad,
    inFile.initialRateAtTargetPerSecondWad,
  );
  findings.same(at("fund's asset"), await reader.value("InsuranceFund", fund, "asset"), pool);
  findings.same(at("fund's symbol"), await reader.value("InsuranceFund", fund, "symbol"), `f${parameters.symbol}`);

  // What governance can change.
  const config = await reader.call("ILendingPool", pool, "config");
  const whole = 10n ** BigInt(market.asset.decimals);
  findings.same(at("oracle in force"), config["oracle"], market.oracle.address);
  findings.same(at("borrowLtvBps"), config["borrowLtvBps"], inFile.borrowLtvBps);
  findings.same(at("lltvBps"), config["lltvBps"], inFile.lltvBps);
  findings.same(at("supply cap"), config["supplyCap"], inFile.supplyCapTokens * whole);
  findings.same(at("borrow cap"), config["borrowCap"], inFile.borrowCapTokens * whole);
  findings.same(at("reserveFeePercent"), config["reserveFeePercent"], inFile.reserveFeePercent);
  findings.same(at("fundFeePercent"), config["fundFeePercent"], inFile.fundFeePercent);
  findings.same(at("reserveTargetBps"), config["reserveTargetBps"], inFile.reserveTargetBps);
  findings.same(at("paused"), config["isPaused"], false);
  findings.same(at("closed"), config["isClosed"], false);
  findings.same(at("borrowing halted"), config["isBorrowingHalted"], false);
  findings.same(
    at("announced oracle"),
    (await reader.call("ILendingPool", pool, "pendingOracle"))["oracle"],
    `0x${"0".repeat(40)}`,
  );

  // Tokens.
  for (const token of [market.asset, market.collateral]) {
    findings.same(
      at(`decimals of ${token.symbol}`),
      await reader.value("ERC20", token.address, "decimals"),
      token.decimals,
    );
    findings.same(at(`symbol of ${token.address}`), await reader.value("ERC20", token.address, "symbol"), token.symbol);
  }

  await checkOracle(market, reader, findings);
  await checkTable(plan, market, reader, findings);
  findings.holds(
    at(
      `the seed deposit is missing: ${NOBODY} has less than the shares of ${market.file.seedDeposit} ${market.asset.symbol}`,
    ),
    await isSeeded(market, reader),
  );
}

async function checkOracle(market: MarketPlan, reader: Reader, findings: Findings): Promise<void> {
  const at = (what: string) => `${market.name}: oracle's ${what}`;
  const { oracle, file } = market;
  if (!(await hasArtifactCode(findings, reader, at("contract"), oracle.contract, oracle.address))) return;
  if (file.oracle.kind === "chainlink") {
    const read = async (method: string, values: unknown[] = []): Promise<unknown> =>
      await reader.value("ChainlinkOracle", oracle.address, method, values);
    findings.same(at("loan asset"), await read("loanAsset"), market.asset.address);
    findings.same(at("collateral"), await read("collateral"), market.collateral.address);
    const expected = pathConfigs(file.oracle);
    findings.same(at("number of paths"), await read("pathCount"), expected.length);
    for (const [i, path] of expected.entries()) {
      const found = (await read("path", [i])) as Result;
      for (const side of ["collateral", "loan"] as const) {
        const { feed, heartbeat, minAnswer, maxAnswer } = path[side];
        // A side without a feed shows 1 for both bounds.
        const bounds = BigInt(feed) === 0n ? [1n, 1n] : [minAnswer, maxAnswer];
        findings.same(at(`path ${i + 1}, ${side}`), (found[side] as Result).toArray(), [feed, heartbeat, ...bounds]);
      }
    }
    const vault = vaultConfig(file.oracle);
    const hasVault = file.oracle.vault !== undefined;
    findings.same(
      at("vault"),
      ((await read("vault")) as Result).toArray(),
      hasVault ? [vault.underlying, vault.minRate, vault.maxRate] : [vault.underlying, 1, 1],
    );
    const { feed, gracePeriod } = sequencerConfig(file.oracle);
    findings.same(at("sequencer"), ((await read("sequencer")) as Result).toArray(), [feed, gracePeriod]);
  }
  const [low, high, isOk] = await reader.call("ILendingPool", market.pool, "currentPrice");
  findings.holds(at(`price is not ok (low ${low}, high ${high}): a feed is late or out of bounds`), isOk as boolean);
}

/** The authority's table is in force for the pool, function by function; everything else is nobody's but the admin's. */
async function checkTable(plan: Plan, market: MarketPlan, reader: Reader, findings: Findings): Promise<void> {
  const { authority } = plan.contracts;
  const isAdopted = await reader.value<boolean>("MutuaAuthority", authority, "isAdopted", [market.pool]);
  findings.holds(`${market.name}: the authority has not adopted the pool ${market.pool}`, isAdopted);
  findings.same(
    `${market.name}: closed by the authority`,
    await reader.value("MutuaAuthority", authority, "isTargetClosed", [market.pool]),
    false,
  );
  if (!isAdopted) return;
  const rules = new Map((await rulesOf(reader, authority)).map((rule) => [rule.signature, rule]));
  const found = await rolesOfFunctions(reader, authority, market.pool, "ILendingPool");
  for (const [signature, roleId] of found) {
    const role = ROLE_NAMES[Number(rules.get(signature)?.roleId ?? 0n)];
    findings.same(`${market.name}: role of ${signature}`, ROLE_NAMES[Number(roleId)] ?? roleId, role);
  }
}
