// JSON-RPC over HTTP: several nodes, of which the first that works is asked, and never more than three requests a second.

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Lets at most `count` through within any `milliseconds`; who is urgent goes before who is not. A tenth of a second more than
 * one, as some are longer on their way than others.
 */
export class Limiter {
  readonly #count: number;
  readonly #milliseconds: number;
  readonly #urgent: (() => void)[] = [];
  readonly #patient: (() => void)[] = [];
  #passed: number[] = [];
  #isWaiting = false;

  constructor(count = 3, milliseconds = 1_100) {
    this.#count = count;
    this.#milliseconds = milliseconds;
  }

  async pass(isUrgent: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      (isUrgent ? this.#urgent : this.#patient).push(resolve);
      this.#open();
    });
  }

  #open(): void {
    const now = performance.now();
    this.#passed = this.#passed.filter((at) => now - at < this.#milliseconds);
    while (this.#passed.length < this.#count) {
      const next = this.#urgent.shift() ?? this.#patient.shift();
      if (next === undefined) return;
      this.#passed.push(now);
      next();
    }
    const [first = now] = this.#passed;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const again = () => {
      this.#isWaiting = false;
      this.#open();
    };
    setTimeout(again, Math.max(first + this.#milliseconds - now, 1));
  }
}

/** No node has answered. What their URLs contain beyond the host may be a secret, so it is never shown. */
export class NoConnection extends Error {
  readonly host: string;

  constructor(host: string, cause: unknown) {
    super(`No connection to ${host}`, { cause });
    this.host = host;
  }
}

/** Of nodes that count requests: one that says "too many" is left alone for the next in the list. */
const isRefusal = (status: number): boolean => status === 429 || status === 403 || status >= 500;

const TIMEOUT = 15_000;

export class Rpc {
  readonly #urls: readonly string[];
  readonly #limiter: Limiter | undefined;
  readonly #fetch: Fetch;
  #current = 0;
  #nextId = 0;

  constructor(
    urls: readonly string[],
    limiter?: Limiter,
    fetcher: Fetch = async (url, init) => await fetch(url, init),
  ) {
    this.#urls = urls;
    this.#limiter = limiter;
    this.#fetch = fetcher;
  }

  get host(): string {
    return hostOf(this.#urls[this.#current] ?? "");
  }

  /** One HTTP request, of one call or of several. */
  async post(payload: unknown, isUrgent = true): Promise<unknown> {
    const first = this.#current;
    let problem: unknown;
    for (let tried = 0; tried < this.#urls.length; ++tried) {
      // Its own way around: others that fail at the same time move on as well.
      const place = (first + tried) % this.#urls.length;
      await this.#limiter?.pass(isUrgent);
      try {
        return await this.#postTo(this.#urls[place] ?? "", payload);
      } catch (error) {
        problem = error;
        if (this.#current === place) this.#current = (place + 1) % this.#urls.length;
      }
    }
    throw new NoConnection(this.host, problem);
  }

  async #postTo(url: string, payload: unknown): Promise<unknown> {
    const answer = await this.#fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(payload),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (isRefusal(answer.status)) throw new Error(`status ${answer.status}`);
    return await answer.json();
  }

  /** One call, as EIP-1193 has it: what a node refuses is thrown with its code and data. */
  async request(method: string, params: readonly unknown[] = [], isUrgent = true): Promise<unknown> {
    const answer = (await this.post({ jsonrpc: "2.0", id: ++this.#nextId, method, params }, isUrgent)) as {
      result?: unknown;
      error?: { code: number; message: string; data?: unknown };
    };
    if (answer.error === undefined) return answer.result;
    const { code, message, data } = answer.error;
    throw Object.assign(new Error(message), { code, data });
  }
}

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "the node";
  }
}
