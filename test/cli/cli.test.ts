// The operators' commands, against a chain over HTTP. Effects are compared with what the contracts say themselves.
import { spawnSync } from "node:child_process";

import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { sent } from "../../scripts/lib/local-system.js";
import { run } from "../../scripts/mutua/cli.ts";
import { eth, serve, type Served, usd } from "../helpers/served.js";

const DAY = 86_400n;
/** Interest of the seconds between two transactions, at some percent a year on 15,000 dollars: under a cent. */
const CENT = 10_000n;
const SHARES = 10n ** 6n; // share units for an asset unit, at a price of 1
/** --as of the people on a local chain. */
const ADA = "5";
const BRUNO = "6";
const CHEN = "7";

const mutuaItself = (...args: string[]) =>
  spawnSync("node_modules/node/bin/node", ["scripts/mutua/main.ts", ...args], { encoding: "utf8" });

describe("mutua: the operators' commands", function () {
  // Each is a handful of requests over HTTP.
  this.timeout(600_000);
  let s: Served;
  let rewind: () => Promise<void>;

  before(async () => {
    s = await serve();
    const { ada, bruno } = s.people;
    await sent(s.asset.connect(ada).approve(s.pool, usd(100_000)));
    await sent(s.pool.connect(ada)["deposit(uint256,address)"](usd(100_000), ada.address));
    await sent(s.collateral.connect(bruno).approve(s.pool, eth(10)));
    await sent(s.pool.connect(bruno).supplyCollateral(eth(10), bruno.address));
    await sent(s.pool.connect(bruno).borrow(usd(15_000), bruno.address, bruno.address));
    rewind = await s.snapshot();
  });

  afterEach(async () => rewind());
  after(async () => s.close());

  type Ended = { code: number; out: string; notes: string };

  async function mutua(args: string, ask?: (question: string) => Promise<string>): Promise<Ended> {
    const out: string[] = [];
    const notes: string[] = [];
    const code = await run([...args.split(" "), "--rpc", s.url], {
      out: (text) => out.push(text),
      note: (text) => notes.push(text),
      ask,
    });
    return { code, out: out.join("\n"), notes: notes.join("\n") };
  }

  /** Runs a command that must succeed, and returns what --json says. */
  async function done(args: string): Promise<Record<string, unknown>> {
    const { code, out, notes } = await mutua(`${args} --json --yes`);
    expect(code, notes).to.equal(0);
    return JSON.parse(out) as Record<string, unknown>;
  }

  /** Runs a command that must fail, and returns its last line. */
  async function refused(args: string): Promise<string> {
    const { code, out, notes } = await mutua(args);
    expect([code, out]).to.deep.equal([1, ""]);
    return notes.split("\n").at(-1) ?? "";
  }

  describe("reading", () => {
    it("status: a screen of at most 110 columns, and all of it as JSON", async () => {
      const { code, out } = await mutua("status");
      expect(code).to.equal(0);
      for (const line of out.split("\n")) expect(line.length <= 110, line).to.equal(true);
      for (const text of [
        "Mutua USD-ETH (mUSD-ETH), pool 0x",
        "not paused, open, borrowing allowed, deposits accepted",
        "low 2,000, high 2,000 USDT for 1 ETHT: ok",
        "it does not say how old its answer is",
        "100,000 USDT of a cap of 1,000,000,000 (0.01 %)",
        "15,000 USDT of a cap of 900,000,000",
        "15.00 %; cash 85,000 USDT",
        "borrow up to 80 %, liquidation over 86 %, fees 10 % reserve + 10 % fund",
        "1 healthy",
        "Nobody is within 10 % of liquidation.",
        "Nothing is proposed.",
      ]) {
        expect(out).to.include(text);
      }
      const data = await done("status");
      expect(data["pool"]).to.equal(await s.pool.getAddress());
      expect((data["totals"] as { cash: string }).cash).to.equal(String(usd(85_000)));
      expect(data["positions"]).to.deep.equal({ inDebt: 1, near: [] });
      expect([data["pausedUntil"], data["oracleUpdatedAt"], data["proposals"]]).to.deep.equal([null, null, []]);
    });

    it("status in a crash: the exit price, the shortfall and who bears it, the position", async () => {
      await s.setPrice(1_000);
      const { out } = await mutua("status");
      const exit = await s.pool.exitPrice();
      expect(exit < 96n * 10n ** 16n).to.equal(true);
      expect(out).to.match(/exit 0\.9\d+, gross 1.* LOWER\)/);
      expect(out).to.match(/reserve bears 0.*, fund 0, UNCOVERED 5,19/);
      expect(out).to.include("1 INSOLVENT");
      expect(out).to.include("NO DEPOSITS NOW");
      expect(out).to.match(
        new RegExp(`${s.people.bruno.address} +│ +15,000 USDT │ +10 ETHT │ 0\\.5733 │ +1,744\\.19 │`),
      );
      const { positions } = (await done("status")) as unknown as {
        positions: { near: { borrower: string; status: string }[] };
      };
      expect(positions.near.map(({ borrower, status }) => [borrower, status])).to.deep.equal([
        [s.people.bruno.address, "4"],
      ]);
    });

    it("position: of a supplier, of a borrower, of nobody", async () => {
      const { ada, bruno, chen } = s.people;
      expect((await mutua(`position ${ada.address}`)).out).to.match(
        /100,000 mUSD-ETH: 100,000 USDT at the exit price, of which 85,000 USDT can leave now/,
      );
      const { out } = await mutua(`position ${bruno.address}`);
      expect(out).to.include("10 ETHT, of which 0.625 ETHT can leave now");
      expect(out).to.include("75.00 %; health 1.1467");
      expect(out).to.include("Healthy; liquidated under 1,744.19 USDT");
      const nobody = (await done(`position ${chen.address}`)) as { shares: string; stake: { requests: unknown[] } };
      expect([nobody.shares, nobody.stake.requests]).to.deep.equal(["0", []]);
    });

    it("preview-loss: who bears it, and no more than all debt", async () => {
      const { out } = await mutua("preview-loss 5000");
      const [, , , before, after] = await s.pool.previewWaterfall(usd(5_000));
      expect(out).to.match(/from all suppliers \(the haircut\) +│ +5,000 USDT │ 100\.00 % │/);
      expect(out).to.match(/exit price 1 → 0\.95: -5\.0000 % for every supplier/);
      const data = await done("preview-loss 5000");
      expect([data["haircut"], data["exitPriceBefore"], data["exitPriceAfter"]]).to.deep.equal(
        [usd(5_000), before, after].map(String),
      );
      expect((await mutua("preview-loss 1000000")).out).to.include("There is 15,000 USDT of debt: more can't be lost.");
    });

    it("propose alone: every restricted function of the authority with its role and delay", async () => {
      const { out } = await mutua("propose");
      for (const { signature } of await s.authority.rules()) expect(out).to.include(signature.replace(/\(.*/, ""));
      expect(out).to.match(/raiseCaps <supply cap> <borrow cap> +│ +governor │ +3 d/);
      expect(((await done("propose"))["functions"] as unknown[]).length).to.equal(13);
    });
  });

  describe("moving money", () => {
    it("supply: by a signed permit in one transaction, with the least shares", async () => {
      const { chen } = s.people;
      const data = await done(`supply 1000.5 --as ${CHEN}`);
      const { shares, minShares } = data["preview"] as { shares: string; minShares: string };
      expect(BigInt(minShares)).to.equal((BigInt(shares) * 9_950n) / 10_000n);
      expect((data["transactions"] as string[]).length).to.equal(1);
      expect(await s.asset.balanceOf(chen)).to.equal(usd(1_000_000 - 1_000.5));
      // At most what interest has raised the price by since the preview.
      expect(BigInt(shares) - (await s.pool.balanceOf(chen)) <= CENT * SHARES).to.equal(true);
      expect(await s.asset.allowance(chen, s.pool)).to.equal(0n);
      expect(await s.asset.allowance(chen, s.router)).to.equal(0n);
    });

    it("supply: straight to the pool where it may take the amount already; another slippage", async () => {
      const { chen } = s.people;
      await sent(s.asset.connect(chen).approve(s.pool, usd(10)));
      const { notes } = await mutua(`supply 10 --as ${CHEN} --slippage 0.01 --yes`);
      expect(notes).to.match(/transaction │ deposit 10 USDT +│/);
      expect(notes).to.match(/gets +│ (10|9\.9999\d+) mUSD-ETH, at least 9\.9(99|989\d+) mUSD-ETH +│/);
    });

    it("supply max: all of the wallet", async () => {
      await done(`supply max --as ${CHEN}`);
      expect(await s.asset.balanceOf(s.people.chen)).to.equal(0n);
    });

    it("supply: an approval of exactly the amount first, where the token has no permit", async () => {
      const { pool, asset } = await s.addPlainMarket();
      try {
        await sent(asset.mint(s.people.chen.address, usd(500)));
        await sent(asset.connect(s.people.chen).approve(pool, 1n));
        const { code, notes } = await mutua(`supply 500 --market noret-eth --as ${CHEN} --yes`);
        expect(code, notes).to.equal(0);
        const address = await pool.getAddress();
        expect(notes).to.match(new RegExp(`transaction 1 │ approve 0 NORET to ${address} +│`));
        expect(notes).to.match(new RegExp(`transaction 2 │ approve 500 NORET to ${address} +│`));
        expect(notes).to.match(/transaction 3 │ deposit 500 NORET +│/);
        expect(await pool.balanceOf(s.people.chen)).to.equal(usd(500) * SHARES);
        expect(await asset.allowance(s.people.chen, pool)).to.equal(0n);
        expect(await refused("status")).to.equal("local has the markets usd-eth, noret-eth: name one with --market");
        expect(await refused("status --market x")).to.equal('local has no market "x", but: usd-eth, noret-eth');
      } finally {
        s.removePlainMarket();
      }
    });

    it("withdraw: an exact amount with the most shares, and max as far as there is cash", async () => {
      const { ada } = s.people;
      const before = await s.asset.balanceOf(ada);
      const { preview } = (await done(`withdraw 1000 --as ${ADA}`)) as {
        preview: { shares: string; maxShares: string };
      };
      expect(BigInt(preview.maxShares)).to.equal((BigInt(preview.shares) * 10_050n + 9_999n) / 10_000n);
      expect((await s.asset.balanceOf(ada)) - before).to.equal(usd(1_000));
      const { notes } = await mutua(`withdraw max --as ${ADA} --yes`);
      expect(notes).to.match(/stays +│ 15,000.* mUSD-ETH: the pool has no cash for it now/);
      const { cash } = await s.pool.totals();
      expect(cash <= CENT).to.equal(true);
      expect(await refused(`withdraw max --as ${ADA}`)).to.match(/^(The pool has no cash now|Nothing was sent)/);
    });

    it("withdraw in a crash: says what is given up", async () => {
      await s.setPrice(1_000);
      const { notes } = await mutua(`withdraw 10 --as ${ADA}`);
      expect(notes).to.match(/beware +│ the exit price 0\.9\d+ is below the gross price 1/);
    });

    it("collateral in, and out again; max without debt", async () => {
      const { chen, bruno } = s.people;
      await done(`supply-collateral 2.5 --as ${CHEN}`);
      expect((await s.pool.positionOf(chen)).collateral).to.equal(eth(2.5));
      await done(`withdraw-collateral 1 --as ${CHEN}`);
      expect((await s.pool.positionOf(chen)).collateral).to.equal(eth(1.5));
      await done(`withdraw-collateral max --as ${CHEN}`);
      expect(await s.collateral.balanceOf(chen)).to.equal(eth(1_000));
      expect(await refused(`withdraw-collateral max --as ${BRUNO}`)).to.match(
        /^max is for a position without debt: name an amount, at most 0\.624\d+ ETHT now$|^max .* at most 0\.625 ETHT now$/,
      );
      await done(`supply-collateral max --as ${BRUNO}`);
      expect((await s.pool.positionOf(bruno)).collateral).to.equal(eth(1_000));
    });

    it("borrow: previews debt, ltv and health", async () => {
      const { bruno } = s.people;
      const { code, notes } = await mutua(`borrow 500 --as ${BRUNO} --yes`);
      expect(code, notes).to.equal(0);
      expect(notes).to.match(/debt +│ 15,000 USDT → 15,500 USDT +│/);
      expect(notes).to.match(/ltv +│ 75\.00 % → 77\.50 % +│/);
      expect(notes).to.match(/health +│ 1\.1467 → 1\.1097 +│/);
      expect(notes).to.match(/liquidated under │ 1,802\.33 USDT; now 2,000 +│/);
      expect(await s.asset.balanceOf(bruno)).to.equal(usd(1_000_000 + 15_500));
      const { ltvWad } = await s.pool.position(bruno);
      expect(ltvWad).to.be.closeTo(775n * 10n ** 15n, 10n ** 12n);
    });

    it("repay: a part, and all of it to exactly nothing", async () => {
      const { bruno } = s.people;
      await done(`repay 5000 --as ${BRUNO}`);
      expect((await s.pool.position(bruno)).debtAssets).to.be.closeTo(usd(10_000), CENT);
      await s.passTime(DAY);
      await done(`repay max --as ${BRUNO}`);
      expect((await s.pool.positionOf(bruno)).debtShares).to.equal(0n);
      expect(await refused(`repay 1 --as ${BRUNO}`)).to.equal(`${bruno.address} has no debt`);
    });

    it("repay max straight to the pool: an allowance above the debt is enough", async () => {
      const { bruno } = s.people;
      await sent(s.asset.connect(bruno).approve(s.pool, usd(20_000)));
      await done(`repay max --as ${BRUNO}`);
      expect((await s.pool.positionOf(bruno)).debtShares).to.equal(0n);
    });

    it("stake, unstake, claim: with the least units and shares", async () => {
      const { ada } = s.people;
      await done(`stake 1000 --as ${ADA}`);
      const units = await s.fund.balanceOf(ada);
      expect(await s.fund.convertToAssets(units)).to.be.closeTo(usd(1_000) * SHARES, 1n);
      expect((await mutua("status")).out).to.include("1,000 mUSD-ETH, worth 1,000 USDT; cooling 0 mUSD-ETH");
      await done(`unstake max --as ${ADA}`);
      expect(await s.fund.balanceOf(ada)).to.equal(0n);
      expect((await mutua(`position ${ada.address}`)).out).to.match(
        /request 1 +│ 1,000 fmUSD-ETH, cooling: claim from/,
      );
      expect(await refused(`claim --as ${ADA}`)).to.match(/^Nothing to claim yet: request 1 cools until \d{4}-/);
      await s.passTime(14n * DAY);
      const before = await s.pool.balanceOf(ada);
      await done(`claim --as ${ADA}`);
      // And the premium of the second before the request.
      expect((await s.pool.balanceOf(ada)) - before).to.be.closeTo(usd(1_000) * SHARES, CENT * SHARES);
      expect(await refused(`claim --as ${ADA}`)).to.equal(`${ada.address} has nothing to claim`);
    });

    it("claim: what recoveries owe", async () => {
      const { ada, chen, bruno } = s.people;
      await s.setPrice(1_000);
      await sent(s.asset.connect(chen).approve(s.pool, usd(100_000)));
      await sent(s.pool.connect(chen).liquidate(bruno.address, usd(100_000), 0n, chen.address, "0x"));
      await sent(s.pool.connect(chen).recover(usd(1_000)));
      const { claimable } = await s.pool.certificateOf(ada);
      expect(claimable).to.be.closeTo(usd(1_000), 1n);
      const before = await s.asset.balanceOf(ada);
      const { events } = (await done(`claim --as ${ADA}`)) as { events: { name: string; assets: string }[] };
      expect(events.map(({ name, assets }) => [name, assets])).to.deep.equal([["RecoveryClaimed", String(claimable)]]);
      expect((await s.asset.balanceOf(ada)) - before).to.equal(claimable);
      expect((await mutua("status")).out).to.include("BORROWING HALTED");
    });
  });

  describe("governing", () => {
    it("propose, wait, execute: caps in whole tokens", async () => {
      const before = await refused("execute raiseCaps --as governor --yes");
      expect(before).to.equal(
        "raiseCaps is not proposed: propose raiseCaps <supply cap, in whole tokens> <borrow cap, in whole tokens> comes first",
      );
      await done("propose raiseCaps 2_000_000_000 1500000000 --as governor");
      const status = (await mutua("status")).out;
      expect(status).to.include("raiseCaps(2,000,000,000 USDT, 1,500,000,000 USDT)");
      expect(status).to.match(/can run from \d{4}-.* in (3 d|2 d 23 h), until/);
      expect(await refused("execute raiseCaps --as governor")).to.match(
        /^raiseCaps can run from .*, in (3 d|2 d 23 h)$/,
      );
      await s.passTime(3n * DAY);
      expect((await mutua("status")).out).to.include("can run NOW");
      await done("execute raiseCaps --as governor");
      const { supplyCap, borrowCap } = await s.pool.config();
      expect([supplyCap, borrowCap]).to.deep.equal([usd(2_000_000_000), usd(1_500_000_000)]);
      expect((await mutua("status")).out).to.include("Nothing is proposed.");
    });

    it("cancel: by name and by id; two of a name need one", async () => {
      await done("propose raiseCaps 2000000000 1500000000 --as governor");
      await done("propose raiseCaps 2000000001 1500000000 --as governor");
      const { proposals } = (await done("status")) as { proposals: { id: string }[] };
      const ids = proposals.map(({ id }) => id.slice(0, 10));
      expect(await refused("cancel raiseCaps --as guardian")).to.equal(
        `raiseCaps is proposed 2 times: name one by its id, ${ids.join(" or ")}`,
      );
      await done(`cancel ${ids[0]} --as guardian`);
      await done("cancel raiseCaps --as governor");
      expect((await mutua("propose")).out).to.include("Nothing is proposed.");
      await done("propose raiseCaps 2000000000 1500000000 --as governor");
      expect(await refused(`cancel raiseCaps --as ${ADA} --yes`)).to.match(
        /^AccessManagerUnauthorizedCancel \(.*\)\. Who proposed it, the role's guardian or an admin can cancel it\.$/,
      );
    });

    it("pause and unpause: at once, by the guardian alone", async () => {
      await done("pause --as guardian");
      expect((await s.pool.config()).isPaused).to.equal(true);
      expect((await mutua("status")).out).to.match(/PAUSED until \d{4}-/);
      expect(await refused(`supply 5 --as ${CHEN} --yes`)).to.equal(
        "PoolPaused. New deposits and loans are paused; see `status` for until when. Everything else works.",
      );
      await done("unpause --as guardian");
      expect((await s.pool.config()).isPaused).to.equal(false);
      expect(await refused("pause --as guardian --yes")).to.match(
        /^PauseCoolingDown \(allowedAt \d{4}-.* UTC\)\. A pool/,
      );
      expect(await refused("unpause --as governor --yes")).to.equal(
        `unpause is the guardian's, and ${s.people.governor.address} is none: sign as one with --as`,
      );
    });

    it("execute: what tightens needs no proposal", async () => {
      const { notes } = await mutua("execute lowerLtvs 70 80 6 --as guardian --yes");
      expect(notes).to.match(/borrow LTV +│ 80 % → 70 % +│/);
      expect(notes).to.match(/lltv +│ 86 % → 80 % +│/);
      expect(notes).to.match(/ramp +│ 6 d +│/);
      expect((await s.pool.config()).borrowLtvBps).to.equal(7_000n);
      expect(await refused("propose lowerCaps 1 1 --as guardian")).to.equal(
        "lowerCaps has no delay: npm run mutua -- execute lowerCaps 1 1 runs it at once",
      );
      await done("execute lowerCaps 500000000 400000000 --as guardian");
      expect((await s.pool.config()).supplyCap).to.equal(usd(500_000_000));
    });

    it("the oracle: announced, proposed beside it, put in force after three days", async () => {
      const feed = await s.ethers.deployContract("MockFeed", [8, 2_000n * 10n ** 8n]);
      const none = { feed: ZeroAddress, heartbeat: 0, minAnswer: 0, maxAnswer: 0 };
      const source = { feed, heartbeat: 7n * DAY, minAnswer: 100n * 10n ** 8n, maxAnswer: 10_000n * 10n ** 8n };
      const oracle = await s.ethers.deployContract("ChainlinkOracle", [
        s.asset,
        s.collateral,
        { underlying: ZeroAddress, minRate: 0, maxRate: 0 },
        [{ collateral: source, loan: none }],
        { feed: ZeroAddress, gracePeriod: 0 },
      ]);
      const address = await oracle.getAddress();
      expect(await refused("propose executeOracle --as governor")).to.equal(
        "NoPendingOracle. No oracle is announced: scheduleOracle comes first.",
      );
      await done(`execute scheduleOracle ${address} --as oracleManager`);
      const { notes } = await mutua("propose executeOracle --as governor --yes");
      expect(notes).to.match(/today it would fail +│ TooEarly \(timestamp \d{4}-/);
      expect((await mutua("status")).out).to.match(/oracle announced │ 0x.*; executeOracle can run from/);
      await s.passTime(3n * DAY);
      await done("execute executeOracle --as governor");
      expect((await s.pool.config()).oracle).to.equal(address);
      expect((await mutua("status")).out).to.match(/1 path, oldest answer 3 d( \d+ min)? old/);
      expect((await done("status"))["oracleUpdatedAt"]).to.equal(String(await feed.updatedAt()));
      await done(`execute scheduleOracle ${address} --as oracleManager`);
      await done("execute cancelOracle --as guardian");
      expect((await s.pool.pendingOracle()).executableAt).to.equal(0n);
    });

    it("wind-down: proposed the first time, executed when it is due", async () => {
      await done("wind-down 30 --as governor");
      expect(await refused("wind-down 30 --as governor")).to.match(/^windDown can run from /);
      await s.passTime(3n * DAY);
      await done("wind-down 30 --as governor");
      const { isClosed, isBorrowingHalted } = await s.pool.config();
      expect([isClosed, isBorrowingHalted]).to.deep.equal([true, true]);
      expect((await mutua("status")).out).to.include("WINDING DOWN");
    });

    for (const [args, line] of [
      [
        "propose raiseCaps 5 5 --as governor",
        "NotLoosening (current 1000000000, proposed 5). Raising functions only raise. Tightening goes through the lowering one.",
      ],
      [
        "propose setFees 40 20 2 --as governor",
        "InvalidParameter (name feePercent, value 60, bound 50). The value is outside its bound.",
      ],
      [
        "propose windDown 13 --as governor",
        "InvalidParameter (name rampSeconds, value 1123200, bound 1209600). The value is outside its bound.",
      ],
      [
        "propose raiseCaps 5 --as governor",
        "raiseCaps takes <supply cap, in whole tokens> <borrow cap, in whole tokens>: 1 given",
      ],
      ["propose raiseCaps 1.5 5 --as governor", 'The supply cap has at most 0 decimals: "1.5" has 1'],
      ["propose raiseLtvs 101 5 --as governor", 'The borrow LTV is at most 100 percent: "101" is more'],
      [
        "propose fly --as governor",
        '"fly" is no restricted function of a pool: there are pause, unpause, lowerCaps, raiseCaps, lowerLtvs, raiseLtvs, setFees, scheduleOracle, executeOracle, cancelOracle, reopenBorrowing, windDown, withdrawReserve',
      ],
      ["execute 0xab --as governor", "No proposal of this account has an id that begins with 0xab: see propose"],
    ] as const) {
      it(`refuses ${args}`, async () => {
        expect(await refused(args)).to.equal(line);
      });
    }
  });

  describe("asking", () => {
    const questions: string[] = [];
    const answer = (text: string) => async (question: string) => {
      questions.push(question);
      return await Promise.resolve(text);
    };

    it("sends after a yes, and only then", async () => {
      const { chen } = s.people;
      for (const text of ["", "n", "no", "nay", "sure"]) {
        const { code, notes } = await mutua(`supply 5 --as ${CHEN}`, answer(text));
        expect([code, notes.split("\n").at(-1)]).to.deep.equal([1, "Nothing was sent"]);
      }
      expect(await s.pool.balanceOf(chen)).to.equal(0n);
      expect((await mutua(`supply 5 --as ${CHEN}`, answer("Y"))).code).to.equal(0);
      expect((await s.pool.balanceOf(chen)) > 0n).to.equal(true);
      expect(new Set(questions)).to.deep.equal(new Set(["Send? (y/N) "]));
    });

    it("does not send without a terminal and without --yes, in one line after the preview", async () => {
      expect(await refused(`supply 5 --as ${CHEN}`)).to.equal(
        "Nothing was sent: without a terminal to ask at, add --yes",
      );
      expect(await s.pool.balanceOf(s.people.chen)).to.equal(0n);
    });
  });

  describe("refusing", () => {
    const VERBS =
      "status, position, preview-loss, supply, withdraw, supply-collateral, withdraw-collateral, borrow, repay, stake, unstake, claim, propose, execute, cancel, pause, unpause, wind-down";
    for (const [args, line] of [
      ["fly", `There is no verb "fly": there are ${VERBS}`],
      ["toString", `There is no verb "toString": there are ${VERBS}`],
      [
        "status --fly",
        "There is no option --fly: there are --network, --rpc, --url, --market, --as, --slippage, --json, --yes, --help",
      ],
      ["status --yes=1", "--yes takes no value"],
      ["status now", 'status takes nothing: "now" given'],
      ["supply", "supply takes <amount|max>: nothing given"],
      ["supply -5", 'Amounts are above zero: "-5" is negative'],
      [`supply 1.1234567 --as ${ADA}`, 'An amount of USDT has at most 6 decimals: "1.1234567" has 7'],
      [`supply 1,5 --as ${ADA}`, 'An amount of USDT is a number such as 1250.5, without commas: "1,5" is not'],
      ["supply 5 --slippage 101", '--slippage is at most 100 percent: "101" is more'],
      ["supply 5 --as 77", 'A local chain has the accounts 0 to 19: "77" is none of them'],
      ["supply 5 --as nobody", "No key for local: set LOCAL_NOBODY_PRIVATE_KEY"],
      [`borrow max --as ${BRUNO}`, "borrow takes an amount: `position` shows how much is possible"],
      ["position 0x12", '"0x12" is not an address: 0x and 40 hex digits, with a valid checksum'],
      ["status --network http://x", '"http://x" is not a network\'s name: a URL goes with --rpc'],
    ] as const) {
      it(`refuses "${args}"`, async () => {
        expect(await refused(args)).to.equal(line);
      });
    }

    it("says what is missing: a deployment, a node, a pool", async () => {
      expect(await refused("status --network moon")).to.match(/moon\.json is missing: run npm run deploy/);
      const missing = await mutua("status --rpc http://127.0.0.1:1");
      // Options given twice: the last one counts, which is the right node.
      expect(missing.code).to.equal(0);
    });

    it("decodes what a contract says, in human units", async () => {
      const { bruno } = s.people;
      expect(await refused(`borrow 2000 --as ${BRUNO} --yes`)).to.match(
        /^PositionUnhealthy \(debtAssets 17,000 USDT, maxDebtAssets 16,000 USDT\)\. Borrow less, repay some, or add collateral\.$/,
      );
      // A debt share is worth a little more than a wei by now.
      expect(await refused(`borrow 5 --as ${CHEN} --yes`)).to.match(
        /^DebtBelowMinimum \(debtAssets 5(\.000001)? USDT, minimum 100 USDT\)\. Borrow more, or repay all of it with `max`\.$/,
      );
      expect(await refused(`withdraw 90000 --as ${ADA} --yes`)).to.equal(
        "InsufficientCash (requested 90,000 USDT, cash 85,000 USDT). The rest is lent out. Take what is there, and try again later.",
      );
      expect(await refused(`withdraw-collateral 11 --as ${BRUNO} --yes`)).to.equal(
        "InsufficientCollateral (requested 11 ETHT, collateral 10 ETHT). Take less, or `max`.",
      );
      expect(await refused(`supply 2000000 --as ${BRUNO} --yes`)).to.equal(
        `${bruno.address} has 1015000 USDT, and 2000000 are needed`,
      );
      expect(await refused(`repay 14950 --as ${BRUNO} --yes`)).to.equal(
        "A debt is nothing or at least 100 USDT: repay less, or all of it with max",
      );
      await s.setPrice(1_000, false);
      expect(await refused(`supply 5 --as ${CHEN} --yes`)).to.equal(
        "OracleNotOk (low 1,000, high 1,000). A feed is late or out of bounds. Exits, repay and adding collateral work.",
      );
      expect((await mutua("status")).out).to.include("NOT OK");
    });
  });

  it("runs by itself: help, one line of what is wrong, and no question without a terminal", () => {
    const help = mutuaItself("supply", "--help");
    expect([help.status, help.stderr]).to.deep.equal([0, ""]);
    expect(help.stdout).to.include("npm run mutua -- supply <amount|max>");
    expect(help.stdout).to.include("--slippage <percent>");
    const wrong = mutuaItself("supply", "--rpc", s.url);
    expect([wrong.status, wrong.stdout, wrong.stderr]).to.deep.equal([
      1,
      "",
      "supply takes <amount|max>: nothing given\n",
    ]);
  });
});
