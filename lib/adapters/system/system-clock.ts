import type { Clock } from '../../ports/clock.ts';

/** The longest delay that `setTimeout` takes, ms; a longer one would fire at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** The machine's clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  after(delay: number, callback: () => void): () => void {
    // By the monotonic clock: timers of Node may fire up to a millisecond early, and the time of day may be set.
    const due = performance.now() + delay;
    let timer = timeout();
    function timeout(): NodeJS.Timeout {
      const rest = Math.ceil(due - performance.now());
      return setTimeout(fire, Math.min(Math.max(rest, 0), MAX_TIMEOUT)).unref();
    }
    function fire(): void {
      if (performance.now() >= due) callback();
      else timer = timeout();
    }
    return () => clearTimeout(timer);
  }
}
