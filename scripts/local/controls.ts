// What a newcomer does to the local chain: moves the price, plays a crisis, liquidates, brings money back, lets days
// pass. One thing at a time; each answers in a sentence. The state is on the chain alone.
import { MaxUint256 } from "ethers";
import { z } from "zod";

import type { Control, ControlsState, LogEntry } from "../../app/src/local/api.js";
import { explain } from "../../sdk/errors.js";
import { parseAmount } from "../../sdk/units.js";
import { sent } from "../lib/local-system.js";
import { describeIssues, Problem, reasonOf } from "../lib/problem.js";
import { DAY, type LocalChain, type LocalMarket, pass, timeOf } from "./chain.js";
import { crises, type Play } from "./crises.js";
import { fundLiquidator, isLiquidatable, liquidate, nothing, positionsOf } from "./liquidations.js";
import { Replay } from "./replay.js";
import { assets, dateText, exitText, priceNumber, priceText, standing, told } from "./texts.js";

/** A refusal, with the status that a server answers. */
export class Refused extends Problem {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const BUSY = 409;
const BAD = 400;
const MISSING = 404;

/** In whole asset tokens: what lies outside is no price of a market. */
const [LEAST_PRICE, MOST_PRICE] = [0.01, 1_000_000];
/** A liquidation may leave a position that can be liquidated again. */
const ROUNDS = 4;
const LOG_LENGTH = 200;

const market = z.string("name a market");
const number = (least: number, most: number) =>
  z.number(`allowed is a number from ${least} to ${most}`).min(least).max(most);
const BODIES = {
  price: z.strictObject({ market, percent: number(-1_000, 10_000) }),
  crisis: z.strictObject({ market, id: z.string("name a crisis"), stepsPerSecond: number(0.1, 1_000).default(20) }),
  stop: z.strictObject({}),
  liquidate: z.strictObject({ market }),
  recover: z.strictObject({ market, amount: z.string('allowed is an amount as text, or a part such as "50%"') }),
  reopen: z.strictObject({ market }),
  wait: z.strictObject({ days: number(0.01, 3_650) }),
  again: z.strictObject({}),
} satisfies Record<Control, z.ZodType>;
type Bodies = { [K in Control]: z.output<(typeof BODIES)[K]> };

export class Controls {
  readonly #chain: LocalChain;
  #busyWith: string | undefined;
  #replay: Replay | undefined;
  /** The end of the crisis that was begun last. */
  #ended: Promise<void> = Promise.resolve();
  #log: LogEntry[] = [];
  #snapshot: unknown;

  constructor(chain: LocalChain) {
    this.#chain = chain;
  }

  state(): ControlsState {
    return { crises: crises().map(({ crisis }) => crisis), running: this.#replay?.running ?? null, log: this.#log };
  }

  /** What `again` goes back to is the chain as it is now. */
  async remember(): Promise<void> {
    this.#snapshot = await this.#chain.ethers.provider.send("evm_snapshot", []);
  }

  /** `doing` alone: whatever else is asked for meanwhile is refused. */
  async alone<T>(name: string, doing: () => Promise<T>): Promise<T> {
    this.#begin(name);
    try {
      return await doing();
    } finally {
      this.#busyWith = undefined;
    }
  }

  #begin(name: string): void {
    if (this.#busyWith !== undefined) {
      const remedy = this.#replay === undefined ? "wait for its end" : "stop it first, or wait for its end";
      throw new Refused(BUSY, `${this.#busyWith} is going on: ${remedy}.`);
    }
    this.#busyWith = name;
  }

  /** Does what was asked for, and says what came of it. */
  async act(name: string, body: unknown): Promise<string> {
    if (!Object.hasOwn(BODIES, name)) {
      throw new Refused(MISSING, `There is no control "${name}", but: ${Object.keys(BODIES).join(", ")}.`);
    }
    const control = name as Control;
    const parsed = BODIES[control].safeParse(body, { reportInput: true });
    if (!parsed.success) throw new Refused(BAD, `${describeIssues(parsed.error, control)}.`);
    const doing = this[control] as (body: unknown) => Promise<string>;
    const act = async (): Promise<string> => await doing.call(this, parsed.data);
    if (control === "stop" || control === "crisis") return await act();
    return await this.alone(TITLES[control], async () => {
      const text = await act();
      await this.#note(text);
      return text;
    });
  }

