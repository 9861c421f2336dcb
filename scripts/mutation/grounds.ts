// Chains to come back to. What most of a mutant's time went into is deploying a market and lending in it, over and over:
// so what a mutant has no part in is kept. Beneath a connection there are many chains, each with up to three states: bare,
// with a market, with a fixture's work. A test sees one chain.
import { hooks, network } from "hardhat";

import { REACH } from "./mutants.ts";

/** Each holds the code of a market, which takes longest; a fixture's work upon it is soon done again. */
const GROUNDS_KEPT = 16;

type Connection = Awaited<ReturnType<typeof network.create>>;
type Request = Connection["provider"]["request"];
type Note = { hits: Set<number>; used: Set<object> };

/** A state of a chain, `by` whom it was brought about, and with which mutant awake. */
type State = { by: unknown; name: object; data: unknown; awake: bigint; snapshot: string; time: number };
type Ground = { request: Request; states: State[]; name?: object; load: number };
type Land = {
  create: () => Promise<Ground>;
  grounds: Ground[];
  current: Ground;
  load: number;
  /** Nothing was asked or done yet: the first to come says from which state. */
  isWaiting: boolean;
  ready: Promise<void>;
};

const lands = new WeakMap<object, Land>();
/** What is reached while a market, a fixture, a hook or a test runs, and which of the former it stands on. */
const notes = new Map<object, Note>();
const names = new Map<string, object>();
/** Which market a fixture stands on. */
const marketOf = new Map<object, string>();
/** Where what is reached at the moment is noted, innermost last. */
const noting: Note[] = [];
let awake = 0n;
let load = 0;
let loading: Promise<unknown> = Promise.resolve();

hooks.registerHandlers("network", {
  onCoverageData: async (_context: unknown, tags: string[]) => {
    for (const tag of tags) noting.at(-1)?.hits.add(Number(BigInt(`0x${tag}`)));
  },
});

const create = network.create.bind(network);
network.create = (async (...args: Parameters<typeof create>) => {
  const connection = await create(...args);
  const first = await groundOn(connection);
  const land: Land = {
    create: async () => await groundOn(await create(...args)),
    grounds: [first],
    current: first,
    load,
    isWaiting: false,
    ready: wake(first),
  };
  lands.set(connection, land);
  connection.provider.request = (async (message) => {
    begin(land);
    if (land.isWaiting) {
      land.isWaiting = false;
      land.ready = restore(land.current, 0);
    }
    await land.ready;
    return await land.current.request(message);
  }) as Request;
  connection.networkHelpers.loadFixture = (async (fixture: () => Promise<unknown>) => {
    const data = loadFixture(land, fixture);
    loading = data.catch(() => {});
    return await data;
  }) as never;
  return connection;
}) as typeof create;

/** From now on this one is awake, and what tests did before is forgotten. Says how often that was asked. */
export async function beginWith(mutant: bigint): Promise<number> {
  // A test that was broken off may have left a fixture half loaded.
  await loading;
  awake = mutant;
  load += 1;
  return load;
}

/** What is reached from now on is put down to `key`. */
export function noteFor(key: object): void {
  noting[0] = noteOf(key);
}

export function noteNothing(): void {
  noting.length = 0;
}

/** All that was reached, in what it stands on as well. */
export function reachedBy(keys: Iterable<object>, into = new Set<number>(), seen = new Set<object>()): Set<number> {
  for (const key of keys) {
    const note = notes.get(key);
    if (note === undefined || seen.has(key)) continue;
    seen.add(key);
    for (const hit of note.hits) into.add(hit);
    reachedBy(note.used, into, seen);
  }
  return into;
}

/** A market that `deploy` deploys, kept under `key`; deployed plainly where something was done before. */
export async function share<T extends object>(connection: object, key: string, deploy: () => Promise<T>): Promise<T> {
  const land = lands.get(connection);
  if (land === undefined) throw new Error("Nobody made this connection.");
  begin(land);
  if (!land.isWaiting) return await deploy();
  land.isWaiting = false;
  const name = nameOf(`market ${key}`);
  noting.at(-1)?.used.add(name);
  // A fixture has chosen its ground; without one this is the bare chain, which has no name.
  const fixture = land.current.name;
  if (fixture === undefined) await go(land, key, name);
  else marketOf.set(fixture, key);
  return { ...(await stateBy(land, key, name, deploy, () => restore(land.current, 0))) };
}

