import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { MemoryTimerService, MemoryWorkQueue, SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import { Schedule } from '../../../lib/adapters/memory/schedule.ts';
import { SystemClock } from '../../../lib/adapters/system/index.ts';

describe('SimulatedClock', () => {
  test('calls back in order of time, those of one time in the order of asking, each at its time', () => {
    const clock = new SimulatedClock(1_000);
    const calls: [string, number][] = [];
    const note = (name: string) => () => calls.push([name, clock.now()]);
    clock.after(30, note('late'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(20, () => clock.after(5, note('from a callback')));
    clock.after(-5, note('past'));
    clock.advance(29);
    expect(calls).toEqual([
      ['past', 1_000],
      ['first', 1_010],
      ['second', 1_010],
      ['from a callback', 1_025],
    ]);
    expect([clock.now(), clock.scheduled, clock.nextAt]).toEqual([1_029, 1, 1_030]);
    clock.advanceTo(1_030);
    expect(calls.at(-1)).toEqual(['late', 1_030]);
    expect(() => clock.advanceTo(1_029)).toThrow(RangeError);
  });

  test('a cancelled call does not come, also when it is cancelled by one of the same time', () => {
    const clock = new SimulatedClock();
    const called: string[] = [];
    clock.after(5, () => {
      called.push('a');
      cancel();
    });
    const cancel = clock.after(5, () => called.push('b'));
    clock.advance(10);
    cancel();
    expect(called).toEqual(['a']);
    expect(clock.scheduled).toBe(0);
  });

  test('run lets asynchronous work settle between moments, until nothing is scheduled', async () => {
    const clock = new SimulatedClock(0);
    const at: number[] = [];
    async function work(): Promise<void> {
      for (let i = 0; i < 5; i += 1) {
        await new Promise<void>((resolve) => clock.after(1_000, resolve));
        await new Promise((resolve) => setImmediate(resolve));
        at.push(clock.now());
      }
    }
    const done = work();
    await clock.run();
    await done;
    expect(at).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });

  test('run stops at its end, with what is due later still scheduled', async () => {
    const clock = new SimulatedClock(0);
    const forever = (): void => void clock.after(60_000, forever);
    forever();
    await clock.run({ until: 150_000 });
    expect([clock.now(), clock.nextAt]).toEqual([150_000, 180_000]);
  });
});

describe('SystemClock', () => {
  test('is the time of day, and calls back no earlier than asked', async () => {
    const clock = new SystemClock();
    const before = Date.now();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    const [start, began] = [clock.now(), performance.now()];
    // The clock's own call keeps no process alive, so something else must.
    const alive = setInterval(() => {}, 1_000);
    await new Promise<void>((resolve) => clock.after(20, resolve));
    clearInterval(alive);
    expect(performance.now() - began).toBeGreaterThanOrEqual(20);
    expect(clock.now()).toBeGreaterThanOrEqual(start + 19);
  });

  test('takes delays that are longer than a timer of Node can be', () => {
    vi.useFakeTimers();
    try {
      const called: string[] = [];
      const clock = new SystemClock();
      const year = 365 * 24 * 3600 * 1000;
      clock.after(year, () => called.push('year'));
      const cancel = clock.after(year, () => called.push('cancelled'));
      vi.advanceTimersByTime(year / 2);
      cancel();
      vi.advanceTimersByTime(year / 2 - 1);
      expect(called).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(called).toEqual(['year']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('Schedule', () => {
  test('gives items by time whatever was added, moved and removed', () => {
    const change = fc.record({ kind: fc.constantFrom('add', 'add', 'move', 'remove'), pick: fc.nat(), at: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const schedule = new Schedule<{ at: number; id: number }>();
        const model: { at: number; id: number }[] = [];
        for (const [id, { kind, pick, at }] of changes.entries()) {
          const item = model[pick % Math.max(1, model.length)];
          if (kind === 'add' || item === undefined) {
            const added = { at, id };
            schedule.add(added);
            model.push(added);
          } else if (kind === 'move') {
            schedule.move(item, at);
          } else {
            expect(schedule.remove(item)).toBe(true);
            expect(schedule.remove(item)).toBe(false);
            model.splice(model.indexOf(item), 1);
          }
        }
        const drained: number[] = [];
        for (let item = schedule.first(); item !== undefined; item = schedule.first()) {
          schedule.remove(item);
          drained.push(item.id);
        }
        expect(drained).toEqual(model.toSorted((a, b) => a.at - b.at || a.id - b.id).map((item) => item.id));
      }),
    );
  });
});

describe('MemoryTimerService', () => {
  test('keeps one wake for an execution, however often it is moved, and one call of the clock', async () => {
    const clock = new SimulatedClock();
    const queue = new MemoryWorkQueue(clock);
    const timers = new MemoryTimerService(clock, queue);
    for (let i = 100; i > 0; i -= 1) await timers.wakeAt('e', 'g', clock.now() + i * 1_000);
    await timers.wakeAt('f', 'g', clock.now() + 5_000);
    expect([timers.pending, clock.scheduled]).toEqual([2, 1]);
    clock.advance(1_000);
    expect([timers.pending, queue.waiting, clock.scheduled]).toEqual([1, 1, 1]);
    timers.stop();
    expect([timers.pending, clock.scheduled]).toEqual([0, 0]);
  });

  test('a send that fails is tried again', async () => {
    const clock = new SimulatedClock();
    const sent: string[] = [];
    let failures = 2;
    const queue = {
      send: async (messages: readonly { readonly execution: string }[]) => {
        failures -= 1;
        if (failures >= 0) throw new Error('not now');
        sent.push(...messages.map((message) => message.execution));
      },
    };
    const timers = new MemoryTimerService(clock, queue);
    await timers.wakeAt('e', 'g', clock.now() + 10);
    await clock.run();
    expect([sent, timers.pending]).toEqual([['e'], 0]);
  });
});