  // ---------------------------------------------------------------- one by one

  private async price({ market: name, percent }: Bodies["price"]): Promise<string> {
    const found = this.#market(name);
    if (percent <= -100)
      throw new Refused(BAD, "A price that falls by 100 % or more would be none: let it fall by less.");
    const [before] = await found.oracle.price();
    const after = (before * BigInt(Math.round((100 + percent) * 100))) / 10_000n;
    const whole = priceNumber(after, found);
    if (whole < LEAST_PRICE || whole > MOST_PRICE) {
      const allowed = `allowed is ${LEAST_PRICE} to ${MOST_PRICE.toLocaleString("en")}`;
      throw new Refused(BAD, `The price would be ${whole} ${found.asset.symbol}: ${allowed}.`);
    }
    await sent(found.oracle.set(after, after, true));
    return `Price ${priceText(before, found)} → ${priceText(after, found)}. ${await standing(this.#chain, found)}`;
  }

  private async liquidate({ market: name }: Bodies["liquidate"]): Promise<string> {
    const found = this.#market(name);
    const outcome = nothing();
    const done = new Set<string>();
    let failure: string | undefined;
    await fundLiquidator(this.#chain, found);
    for (let round = 0; round < ROUNDS; ++round) {
      const open = (await positionsOf(this.#chain, found)).filter(isLiquidatable);
      const before = outcome.positions;
      failure = undefined;
      for (const { borrower } of open) {
        try {
          await liquidate(this.#chain, found, borrower, MaxUint256, outcome);
          done.add(borrower);
        } catch (error) {
          failure = explain(error, found).sentence;
        }
      }
      if (outcome.positions === before) break;
    }
    if (done.size === 0) {
      return failure === undefined
        ? "Nobody can be liquidated at this price."
        : `Nobody could be liquidated: ${failure}`;
    }
    const { prices, terms } = await this.#chain.lens.market(await found.pool.getAddress());
    const halted = terms.isBorrowingHalted ? "; borrowing is halted until the governor opens it again" : "";
    const exit = `Exit price ${exitText(prices.exitPriceWad)}${halted}.`;
    return `${told({ ...outcome, positions: done.size }, found)} ${exit}${failure === undefined ? "" : ` ${failure}`}`;
  }

  private async recover({ market: name, amount }: Bodies["recover"]): Promise<string> {
    const found = this.#market(name);
    const { pool, cash, asset } = found;
    const { deployer } = this.#chain.people;
    const { unpaidFace } = await pool.certificates();
    const money = this.#money(amount, unpaidFace, found);
    if (money === 0n) throw new Refused(BAD, `Nothing is owed to anyone: name an amount.`);
    await sent(cash.mint(deployer.address, money));
    await sent(cash.connect(deployer).approve(await pool.getAddress(), money));
    const receipt = await sent(pool.connect(deployer).recover(money));
    const [event] = await pool.queryFilter(pool.filters.Recovered(), receipt.blockNumber, receipt.blockNumber);
    const { toCertificates = 0n, toReserve = 0n } = event?.args ?? {};
    const back = `${assets(money, asset)} came back`;
    if (toCertificates === 0n) return `${back}: all to the reserve, since nothing is owed to anyone.`;
    const rest = toReserve === 0n ? "" : `, ${assets(toReserve, asset)} to the reserve`;
    const owed = `of the ${assets(unpaidFace, asset)} owed to them`;
    return `${back}: ${assets(toCertificates, asset)} to those who bore the loss, ${owed}${rest}. They can claim it now.`;
  }

  #money(amount: string, unpaidFace: bigint, { asset }: LocalMarket): bigint {
    const [, percent] = /^(\d{1,3}(?:\.\d{1,2})?)\s*%$/.exec(amount.trim()) ?? [];
    if (percent !== undefined) return (unpaidFace * BigInt(Math.round(Number(percent) * 100))) / 10_000n;
    const bound = 1_000_000_000n * 10n ** BigInt(asset.decimals);
    let money: bigint;
    try {
      money = parseAmount(amount, asset);
    } catch (error) {
      throw new Refused(BAD, `recover: ${reasonOf(error)}.`);
    }
    if (money > bound) throw new Refused(BAD, `recover: allowed is up to ${assets(bound, asset)}.`);
    return money;
  }

  private async reopen({ market: name }: Bodies["reopen"]): Promise<string> {
    const { pool } = this.#market(name);
    const { authority, people, ethers } = this.#chain;
    const target = await pool.getAddress();
    const { terms } = await this.#chain.lens.market(target);
    if (!terms.isBorrowingHalted) return "Borrowing is open already.";
    const data = pool.interface.encodeFunctionData("reopenBorrowing");
    const governor = authority.connect(people.governor);
    const id = await authority.hashOperation(people.governor.address, target, data);
    // Somebody may have announced it already, on the page or by a command.
    if ((await authority.getSchedule(id)) === 0n) await sent(governor.schedule(target, data, 0));
    const wait = Number(await authority.getSchedule(id)) - (await timeOf(ethers));
    if (wait > 0) await pass(ethers, wait);
    await sent(governor.execute(target, data));
    return `The governor announced it, three days passed, and borrowing is open again.`;
  }

  private async wait({ days }: Bodies["wait"]): Promise<string> {
    const { ethers } = this.#chain;
    await pass(ethers, Math.round(days * DAY));
    return `${days} ${days === 1 ? "day" : "days"} passed: it is ${dateText(await timeOf(ethers))} on this chain.`;
  }

  private async again(): Promise<string> {
    if (this.#snapshot === undefined) throw new Refused(BAD, "Nothing was remembered to go back to.");
    await this.#chain.ethers.provider.send("evm_revert", [this.#snapshot]);
    await this.remember();
    this.#log = [];
    return "Everything is as it was after the start.";
  }

  /** Answers at once; what it has begun goes on until its last price, or until it is stopped. */
  private async crisis({ market: name, id, stepsPerSecond }: Bodies["crisis"]): Promise<string> {
    const found = this.#market(name);
    const play = crises().find((each) => each.crisis.id === id);
    if (play === undefined) {
      const ids = crises().map((each) => each.crisis.id);
      throw new Refused(BAD, `There is no crisis "${id}", but: ${ids.join(", ")}.`);
    }
    const { crisis } = play;
    this.#begin(crisis.title);
    this.#replay = new Replay(this.#chain, found, play);
    this.#ended = this.#play(this.#replay, found, play, stepsPerSecond).finally(() => {
      this.#replay = undefined;
      this.#busyWith = undefined;
    });
    return `${crisis.title}: ${crisis.steps} prices of ${crisis.days === 1 ? "a day" : `${crisis.days} days`}, scaled to that of ${found.collateral.symbol}.`;
  }

  async #play(replay: Replay, found: LocalMarket, { crisis: { title, steps } }: Play, speed: number): Promise<void> {
    try {
      await this.#note(`${title} begins.`);
      const played = await replay.run(speed);
      const way = played.step === steps ? "is over" : `was stopped at price ${played.step} of ${steps}`;
      const [first, lowest, last] = [played.first, played.lowest, played.last].map((each) => priceText(each, found));
      const prices = `price ${first} → ${last}, lowest ${lowest}`;
      await this.#note(`${title} ${way}: ${prices}. ${told(played, found)} ${await standing(this.#chain, found)}`);
    } catch (error) {
      await this.#note(`${title} ended early: ${explain(error, found).sentence}`);
    }
  }

  private async stop(): Promise<string> {
    if (this.#replay === undefined) return "No crisis is running.";
    this.#replay.stop();
    await this.#ended;
    return this.#log.at(-1)?.text ?? "Stopped.";
  }

  // ---------------------------------------------------------------- within

  #market(name: string): LocalMarket {
    const found = this.#chain.markets.find((each) => each.name === name);
    if (found !== undefined) return found;
    const names = this.#chain.markets.map((each) => each.name).join(", ");
    throw new Refused(BAD, `There is no market "${name}", but: ${names}.`);
  }

  async #note(text: string): Promise<void> {
    const block = await this.#chain.ethers.provider.getBlockNumber();
    this.#log = [...this.#log, { block, text }].slice(-LOG_LENGTH);
  }
}

const TITLES: Record<Exclude<Control, "stop" | "crisis">, string> = {
  price: "A change of the price",
  liquidate: "A round of liquidations",
  recover: "A recovery",
  reopen: "The reopening of borrowing",
  wait: "The passing of time",
  again: "The way back",
};
