import { expect, test } from 'vitest';
import { memoryStores, SimulatedClock } from '../../lib/adapters/memory/index.ts';
import { DeadLetters } from '../../lib/execution/dead-letters.ts';
import type { KeyValueStore } from '../../lib/ports/key-value-store.ts';

/** A record that somebody else changes right before each of the first writes. */
function contended(writes: number): { readonly store: KeyValueStore; readonly tried: () => number } {
  const { keyValues } = memoryStores();
  const put = keyValues.put.bind(keyValues);
  let tried = 0;
  keyValues.put = async (collection, key, value, expected) => {
    tried += 1;
    if (tried <= writes) await put(collection, key, value, 'any');
    return put(collection, key, value, expected);
  };
  return { store: keyValues, tried: () => tried };
}

const queue = { send: async () => {} };

test('a change gets through when others have been faster', async () => {
  const { store, tried } = contended(30);
  await new DeadLetters({ store, queue, clock: new SimulatedClock() }).gaveUp('e', 1, new Error('no'));
  expect(tried()).toBe(31);
});

test('a change is given up when others are faster for ever', async () => {
  const { store, tried } = contended(Number.POSITIVE_INFINITY);
  const letters = new DeadLetters({ store, queue, clock: new SimulatedClock() });
  await expect(letters.gaveUp('e', 1, new Error('no'))).rejects.toMatchObject({ code: 'Knhk.StoreUnavailable' });
  expect(tried()).toBe(100);
});
