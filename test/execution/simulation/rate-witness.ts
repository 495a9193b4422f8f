import type { TaskAssignment } from '../../../lib/model/effect.ts';
import type { SimulationOptions } from './options.ts';
import { RATE } from './process.ts';
import { FUNCTION } from './random-state.ts';

/** A call is made some time after its token was taken: ports are slow. */
const LATE_MS = 1_000;

/** Counts calls of what has a rate limit: in any time at most the burst, and what the rate gives. */
export class RateWitness {
  readonly #most: number;
  #tokens: number;
  #at = 0;

  constructor(most: number) {
    this.#most = most;
    this.#tokens = most;
  }

  /** What is wrong about a call. */
  called({ resource, state, execution }: TaskAssignment, now: number): readonly string[] {
    if (resource.arn !== FUNCTION) return [];
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#at) * RATE.rate) / 1_000);
    this.#at = now;
    if (this.#tokens < 1) return [`${execution} calls ${state}, and there was no token for that.`];
    this.#tokens -= 1;
    return [];
  }
}

/** Only where calls come when they are let through, and clocks and buckets last. */
export function rateWitnessOf({ gates, shared, pause, skew }: SimulationOptions): RateWitness | undefined {
  if (gates === 0 || shared === 0 || pause > 0) return undefined;
  return new RateWitness(RATE.burst + 1 + ((LATE_MS + 2 * skew) * RATE.rate) / 1_000);
}
