// Certificates as a ledger kept incident by incident, in fractions of 1e-60 of the asset's smallest unit: what DESIGN §11
// says in two indices, said plainly. It rounds a recovery down and nothing else.
const FINE = 10n ** 60n;

type Incident = Map<string, bigint>;

export class Ledger {
  readonly #incidents: Incident[] = [];
  readonly #paid = new Map<string, bigint>();

  /** A haircut, borne by these balances and by `others`, the virtual shares. */
  haircut(assets: bigint, balances: ReadonlyMap<string, bigint>, others: bigint): void {
    const shares = [...balances.values()].reduce((sum, each) => sum + each, others);
    this.#incidents.push(new Map([...balances].map(([holder, each]) => [holder, (assets * each * FINE) / shares])));
  }

  /** A recovery, to every open face in the same part. `whole` when it repays all there is. */
  recover(assets: bigint, whole: boolean): void {
    const owed = this.#incidents.flatMap((incident) => [...incident.values()]).reduce((sum, each) => sum + each, 0n);
    if (owed === 0n) return;
    const amount = whole || assets * FINE > owed ? owed : assets * FINE;
    for (const incident of this.#incidents) {
      for (const [holder, face] of incident) {
        const part = (face * amount) / owed;
        incident.set(holder, face - part);
        this.#paid.set(holder, (this.#paid.get(holder) ?? 0n) + part);
      }
    }
  }

  /** What a holder has been repaid so far, claimed or not. */
  paidTo(holder: string): bigint {
    return (this.#paid.get(holder) ?? 0n) / FINE;
  }

  owedTo(holder: string): bigint {
    return this.#incidents.reduce((sum, incident) => sum + (incident.get(holder) ?? 0n), 0n) / FINE;
  }
}
