// What an explorer is sent: the compiler's input and the constructor's arguments of everything deployed.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import { concat } from "ethers";

import { artifact, create2Address, creationCode } from "../../scripts/deploy/artifacts.js";
import { readMarketFile } from "../../scripts/deploy/params.js";
import { buildPlan } from "../../scripts/deploy/plan.js";
import { submissions, submit } from "../../scripts/deploy/verify.js";
import { developmentWallet } from "../../scripts/lib/connection.js";

describe("Explorer verification", () => {
  const file = readMarketFile("scripts/deploy/params/local-usd-eth.yaml", "local");
  const plan = buildPlan("local", 31_337n, [file], developmentWallet(0).address);
  let server: Server;
  let answers: Record<string, string>[];
  let asked: URLSearchParams[];

  before(async () => {
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        asked.push(new URLSearchParams(body));
        response.end(JSON.stringify(answers.shift()));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  beforeEach(() => ([answers, asked] = [[], []]));
  after(() => server.close());

  const api = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const all = submissions(plan);
  const named = (title: string) => {
    const found = all.find((each) => each.title === title);
    if (found === undefined) throw new Error(`No ${title}`);
    return found;
  };

  it("covers everything that is deployed, with the arguments it was made with", () => {
    const libraries = { Certificates: plan.contracts.certificates };
    for (const { contract, address, values } of all) {
      if (contract === "LendingPool" || contract === "InsuranceFund") continue;
      expect(create2Address(concat([creationCode(contract, libraries), `0x${values}`]))).to.equal(address);
    }
    const [market] = plan.markets;
    expect(all.map(({ address }) => address)).to.include.members([
      market?.pool,
      market?.fund,
      market?.oracle.address,
      plan.contracts.router,
    ]);
    // The fund is compiled as a part of the pool.
    expect(named("fund of usd-eth").compiledWith).to.equal("LendingPool");
  });

  it("sends it and waits for the verdict", async () => {
    answers = [
      { status: "1", message: "OK", result: "ticket" },
      { status: "0", message: "NOTOK", result: "Pending in queue" },
      { status: "1", message: "OK", result: "Pass - Verified" },
    ];
    const pool = named("pool of usd-eth");
    expect(await submit(pool, 31_337, api(), "key", 1)).to.equal("verified");
    const [sent, , last] = asked;
    expect(sent?.get("contractaddress")).to.equal(pool.address);
    expect(sent?.get("contractname")).to.equal("project/contracts/LendingPool.sol:LendingPool");
    expect(sent?.get("compilerversion")).to.match(/^v0\.8\.37\+commit\./);
    const input = JSON.parse(sent?.get("sourceCode") ?? "{}") as { sources: Record<string, unknown> };
    expect(input.sources).to.have.property(artifact("LendingPool").sourceName.replace(/^/, "project/"));
    expect(input.sources).to.have.property("project/contracts/InsuranceFund.sol");
    expect(last?.get("guid")).to.equal("ticket");
  });

  it("says what was refused, and leaves alone what is verified", async () => {
    answers = [{ status: "0", message: "NOTOK", result: "Contract source code already verified" }];
    expect(await submit(named("Router"), 31_337, api(), "key", 1)).to.equal("already verified");
    answers = [{ status: "0", message: "NOTOK", result: "Invalid API Key" }];
    expect(await submit(named("Router"), 31_337, api(), "key", 1)).to.equal("refused: Invalid API Key");
    answers = [
      { status: "1", message: "OK", result: "ticket" },
      { status: "0", message: "NOTOK", result: "Fail - Unable to verify" },
    ];
    expect(await submit(named("Router"), 31_337, api(), "key", 1)).to.equal("refused: Fail - Unable to verify");
  });
});
