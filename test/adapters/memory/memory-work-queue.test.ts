import { describe, expect, test } from 'vitest';
import { type DeadLetter, MemoryWorkQueue, SimulatedClock } from '../../../lib/adapters/memory/index.ts';
import { executionArn } from '../../../lib/model/arn.ts';
import { fairnessGroup } from '../../../lib/model/tenant.ts';
import type { WorkMessage } from '../../../lib/ports/work-queue.ts';

function message(execution: string, group = 'g'): WorkMessage {
  return { execution, group };
}

describe('consuming', () => {
  test('handles as many at a time as allowed, and no more', async () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    const open: (() => void)[] = [];
    let underWay = 0;
    let most = 0;
    const handle = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise<void>((resolve) => open.push(resolve));
      underWay -= 1;
    };
    queue.consume(handle, { concurrency: 3, maxDeliveries: 1 });
    await queue.send(Array.from({ length: 10 }, (_, i) => message(`e${i}`)));
    const drained = queue.drain();
    for (let ended = 0; ended < 10; ) {
      await Promise.resolve();
      const resolve = open.shift();
      if (resolve === undefined) continue;
      resolve();
      ended += 1;
    }
    await drained;
    expect(most).toBe(3);
  });

  test('the groups take turns, each in the order of sending', async () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    const order: string[] = [];
    await queue.send([...[1, 2, 3, 4].map((i) => message(`a${i}`, 'a')), message('b1', 'b'), message('b2', 'b')]);
    queue.consume(async (each) => order.push(each.execution), { concurrency: 1, maxDeliveries: 1 });
    await queue.drain();
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'a4']);
  });

  test('ten thousand messages of one tenant do not delay the one that another tenant sends behind them', async () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    const arn = (workflow: string, name: string) =>
      executionArn({ partition: 'aws', region: 'us-east-1', account: '000000000000' }, workflow, name);
    const of = (workflow: string, name: string) => {
      const execution = arn(workflow, name);
      return message(execution, fairnessGroup(execution));
    };
    const order: string[] = [];
    const handle = async ({ execution }: WorkMessage) => {
      order.push(execution);
    };
    await queue.send(Array.from({ length: 10_000 }, (_, i) => of(i % 2 === 0 ? 'loud--a' : 'loud--b', `e${i}`)));
    queue.consume(handle, { concurrency: 2, maxDeliveries: 1 });
    await queue.send([of('quiet--a', 'only')]);
    await queue.drain();
    expect(order).toHaveLength(10_001);
    expect(order.indexOf(arn('quiet--a', 'only'))).toBeLessThan(4);
  });

  test('a message of an execution that waits already is not kept twice; one that is being handled is no reason to drop', async () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    const handled: string[] = [];
    await queue.send([message('e'), message('e'), message('f')]);
    await queue.send([message('e')]);
    expect(queue.waiting).toBe(2);
    queue.consume(
      async (each) => {
        handled.push(each.execution);
        if (handled.length === 1) await queue.send([message('e')]);
      },
      { concurrency: 1, maxDeliveries: 1 },
    );
    await queue.drain();
    expect(handled).toEqual(['e', 'f', 'e']);
  });

  test('a hundred thousand messages', async () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    let handled = 0;
    await queue.send(Array.from({ length: 100_000 }, (_, i) => message(`e${i}`, `g${i % 7}`)));
    queue.consume(async () => (handled += 1), { concurrency: 4, maxDeliveries: 1 });
    await queue.drain();
    expect(handled).toBe(100_000);
  });

  test('a second consumer is refused', () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    queue.consume(async () => {}, { concurrency: 1, maxDeliveries: 1 });
    expect(() => queue.consume(async () => {}, { concurrency: 1, maxDeliveries: 1 })).toThrow('consumer');
  });
});

describe('a handler that throws', () => {
  function failing(times: number) {
    const clock = new SimulatedClock();
    const logged: [string, unknown][] = [];
    const queue = new MemoryWorkQueue(clock, {
      telemetry: { log: (level, _, fields) => logged.push([level, fields['code']]) },
    });
    const dead: DeadLetter[] = [];
    let unwritable = 0;
    const gaveUp = async (letter: DeadLetter) => {
      unwritable -= 1;
      if (unwritable >= 0) throw new Error('no place for it');
      dead.push(letter);
    };
    const cannotWrite = (times: number) => {
      unwritable = times;
    };
    const at: number[] = [];
    const start = clock.now();
    const handle = (): Promise<void> => {
      at.push(clock.now() - start);
      if (at.length <= times) throw new Error(`failure ${at.length}`);
      return Promise.resolve();
    };
    queue.consume(handle, { concurrency: 1, maxDeliveries: 4, gaveUp });
    return { clock, queue, at, logged, dead, cannotWrite };
  }

  test('gets the message again, later each time', async () => {
    const { clock, queue, at, dead } = failing(3);
    await queue.send([message('e')]);
    await clock.run({ settle: () => queue.drain() });
    expect(at).toEqual([0, 200, 600, 1400]);
    expect(dead).toEqual([]);
  });

  test('too often makes it a dead letter, which is put on record', async () => {
    const { clock, queue, at, logged, dead } = failing(4);
    await queue.send([message('e')]);
    await clock.run({ settle: () => queue.drain() });
    expect(at).toHaveLength(4);
    expect(dead).toEqual([{ message: message('e'), deliveries: 4, error: new Error('failure 4') }]);
    expect(logged).toEqual([...Array(3).fill(['warn', undefined]), ['error', 'Knhk.DeadLetter']]);
    expect(queue.delayed).toBe(0);
  });

  test('and cannot be put on record keeps the message', async () => {
    const { clock, queue, at, dead, cannotWrite } = failing(6);
    cannotWrite(2);
    await queue.send([message('e')]);
    await clock.run({ settle: () => queue.drain() });
    expect(at).toHaveLength(6);
    expect(dead).toMatchObject([{ deliveries: 6 }]);
  });

  test('does not hold back others', async () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    const handled: string[] = [];
    queue.consume(
      async ({ execution }) => {
        if (execution === 'bad') throw new Error('bad');
        handled.push(execution);
      },
      { concurrency: 1, maxDeliveries: 9 },
    );
    await queue.send([message('bad'), message('a'), message('b')]);
    await queue.drain();
    expect(handled).toEqual(['a', 'b']);
    expect(queue.delayed).toBe(1);
  });
});

describe('stopping', () => {
  test('waits for handlers under way, hands out nothing more, and another consumer can go on', async () => {
    const queue = new MemoryWorkQueue(new SimulatedClock());
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const events: string[] = [];
    const handle = async ({ execution }: WorkMessage) => {
      events.push(`begin ${execution}`);
      await gate;
      events.push(`end ${execution}`);
    };
    queue.consume(handle, { concurrency: 1, maxDeliveries: 1 });
    await queue.send([message('a'), message('b')]);
    await Promise.resolve();
    const stopped = queue.stop().then(() => events.push('stopped'));
    const drained = queue.drain().then(() => events.push('drained'));
    open();
    await Promise.all([stopped, drained]);
    expect(events.slice(0, 2)).toEqual(['begin a', 'end a']);
    expect(events.slice(2).toSorted()).toEqual(['drained', 'stopped']);
    expect(queue.waiting).toBe(1);
    queue.consume(handle, { concurrency: 1, maxDeliveries: 1 });
    await queue.drain();
    expect(events.slice(4)).toEqual(['begin b', 'end b']);
  });
});
