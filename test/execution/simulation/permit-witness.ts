import type { ExecutionState } from '../../../lib/model/state.ts';

/** Counts, by what the logs say, who holds permits of pools whose limits never change. */
export class PermitWitness {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #held = new Map<string, ReadonlyMap<string, number>>();
  readonly #mostOf = new Map<string, number>();

  constructor(limits: ReadonlyMap<string, number>) {
    this.#limits = limits;
  }

  /** How many were held at the same time, at most. */
  get most(): ReadonlyMap<string, number> {
    return this.#mostOf;
  }

  /** What is wrong after a commit. */
  committed({ identity, permits }: ExecutionState): readonly string[] {
    const mine = new Map<string, number>();
    for (const { pools, grantedAt } of permits?.values() ?? []) {
      if (grantedAt === undefined) continue;
      for (const pool of pools) mine.set(pool, (mine.get(pool) ?? 0) + 1);
    }
    if (mine.size === 0) this.#held.delete(identity.id);
    else this.#held.set(identity.id, mine);
    return [...mine.keys()].flatMap((pool) => {
      let sum = 0;
      for (const held of this.#held.values()) sum += held.get(pool) ?? 0;
      this.#mostOf.set(pool, Math.max(sum, this.#mostOf.get(pool) ?? 0));
      const limit = this.#limits.get(pool);
      return limit === undefined || sum <= limit ? [] : [`${sum} hold a permit of ${pool}, which has ${limit}.`];
    });
  }
}