async function loadFixture(land: Land, fixture: () => Promise<unknown>): Promise<unknown> {
  const name = nameOf(fixture.toString());
  noting.at(-1)?.used.add(name);
  begin(land);
  await go(land, fixture, name);
  land.isWaiting = false;
  return await stateBy(land, fixture, name, fixture, async () => {
    land.isWaiting = true;
  });
}

/**
 * The state that `build` brings about where the land stands now. One that the mutant is no part of is the same for all
 * mutants: it is built once, reporting what it reaches, and kept.
 */
async function stateBy<T>(
  land: Land,
  by: unknown,
  name: object,
  build: () => Promise<T>,
  prepare: () => Promise<void>,
): Promise<T> {
  const ground = land.current;
  const found = ground.states.findIndex((state) => state.by === by && isGood(state));
  if (found >= 0) {
    await restore(ground, found);
    return ground.states[found]?.data as T;
  }
  const mutant = awake;
  const buildWith = async (someone: bigint): Promise<T> => {
    awake = someone;
    await prepare();
    const data = await build();
    await save(ground, { by, name, data, awake: someone });
    return data;
  };
  let data: T | undefined;
  noting.push(noteOf(name));
  try {
    if (!isReached(name, mutant)) data = await buildWith(REACH);
    if (isReached(name, mutant)) data = await buildWith(mutant);
  } finally {
    noting.pop();
    awake = mutant;
  }
  await wake(ground);
  return data as T;
}

/** To the ground that holds this state, or held it when the test file was loaded before, or to a new one. */
async function go(land: Land, by: unknown, name: object): Promise<void> {
  const [home, ...others] = land.grounds;
  let ground =
    others.find(({ states }) => states.some((state) => state.by === by)) ??
    others.find((each) => each.name === name && each.load < load);
  if (ground === undefined && land.grounds.length >= GROUNDS_KEPT) {
    const market = marketOf.get(name);
    ground = others.find(({ states }) => market !== undefined && states[1]?.by === market) ?? others[0];
  }
  ground ??= await land.create();
  // The one that was used last stands last.
  land.grounds = [home as Ground, ...others.filter((each) => each !== ground), ground];
  Object.assign(ground, { name, load });
  land.current = ground;
}

/** What a test file finds when it is loaded: a bare chain. */
function begin(land: Land): void {
  if (land.load === load) return;
  Object.assign(land, { load, current: land.grounds[0], isWaiting: true });
}

async function groundOn({ provider }: Connection): Promise<Ground> {
  const ground: Ground = { request: provider.request.bind(provider), states: [], load };
  await save(ground, { by: undefined, name: {}, data: undefined, awake: REACH });
  return ground;
}

async function save(ground: Ground, state: Omit<State, "snapshot" | "time">): Promise<void> {
  const { request } = ground;
  const block = (await request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as { timestamp: string };
  const snapshot = (await request({ method: "evm_snapshot" })) as string;
  ground.states.push({ ...state, snapshot, time: Number(block.timestamp) });
}

/** Back to the state at `index`; later ones are gone. */
async function restore(ground: Ground, index: number): Promise<void> {
  const state = ground.states[index];
  if (state === undefined) throw new Error(`There are only ${ground.states.length} states.`);
  await ground.request({ method: "evm_revert", params: [state.snapshot] });
  state.snapshot = (await ground.request({ method: "evm_snapshot" })) as string;
  ground.states.length = index + 1;
  await wake(ground);
}

/** Time goes on from where it stood, however long the state was kept. */
async function wake({ request, states }: Ground): Promise<void> {
  const coinbase = `0x${awake.toString(16).padStart(40, "0")}`;
  await request({ method: "hardhat_setCoinbase", params: [coinbase] });
  await request({ method: "evm_setNextBlockTimestamp", params: [(states.at(-1)?.time ?? 0) + 1] });
  // Views read the latest block: so that this one has the coinbase too.
  await request({ method: "hardhat_mine" });
}

function isGood(state: State): boolean {
  return state.awake === awake || (state.awake === REACH && !isReached(state.name, awake));
}

function isReached(name: object, mutant: bigint): boolean {
  return mutant !== REACH && reachedBy([name]).has(Number(mutant));
}

/** The same though its file was loaded anew. */
function nameOf(text: string): object {
  const name = names.get(text) ?? {};
  names.set(text, name);
  return name;
}

function noteOf(key: object): Note {
  const note = notes.get(key) ?? { hits: new Set<number>(), used: new Set<object>() };
  notes.set(key, note);
  return note;
}
