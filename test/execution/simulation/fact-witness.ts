import type { Inbox } from '../../../lib/ports/event-store.ts';

/** A message may be out of sight for 90 s, a lease last for 60 s, a projector come late: one after the other. */
const LATEST_MS = 300_000;

export interface FactWitnessParts {
  readonly now: () => number;
  /** Whether the execution is open, by its log. */
  readonly isOpen: (execution: string) => boolean;
  readonly violations: string[];
}

/** Looks after facts in inboxes: nobody has to wait for something else to happen until they are dealt with. */
export class FactWitness {
  readonly #parts: FactWitnessParts;
  /** By execution and fact: when that was accepted first. */
  readonly #accepted = new Map<string, number>();
  /** By execution: what is in its inbox, and since when. */
  readonly #waiting = new Map<string, Map<string, number>>();
  #calmAt = Number.POSITIVE_INFINITY;

  constructor(parts: FactWitnessParts) {
    this.#parts = parts;
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#calmAt = this.#parts.now();
  }

  acceptedAt(execution: string, fact: string): number | undefined {
    return this.#accepted.get(`${execution} ${fact}`);
  }

  inbox(inbox: Inbox): Inbox {
    return {
      facts: (execution) => inbox.facts(execution),
      discard: async (execution, ids) => {
        await inbox.discard(execution, ids);
        for (const id of ids) this.#dealtWith(execution, id);
      },
      deposit: async (execution, fact) => {
        const outcome = await inbox.deposit(execution, fact);
        if (outcome === 'deposited') this.#deposited(execution, fact.id);
        return outcome;
      },
    };
  }

  /** Nobody has to look at its facts any more. */
  closed(execution: string): void {
    for (const id of [...(this.#waiting.get(execution)?.keys() ?? [])]) this.#dealtWith(execution, id);
  }

  #deposited(execution: string, id: string): void {
    const { now, isOpen } = this.#parts;
    const key = `${execution} ${id}`;
    if (!this.#accepted.has(key)) this.#accepted.set(key, now());
    if (!isOpen(execution)) return;
    const waiting = this.#waiting.get(execution) ?? new Map<string, number>();
    this.#waiting.set(execution, waiting.set(id, now()));
  }

  #dealtWith(execution: string, id: string): void {
    const { now, violations } = this.#parts;
    const at = this.#waiting.get(execution)?.get(id);
    this.#waiting.get(execution)?.delete(id);
    if (at === undefined || now() <= Math.max(at, this.#calmAt) + LATEST_MS) return;
    violations.push(`${execution} has dealt with ${id} at ${now()}, though it was accepted at ${at}.`);
  }
}
