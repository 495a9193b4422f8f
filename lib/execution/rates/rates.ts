import type { Clock, Ids } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { RateLimitTable } from '../../resilience/rate-limit.ts';
import type { TaskGate } from '../gates.ts';
import { RateLimits } from './rate-limits.ts';
import { type BucketRecord, OwnBucketRecord, SharedBucketRecord } from './stored-bucket.ts';
import { TaskRates } from './task-rates.ts';

export interface RatesParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  /** Limits of the deployment; what is set at run time goes before them. */
  readonly configured: RateLimitTable;
  /** Other processes work on the same store; otherwise the buckets are in memory, and full when the process starts. */
  readonly isShared: boolean;
  /** How old what is known of limits may be before it is looked at again, ms. */
  readonly freshForMs: number;
}

/** Rate limits of an engine: which there are, and the buckets of tokens behind them. */
export interface Rates {
  readonly limits: RateLimits;
  readonly recordOf: (limit: string) => BucketRecord;
  readonly isShared: boolean;
  /** Holds calls of tasks back. */
  readonly gate: TaskGate;
}

export function openRates(parts: RatesParts): Rates {
  const { store, clock, isShared } = parts;
  const limits = new RateLimits(parts);
  const recordOf = (limit: string) => (isShared ? new SharedBucketRecord(parts, limit) : new OwnBucketRecord(clock));
  const gate = new TaskRates({ ...parts, limits, recordOf, ...(isShared ? { turnStore: store } : {}) });
  return { limits, recordOf, isShared, gate };
}
