import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { BytesLike, ContractTransactionResponse } from "ethers";
import { network } from "hardhat";

import { ILendingPool__factory } from "../../../typechain-types/index.js";
import type { ManagedTarget, MutuaAuthority } from "../../../typechain-types/index.js";

export const { ethers, networkHelpers } = await network.create();
export const { time } = networkHelpers;

export async function loadFixture<T>(fixture: () => Promise<T>): Promise<T> {
  return await networkHelpers.loadFixture(fixture);
}

export const DAY = 86_400n;
export const ADMIN_DELAY = 7n * DAY;
export const GOVERNOR_DELAY = 3n * DAY;
/** OpenZeppelin's: what was scheduled has to be executed within a week of being ready. */
export const EXPIRATION = 7n * DAY;

export const Role = { Admin: 0n, Guardian: 1n, Governor: 2n, OracleManager: 3n } as const;

const pool = ILendingPool__factory.createInterface();
const SOMEONE = "0x00000000000000000000000000000000000000aa";

/** The table of DESIGN §12: every restricted function of a pool, with a call of it. */
export const RULES = [
  { role: Role.Guardian, delay: 0n, call: pool.encodeFunctionData("pause") },
  { role: Role.Guardian, delay: 0n, call: pool.encodeFunctionData("unpause") },
  { role: Role.Guardian, delay: 0n, call: pool.encodeFunctionData("lowerCaps", [1, 1]) },
  { role: Role.Guardian, delay: 0n, call: pool.encodeFunctionData("lowerLtvs", [1, 2, 3]) },
  { role: Role.Guardian, delay: 0n, call: pool.encodeFunctionData("cancelOracle") },
  { role: Role.OracleManager, delay: 0n, call: pool.encodeFunctionData("scheduleOracle", [SOMEONE]) },
  { role: Role.Governor, delay: GOVERNOR_DELAY, call: pool.encodeFunctionData("executeOracle") },
  { role: Role.Governor, delay: GOVERNOR_DELAY, call: pool.encodeFunctionData("raiseCaps", [1, 1]) },
  { role: Role.Governor, delay: GOVERNOR_DELAY, call: pool.encodeFunctionData("raiseLtvs", [1, 2]) },
  { role: Role.Governor, delay: GOVERNOR_DELAY, call: pool.encodeFunctionData("setFees", [1, 2, 3]) },
  { role: Role.Governor, delay: GOVERNOR_DELAY, call: pool.encodeFunctionData("reopenBorrowing") },
  { role: Role.Governor, delay: GOVERNOR_DELAY, call: pool.encodeFunctionData("windDown", [1]) },
  { role: Role.Governor, delay: GOVERNOR_DELAY, call: pool.encodeFunctionData("withdrawReserve", [1, SOMEONE]) },
].map((rule) => ({ ...rule, selector: rule.call.slice(0, 10), name: nameOf(rule.call) }));

export const PAUSE = pool.encodeFunctionData("pause");
export const RAISE_CAPS = pool.encodeFunctionData("raiseCaps", [1, 1]);
export const SCHEDULE_ORACLE = pool.encodeFunctionData("scheduleOracle", [SOMEONE]);

function nameOf(call: string): string {
  const parsed = pool.parseTransaction({ data: call });
  if (parsed === null) throw new Error(`no such function: ${call}`);
  return parsed.signature;
}

/** An authority with one account a role, a pool's stand-in that it has adopted, and one that it has not. */
export async function appointed() {
  const [admin, governor, guardian, oracleManager, stranger, next] = await ethers.getSigners();
  if (!admin || !governor || !guardian || !oracleManager || !stranger || !next) throw new Error("six signers");
  const authority = await ethers.deployContract("MutuaAuthority", [
    admin.address,
    governor.address,
    guardian.address,
    oracleManager.address,
  ]);
  const target = await ethers.deployContract("ManagedTarget", [await authority.getAddress()]);
  const unadopted = await ethers.deployContract("ManagedTarget", [await authority.getAddress()]);
  await sent(authority.connect(admin).adopt(await target.getAddress()));
  const holders: Record<string, HardhatEthersSigner> = {
    [String(Role.Admin)]: admin,
    [String(Role.Guardian)]: guardian,
    [String(Role.Governor)]: governor,
    [String(Role.OracleManager)]: oracleManager,
  };
  return { authority, target, unadopted, admin, governor, guardian, oracleManager, stranger, next, holders };
}

export async function sent(transaction: Promise<ContractTransactionResponse>): Promise<void> {
  await (await transaction).wait();
}

/** Sends `call` to the target as `signer`. */
export async function send(signer: HardhatEthersSigner, target: ManagedTarget, call: BytesLike) {
  return await signer.sendTransaction({ to: await target.getAddress(), data: ethers.hexlify(call) });
}

/** Schedules a call to the authority itself and runs it once the delay is over. */
export async function adminCall(authority: MutuaAuthority, admin: HardhatEthersSigner, call: string): Promise<void> {
  const self = await authority.getAddress();
  await sent(authority.connect(admin).schedule(self, call, 0));
  await time.increase(ADMIN_DELAY);
  await sent(authority.connect(admin).execute(self, call));
}
