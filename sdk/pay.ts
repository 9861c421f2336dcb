// How a contract gets the caller's tokens in as few steps as the token allows: none if it may have them already, a
// signature if the token takes one, else an approval of exactly the amount.
import { Contract, type ContractTransactionResponse, isError, Signature, type Signer, TypedDataEncoder } from "ethers";

import { tokenAbi } from "./abi/token.js";
import { type Router, routerAt } from "./contracts.js";

/** What the wallet is about to be asked for: to show beside the button. */
export type Step = "approve" | "sign" | "send";

export type PayOptions = {
  /** Told before each thing the wallet is asked for. */
  readonly onStep?: (step: Step) => void;
  /** False: never ask for a signature, approve instead. */
  readonly permit?: boolean;
};

export type Payment = {
  readonly token: string;
  readonly amount: bigint;
  /** The call of a contract that takes the tokens itself. */
  readonly direct?: { readonly spender: string; readonly send: () => Promise<ContractTransactionResponse> };
  /** The same through the router, which can use a signature in the same transaction: its function and values. */
  readonly routed?: { readonly router: string; readonly encode: (router: Router) => string };
};

/** Seconds for which a signature is good. */
const PERMIT_LIFE = 3_600;
const ERC2612_TYPEHASH = "0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9";
const PERMIT = ["owner:address", "spender:address", "value:uint256", "nonce:uint256", "deadline:uint256"].map(
  (each) => {
    const [name = "", type = ""] = each.split(":");
    return { name, type };
  },
);

// Old tokens return nothing from approve: so nothing is expected.
const APPROVE = ["function approve(address spender, uint256 amount)"];

/** Resolves with the last transaction, sent and not yet mined. */
export async function pay(
  signer: Signer,
  payment: Payment,
  options: PayOptions = {},
): Promise<ContractTransactionResponse> {
  const { direct, routed } = payment;
  const token = new Contract(payment.token, tokenAbi, signer);
  const owner = await signer.getAddress();
  const allows = async (spender: string): Promise<bigint> =>
    (await token.getFunction("allowance")(owner, spender)) as bigint;
  const say = options.onStep ?? (() => {});

  const viaRouter = async (permit: readonly string[] = []): Promise<ContractTransactionResponse> => {
    if (routed === undefined) throw new RangeError("This needs the router.");
    const router = routerAt(routed.router, signer);
    say("send");
    return await router.multicall([...permit, routed.encode(router)]);
  };
  const directly = async (): Promise<ContractTransactionResponse> => {
    if (direct === undefined) return await viaRouter();
    say("send");
    return await direct.send();
  };

  const spender = direct?.spender ?? routed?.router ?? "";
  const allowance = await allows(spender);
  if (allowance >= payment.amount) return await directly();
  if (routed !== undefined && options.permit !== false) {
    const domain = await permitDomain(token, signer, owner);
    if (domain !== undefined) {
      say("sign");
      return await viaRouter([await signPermit(token, signer, { ...domain, ...payment, spender: routed.router })]);
    }
  }
  await approve(payment, spender, allowance, signer, say);
  return await directly();
}

async function approve(
  { token, amount }: Payment,
  spender: string,
  allowance: bigint,
  signer: Signer,
  say: (step: Step) => void,
): Promise<void> {
  const give = new Contract(token, APPROVE, signer).getFunction("approve");
  const send = async (value: bigint): Promise<void> => {
    say("approve");
    await ((await give(spender, value)) as ContractTransactionResponse).wait();
  };
  // Some tokens change an allowance only from zero.
  if (allowance > 0n && !(await succeeds(give.staticCall(spender, amount)))) await send(0n);
  await send(amount);
}

async function succeeds(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (isError(error, "CALL_EXCEPTION")) return false;
    throw error;
  }
}

// ---------------------------------------------------------------- ERC-2612

type Domain = { name: string; version: string; chainId: bigint; verifyingContract: string };
type Permit = { domain: Domain; nonce: bigint; amount: bigint; spender: string };

/** Undefined where a signature would not do: the token has no ERC-2612 permit, or the owner is a contract. */
async function permitDomain(
  token: Contract,
  signer: Signer,
  owner: string,
): Promise<{ domain: Domain; nonce: bigint } | undefined> {
  const { provider } = signer;
  if (provider === null || (await provider.getCode(owner)) !== "0x") return undefined;
  const verifyingContract = await token.getAddress();
  const { chainId } = await provider.getNetwork();
  const ask = async (signature: string): Promise<unknown> => {
    try {
      const contract = new Contract(verifyingContract, [`function ${signature}`], provider);
      return await contract.getFunction(signature.slice(0, signature.indexOf("(")))();
    } catch {
      return undefined; // the token does not have it
    }
  };
  const [separator, typehash, name, version, nonce] = await Promise.all([
    ask("DOMAIN_SEPARATOR() view returns (bytes32)"),
    ask("PERMIT_TYPEHASH() view returns (bytes32)"),
    ask("name() view returns (string)"),
    ask("version() view returns (string)"),
    (token.getFunction("nonces")(owner) as Promise<bigint>).catch(() => undefined),
  ]);
  if (nonce === undefined || typeof name !== "string" || (typehash ?? ERC2612_TYPEHASH) !== ERC2612_TYPEHASH) {
    return undefined;
  }
  const domain = { name, version: typeof version === "string" ? version : "1", chainId, verifyingContract };
  return TypedDataEncoder.hashDomain(domain) === separator ? { domain, nonce } : undefined;
}

/** Signs, and returns the router's step that uses the signature. */
async function signPermit(token: Contract, signer: Signer, permit: Permit): Promise<string> {
  const { domain, nonce, amount: value, spender } = permit;
  const owner = await signer.getAddress();
  const now = (await signer.provider?.getBlock("latest"))?.timestamp ?? 0;
  const deadline = BigInt(now + PERMIT_LIFE);
  const signed = await signer.signTypedData(domain, { Permit: PERMIT }, { owner, spender, value, nonce, deadline });
  const { v, r, s } = Signature.from(signed);
  const router = routerAt(spender, signer);
  return router.interface.encodeFunctionData("selfPermit", [await token.getAddress(), value, deadline, v, r, s]);
}
