import type { Source } from '../net-plan.ts';

/** Where the tokens of a scope are; how many, each at least 1. */
export interface Marking {
  /** By the state that they wait before and the beginning of their arc; without those that rest in a Place. */
  readonly arcs: ReadonlyMap<string, ReadonlyMap<Source, number>>;
  /** By Place. A resting token waits on every arc out of it. */
  readonly resting: ReadonlyMap<string, number>;
  /** Activations that will still produce tokens: not those of a Map that has completed before its items. */
  readonly busy: ReadonlyMap<string, number>;
  /** Tokens made by a join or an event, by the state that they start. */
  readonly joined: ReadonlyMap<string, number>;
}
