import type { Json } from '../../model/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { ANY_TARGET, type BreakerPolicy, readBreakerPolicy } from '../../resilience/breaker-policy.ts';

export interface BreakerPoliciesParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Those of the deployment, by target; what is set at run time goes before them. */
  readonly configured: ReadonlyMap<string, BreakerPolicy>;
  /** How long a change by another process may take to be seen here, ms. */
  readonly freshForMs: number;
}

const COLLECTION = 'breakerPolicies';
const PAGE = 1_000;
/** What was not looked at for so much longer than it is fresh is not gone by: a function may have been frozen meanwhile. */
const MOST_STALE_MS = 30_000;

/**
 * Which policy the breaker of a target has: its own, else the one of all targets. They are looked at in the background
 * every few seconds while calls are made, so that where there are none a call costs nothing.
 */
export class BreakerPolicies {
  readonly #parts: BreakerPoliciesParts;
  #stored: ReadonlyMap<string, BreakerPolicy> = new Map();
  #freshUntil = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  #isKnown = false;
  /** Grows with each change by this process: what was read before it is old. */
  #changes = 0;

  constructor(parts: BreakerPoliciesParts) {
    this.#parts = parts;
  }

  /** `false`: they have to be loaded first. */
  get isKnown(): boolean {
    return this.#isKnown && this.#parts.clock.now() < this.#freshUntil + MOST_STALE_MS;
  }

  /** The policy of a target, if its breaker is on. */
  of(target: string): BreakerPolicy | undefined {
    if (this.#parts.clock.now() >= this.#freshUntil) void this.load();
    const { configured } = this.#parts;
    const stored = this.#stored;
    if (stored.size === 0 && configured.size === 0) return undefined;
    const policy = stored.get(target) ?? configured.get(target) ?? stored.get(ANY_TARGET) ?? configured.get(ANY_TARGET);
    return policy?.enabled === true ? policy : undefined;
  }

  /** Never rejects: what cannot be read stays as it was. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async put(target: string, policy: BreakerPolicy): Promise<void> {
    await this.#parts.store.put(COLLECTION, target, asJson(policy), 'any');
    this.#changes += 1;
    this.#stored = new Map([...this.#stored, [target, policy]]);
  }

  /** False: it had none of its own that was set at run time. */
  async delete(target: string): Promise<boolean> {
    const found = await this.#parts.store.get(COLLECTION, target);
    if (found === undefined) return false;
    await this.#parts.store.delete(COLLECTION, target, 'any');
    this.#changes += 1;
    this.#stored = new Map([...this.#stored].filter(([other]) => other !== target));
    return true;
  }

  async #load(): Promise<void> {
    const { store, clock, telemetry, freshForMs } = this.#parts;
    const changes = this.#changes;
    this.#freshUntil = clock.now() + freshForMs;
    try {
      const found = new Map<string, BreakerPolicy>();
      let after: string | undefined;
      do {
        const page = await store.list(COLLECTION, { limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const { key, value } of page.items) found.set(key, readBreakerPolicy(value));
        after = page.next;
      } while (after !== undefined);
      if (changes === this.#changes) this.#stored = found;
    } catch (error) {
      const message = 'The policies of circuit breakers cannot be read; those that were known stay in force.';
      telemetry.log('warn', message, { code: 'Knhk.BreakerUnreadable', error });
    }
    this.#isKnown = true;
  }
}

function asJson(policy: BreakerPolicy): Json {
  // Asserted: it consists of numbers, texts, truth values and a list of texts.
  return policy as unknown as Json;
}
