import type { Clock } from '../ports/clock.ts';

/** Something to wait at: until somebody rings, or a moment comes. A ring while nobody waits is kept for the next wait. */
export class Alarm {
  readonly #clock: Clock;
  #rung = false;
  #resolve: ((reason: 'rung' | 'time') => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    if (this.#resolve === undefined) this.#rung = true;
    else this.#end('rung');
  }

  /** @param until ms since the epoch; absent: only a ring ends the wait. */
  wait(until: number | undefined): Promise<'rung' | 'time'> {
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve('rung');
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
      if (until !== undefined) {
        this.#cancelTimer = this.#clock.after(Math.max(0, until - this.#clock.now()), () => this.#end('time'));
      }
    });
  }

  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #end(reason: 'rung' | 'time'): void {
    this.cancel();
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(reason);
  }
}

/** `undefined`: none of them is known. */
export function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
