import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TimerService } from '../../lib/ports/work-queue.ts';
import { executionArn } from './names.ts';

export interface OpenedTimerService {
  readonly timers: TimerService;
  /** ms since the epoch, by the clock that drives the timers. */
  readonly now: () => number;
  /** Lets time pass until then: on a simulated clock, or one that the emulated services follow. */
  readonly advanceTo: (at: number) => Promise<void>;
  /** The executions whose messages have become visible since the last call. */
  readonly woken: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** What every timer service must do: wake in time, never much too early, and never lose an earlier wake to a later one. */
export function describeTimerService(name: string, open: () => Promise<OpenedTimerService>): void {
  describe(`TimerService: ${name}`, () => {
    let opened: OpenedTimerService;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(async () => {
      await opened.close();
    });

    for (const [label, delay] of [
      ['20 minutes', 20 * minute],
      ['an hour', hour],
      ['40 days', 40 * day],
      ['a year', 365 * day],
    ] as const) {
      test(`wakes after ${label}, not at half the time, at most a minute late`, async () => {
        const execution = executionArn();
        const start = opened.now();
        await opened.timers.wakeAt(execution, 'g', start + delay);
        await opened.advanceTo(start + delay / 2);
        expect(await opened.woken()).toEqual([]);
        await opened.advanceTo(start + delay + minute);
        expect(new Set(await opened.woken())).toEqual(new Set([execution]));
      });
    }

    test('a time that is near or has passed wakes within a minute', async () => {
      const executions = [executionArn(), executionArn(), executionArn()];
      const start = opened.now();
      for (const [i, execution] of executions.entries()) {
        await opened.timers.wakeAt(execution, 'g', start + ([-hour, 0, 5_000][i] ?? 0));
      }
      await opened.advanceTo(start + minute + 5_000);
      expect(new Set(await opened.woken())).toEqual(new Set(executions));
    });

    test('an earlier time set later moves the wake forward', async () => {
      const execution = executionArn();
      const start = opened.now();
      await opened.timers.wakeAt(execution, 'g', start + 10 * hour);
      await opened.timers.wakeAt(execution, 'g', start + hour);
      await opened.advanceTo(start + hour + minute);
      expect(await opened.woken()).toContain(execution);
    });

    test('a later time set later does not put off the earlier wake', async () => {
      const execution = executionArn();
      const start = opened.now();
      await opened.timers.wakeAt(execution, 'g', start + hour);
      await opened.timers.wakeAt(execution, 'g', start + 10 * hour);
      await opened.advanceTo(start + hour + minute);
      expect(await opened.woken()).toContain(execution);
    });

    test('after a wake the next one can be set', async () => {
      const execution = executionArn();
      const start = opened.now();
      await opened.timers.wakeAt(execution, 'g', start + hour);
      await opened.advanceTo(start + hour + minute);
      expect(await opened.woken()).toContain(execution);
      await opened.timers.wakeAt(execution, 'g', start + 3 * hour);
      await opened.advanceTo(start + 2 * hour);
      expect(await opened.woken()).toEqual([]);
      await opened.advanceTo(start + 3 * hour + minute);
      expect(await opened.woken()).toContain(execution);
    });

    test('executions do not disturb each other, in whatever order they are set', async () => {
      const start = opened.now();
      const due = [5, 1, 4, 2, 3].map((hours) => ({ execution: executionArn(), at: start + hours * hour }));
      for (const each of due) await opened.timers.wakeAt(each.execution, 'g', each.at);
      const seen: string[] = [];
      for (let hours = 1; hours <= 5; hours += 1) {
        await opened.advanceTo(start + hours * hour + minute);
        seen.push(...new Set(await opened.woken()));
      }
      expect(seen).toEqual(due.toSorted((a, b) => a.at - b.at).map((each) => each.execution));
    });
  });
}
