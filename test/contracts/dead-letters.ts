import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../lib/adapters/memory/index.ts';
import { DeadLetters } from '../../lib/execution/dead-letters.ts';
import { executionArn } from '../../lib/model/arn.ts';
import { StoreUnavailable } from '../../lib/ports/event-store.ts';
import type { KeyValueStore } from '../../lib/ports/key-value-store.ts';
import type { WorkMessage } from '../../lib/ports/work-queue.ts';

const place = { partition: 'aws', region: 'us-east-1', account: '123456789012' };
const [A, B, C] = ['a', 'b', 'c'].map((name) => executionArn(place, 'order', name)) as [string, string, string];
const CAUSE = new StoreUnavailable('The store did not answer.');

/** Dead letters on a new, empty store. */
export function describeDeadLetters(
  name: string,
  open: () => Promise<{ readonly store: KeyValueStore; close(): Promise<void> }>,
): void {
  const test = (what: string, body: (world: Awaited<ReturnType<typeof opened>>) => Promise<void>) =>
    it(what, async () => {
      const world = await opened();
      try {
        await body(world);
      } finally {
        await world.close();
      }
    });

  async function opened() {
    const { store, close } = await open();
    const clock = new SimulatedClock();
    const sent: WorkMessage[] = [];
    const queue = { send: async (messages: readonly WorkMessage[]) => void sent.push(...messages) };
    const process = () => new DeadLetters({ store, queue, clock });
    return { clock, close, sent, store, queue, process, letters: process() };
  }

  describe(`dead letters on ${name}`, () => {
    test('say since when, how often and why', async ({ clock, letters }) => {
      const since = clock.now();
      await letters.gaveUp(A, 10, new Error('something else'));
      clock.advance(60_000);
      await letters.gaveUp(A, 10, CAUSE);
      const error = { code: 'Knhk.StoreUnavailable', message: 'The store did not answer.' };
      const letter = { execution: A, since, at: since + 60_000, failures: 20, error };
      expect(await letters.list(10, undefined)).toEqual({ items: [letter] });
      expect(await letters.find(A)).toEqual(letter);
      expect(letters.count).toBe(1);
    });

    test('are counted once each where processes give up at the same time', async ({ letters, process }) => {
      const others = Array.from({ length: 4 }, process);
      await Promise.all([letters, ...others].map((each) => each.gaveUp(A, 1, CAUSE)));
      expect(await letters.find(A)).toMatchObject({ failures: 5 });
    });

    test('are listed in pages, and sent anew', async ({ letters, sent }) => {
      for (const execution of [C, A, B]) await letters.gaveUp(execution, 10, CAUSE);
      const first = await letters.list(2, undefined);
      const rest = await letters.list(2, first.next);
      expect([...first.items, ...rest.items].map(({ execution }) => execution)).toEqual([A, B, C]);
      expect(await letters.redrive([A, C, executionArn(place, 'order', 'none')])).toEqual([A, C]);
      expect(sent).toEqual([A, C].map((execution) => ({ execution, group: 'order' })));
      expect((await letters.list(10, undefined)).items).toMatchObject([{ execution: B }]);
    });

    test('stay where the message cannot be sent, or is given up again meanwhile', async (world) => {
      const { letters, process, store, clock } = world;
      await letters.gaveUp(A, 10, CAUSE);
      const down = { send: () => Promise.reject(new Error('The queue does not answer.')) };
      await expect(new DeadLetters({ store, queue: down, clock }).redrive([A])).rejects.toThrow('queue');
      expect(await letters.find(A)).toMatchObject({ failures: 10 });
      const slow = { send: () => process().gaveUp(A, 10, CAUSE) };
      await new DeadLetters({ store, queue: slow, clock }).redrive([A]);
      expect(await letters.find(A)).toMatchObject({ failures: 20 });
    });

    test('go when the execution has got on since', async ({ clock, letters }) => {
      const before = clock.now();
      clock.advance(1_000);
      await letters.gaveUp(A, 10, CAUSE);
      await letters.gotOn(A, before);
      expect(letters.isKnown(A)).toBe(true);
      expect(await letters.find(A)).toBeDefined();
      await letters.gotOn(A, clock.now());
      expect(letters.isKnown(A)).toBe(false);
      expect(await letters.find(A)).toBeUndefined();
      await letters.gaveUp(B, 10, CAUSE);
      expect([await letters.delete(B), await letters.delete(B)]).toEqual([true, false]);
    });

    test('of other processes are known within a minute', async ({ clock, letters, process }) => {
      await letters.gaveUp(A, 10, CAUSE);
      const other = process();
      expect(other.isKnown(A)).toBe(false);
      await other.look();
      expect(other.isKnown(A)).toBe(true);
      await letters.delete(A);
      await letters.gaveUp(B, 10, CAUSE);
      await other.look();
      expect([other.isKnown(A), other.isKnown(B)]).toEqual([true, false]);
      clock.advance(60_000);
      await other.look();
      expect([other.isKnown(A), other.isKnown(B)]).toEqual([false, true]);
    });
  });
}
