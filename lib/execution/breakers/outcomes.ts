import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { BreakerPolicy } from '../../resilience/breaker-policy.ts';
import type { Verdict } from '../../resilience/call-verdict.ts';
import { addCall, addCalls, type Bucket, hasTrouble, mergeCalls } from '../../resilience/circuit-breaker.ts';
import type { BreakerRecords } from './breaker-records.ts';

export interface OutcomesParts {
  readonly records: BreakerRecords;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** See `addCalls`. */
  readonly settleMs: number;
}

interface Tally {
  policy: BreakerPolicy;
  /** Of calls that are not in the shared record yet. */
  calls: readonly Bucket[];
  /** When they were written last, ms since the epoch. */
  writtenAt: number;
  isWriting: boolean;
  /** Something must be written as soon as possible. */
  isUrgent: boolean;
}

/** Successes are told so often while the shared record shows trouble, ms. */
const SUCCESSES_EVERY_MS = 5_000;
/** The pause between two writes of the same process, ms: failures that come meanwhile go together. */
const PAUSE_MS = 100;
/** The pause after a write that failed, ms. */
const PAUSE_AFTER_FAULT_MS = 2_000;
const MAX_TARGETS = 1_000;

/**
 * How calls ended, on its way into the shared record. A failure or a slow call is written at once, with the successes of the
 * window; successes alone only while the record shows trouble: what works costs no write.
 */
export class Outcomes {
  readonly #parts: OutcomesParts;
  readonly #tallies = new Map<string, Tally>();

  constructor(parts: OutcomesParts) {
    this.#parts = parts;
  }

  add(target: string, policy: BreakerPolicy, call: { readonly verdict: Verdict; readonly isSlow: boolean }): void {
    if (call.verdict === 'nothing' && !call.isSlow) return;
    const { clock, records } = this.#parts;
    const at = clock.now();
    const tally = this.#tallyOf(target, policy);
    const isFailure = call.verdict === 'failure';
    tally.policy = policy;
    tally.calls = addCall(policy, tally.calls, { at, isFailure, isSlow: call.isSlow });
    if (isFailure || call.isSlow) tally.isUrgent = true;
    else if (at - tally.writtenAt >= SUCCESSES_EVERY_MS && hasTrouble(policy, records.seen(target), at)) {
      tally.isUrgent = true;
    }
    if (tally.isUrgent && !tally.isWriting) void this.#write(target, tally);
  }

  #tallyOf(target: string, policy: BreakerPolicy): Tally {
    const known = this.#tallies.get(target);
    if (known !== undefined) return known;
    if (this.#tallies.size >= MAX_TARGETS) this.#forgetQuiet();
    const tally = { policy, calls: [], writtenAt: 0, isWriting: false, isUrgent: false };
    this.#tallies.set(target, tally);
    return tally;
  }

  #forgetQuiet(): void {
    for (const [target, tally] of this.#tallies) if (!tally.isWriting) this.#tallies.delete(target);
  }

  /** One write at a time; never rejects. */
  async #write(target: string, tally: Tally): Promise<void> {
    tally.isWriting = true;
    while (tally.isUrgent) await this.#pause(await this.#writeOnce(target, tally));
    tally.isWriting = false;
  }

  /** Resolves with how long to wait before the next write, ms. */
  async #writeOnce(target: string, tally: Tally): Promise<number> {
    const { records, clock, settleMs, telemetry } = this.#parts;
    const { calls, policy } = tally;
    tally.calls = [];
    tally.isUrgent = false;
    try {
      await records.change(target, (state) => addCalls(policy, state, calls, { now: clock.now(), settleMs }));
      tally.writtenAt = clock.now();
      return PAUSE_MS;
    } catch (error) {
      tally.calls = mergeCalls(calls, tally.calls);
      const message = `How calls of ${target} ended could not be written; tried again with those that follow.`;
      telemetry.log('warn', message, { code: 'Knhk.BreakerUnwritable', target, error });
      return PAUSE_AFTER_FAULT_MS;
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#parts.clock.after(ms, resolve);
    });
  }
}
