import { SeededIds } from '../../../lib/adapters/memory/index.ts';
import { CircuitBreakers } from '../../../lib/execution/breakers/circuit-breakers.ts';
import type { Json } from '../../../lib/model/json.ts';
import type { KeyValueStore } from '../../../lib/ports/key-value-store.ts';
import type { Meter } from '../../../lib/ports/metrics.ts';
import type { TelemetryFields } from '../../../lib/ports/telemetry.ts';
import { type BreakerPolicy, readBreakerPolicy } from '../../../lib/resilience/breaker-policy.ts';
import { World, type WorldOptions } from '../harness.ts';

export interface Line extends TelemetryFields {
  readonly level: string;
  readonly message: string;
}

export interface BreakerWorldOptions extends WorldOptions {
  readonly policies: Readonly<Record<string, Json>>;
  readonly freshForMs?: number;
  /** Wraps the store of the breakers. */
  readonly store?: (store: KeyValueStore) => KeyValueStore;
}

/** Processes that share breakers, and what these have told. */
export class BreakerWorld extends World {
  readonly lines: Line[] = [];
  readonly counts: string[] = [];
  readonly breakers: CircuitBreakers[] = [];

  constructor({ policies, freshForMs = 3_000, store = (same) => same, ...options }: BreakerWorldOptions) {
    const configured = new Map<string, BreakerPolicy>(
      Object.entries(policies).map(([target, policy]) => [target, readBreakerPolicy(policy)]),
    );
    super({
      ...options,
      gates: () => {
        const breakers = new CircuitBreakers({
          store: store(this.stores.keyValues),
          clock: this.clock,
          ids: new SeededIds(this.breakers.length + 1),
          telemetry: { log: (level, message, fields) => void this.lines.push({ level, message, ...fields }), meter },
          configured,
          freshForMs,
        });
        this.breakers.push(breakers);
        return [breakers];
      },
    });
    const meter: Meter = {
      count: (name, labels) => void this.counts.push(`${name} ${JSON.stringify(labels)}`),
      observe: () => {},
      gauge: () => {},
    };
  }
}

/** A store that counts what is asked of it. */
export function counted(store: KeyValueStore): {
  readonly store: KeyValueStore;
  readonly counts: Record<string, number>;
} {
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  return {
    counts,
    store: {
      get: (collection, key) => {
        count(`get ${collection}`);
        return store.get(collection, key);
      },
      put: (collection, key, value, expected) => {
        count(`put ${collection}`);
        return store.put(collection, key, value, expected);
      },
      delete: (collection, key, expected) => {
        count(`delete ${collection}`);
        return store.delete(collection, key, expected);
      },
      list: (collection, query) => {
        count(`list ${collection}`);
        return store.list(collection, query);
      },
    },
  };
}
