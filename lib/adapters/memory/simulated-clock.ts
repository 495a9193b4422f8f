import type { Clock } from '../../ports/clock.ts';
import { Schedule, type Scheduled } from './schedule.ts';

interface Call extends Scheduled {
  readonly callback: () => void;
}

export interface RunOptions {
  /** ms since the epoch: time goes no further, and does get there. Without it, time goes on until nothing is scheduled. */
  readonly until?: number;
  /** Waits until what the last callbacks began has come to rest; by default a few rounds of the event loop. */
  readonly settle?: () => Promise<void>;
}

const START = Date.UTC(2026, 0, 1);

/** Moments at which something was due, after which `run` takes the work for endless. */
const MAX_MOMENTS = 1_000_000;

/** Time that moves only when it is told to, for tests and simulation. */
export class SimulatedClock implements Clock {
  #now: number;
  readonly #calls = new Schedule<Call>();

  constructor(start: number = START) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const call: Call = { at: this.#now + Math.max(0, delay), callback };
    this.#calls.add(call);
    return () => void this.#calls.remove(call);
  }

  /** How many calls are pending. */
  get scheduled(): number {
    return this.#calls.size;
  }

  /** When the next one is due. */
  get nextAt(): number | undefined {
    return this.#calls.first()?.at;
  }

  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  /** Calls back, in order of time, all that is due until then; each at its own time. Waits for nothing that is asynchronous. */
  advanceTo(at: number): void {
    if (!(at >= this.#now)) throw new RangeError(`Time does not go back: ${at} is before ${this.#now}.`);
    for (let call = this.#calls.first(); call !== undefined && call.at <= at; call = this.#calls.first()) {
      this.#calls.remove(call);
      this.#now = call.at;
      call.callback();
    }
    this.#now = at;
  }

  /** Lets time pass from one moment at which something is due to the next, and lets asynchronous work settle at each. */
  async run(options: RunOptions = {}): Promise<void> {
    const { until = Number.POSITIVE_INFINITY, settle = settled } = options;
    for (let moments = 0; ; moments += 1) {
      await settle();
      const next = this.nextAt;
      if (next === undefined || next > until) break;
      if (moments === MAX_MOMENTS) throw new Error('Something is scheduled again and again: give `until` a time.');
      this.advanceTo(next);
    }
    if (until !== Number.POSITIVE_INFINITY) this.advanceTo(until);
  }
}

const SETTLING_ROUNDS = 3;

async function settled(): Promise<void> {
  for (let round = 0; round < SETTLING_ROUNDS; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
