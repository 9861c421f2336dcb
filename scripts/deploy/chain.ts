// Reading a chain: one call, one answer.
import { type JsonRpcProvider, keccak256, type Result } from "ethers";

import { Problem } from "../lib/problem.ts";
import { type ContractName, interfaceOf } from "./artifacts.ts";

/** CLZ of 1 is 255: creation code that puts it into memory and returns it. */
const CLZ_PROBE = "0x60011e60005260206000f3";

export class Reader {
  readonly provider: JsonRpcProvider;

  constructor(provider: JsonRpcProvider) {
    this.provider = provider;
  }

  async call(name: ContractName, to: string, method: string, values: readonly unknown[] = []): Promise<Result> {
    const face = interfaceOf(name);
    const answer = await this.provider.call({ to, data: face.encodeFunctionData(method, [...values]) });
    return face.decodeFunctionResult(method, answer);
  }

  /** The first value of an answer. */
  async value<T>(name: ContractName, to: string, method: string, values: readonly unknown[] = []): Promise<T> {
    return (await this.call(name, to, method, values))[0] as T;
  }

  async hasCode(address: string): Promise<boolean> {
    return (await this.provider.getCode(address)) !== "0x";
  }

  async codeHash(address: string): Promise<string> {
    return keccak256(await this.provider.getCode(address));
  }

  /** The first block that is not older than a time, in unix seconds: found by headers alone, so any node can answer. */
  async blockAt(timestamp: bigint): Promise<number> {
    let low = 0;
    let high = await this.provider.getBlockNumber();
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const block = await this.provider.getBlock(middle);
      if (block !== null && BigInt(block.timestamp) >= timestamp) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The chain must know the newest instruction that the contracts use (Osaka, EIP-7939), and with it all older ones. */
export async function requireOsaka(provider: JsonRpcProvider, network: string): Promise<void> {
  let answer = "0x";
  try {
    answer = (await provider.send("eth_call", [{ data: CLZ_PROBE }, "latest"])) as string;
  } catch {
    // "invalid opcode", in the words of the client.
  }
  if (answer !== "0x" && BigInt(answer) === 255n) return;
  throw new Problem(
    `${network} does not know the instruction CLZ of the Osaka fork, which the pools need: wait until it does, or deploy on another chain`,
  );
}
