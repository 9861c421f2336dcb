import { expect } from "chai";
import type { ParamType } from "ethers";

import { ethers, world } from "../../helpers/fixtures.js";
import { RULES } from "./fixture.js";

const EMPTY: Record<string, unknown> = {
  address: ethers.ZeroAddress,
  bool: false,
  bytes: "0x",
  bytes32: ethers.ZeroHash,
  string: "",
};

function emptyOf({ type }: ParamType): unknown {
  return type.endsWith("[]") ? [] : (EMPTY[type] ?? 0);
}

describe("The table of MutuaAuthority", () => {
  it("has every function of a pool that asks the authority, and no other", async () => {
    const { pool, erin } = await world();
    const functions = ethers.Interface.from(pool.interface.fragments);
    const refusal = functions.encodeErrorResult("AccessManagedUnauthorized", [erin.address]);
    const to = await pool.getAddress();
    const restricted: string[] = [];
    for (const fragment of functions.fragments) {
      if (!ethers.FunctionFragment.isFunction(fragment) || fragment.constant) continue;
      const data = functions.encodeFunctionData(fragment, fragment.inputs.map(emptyOf));
      const error: unknown = await erin.call({ to, data }).catch((reason: unknown) => reason);
      if ((error as { data?: string }).data === refusal) restricted.push(fragment.format("sighash"));
    }
    // setAuthority is the authority's own to call; MutuaAuthority has it behind updateAuthority.
    expect(restricted.toSorted()).to.deep.equal(
      [...RULES.map((rule) => rule.name), "setAuthority(address)"].toSorted(),
    );
  });
});
