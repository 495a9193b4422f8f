import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidPageToken } from '../../lib/ports/execution-index.ts';
import type { KeyQuery, KeyValueRecord, KeyValueStore } from '../../lib/ports/key-value-store.ts';
import { noise } from './noise.ts';

export interface OpenedKeyValueStore {
  readonly store: KeyValueStore;
  readonly reopen?: () => Promise<KeyValueStore>;
  readonly close: () => Promise<void>;
}

/** What every store of small records must do. Each test uses a collection of its own. */
export function describeKeyValueStore(name: string, open: () => Promise<OpenedKeyValueStore>): void {
  describe(`KeyValueStore: ${name}`, () => {
    let opened: OpenedKeyValueStore;
    let store: KeyValueStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(async () => {
      await opened.close();
    });

    describeVersions(() => store);
    describeValues(() => store);
    describeList(() => store);

    test('records are there after closing and opening again', async ({ skip }) => {
      if (opened.reopen === undefined) return skip();
      const collection = newCollection();
      await store.put(collection, 'a', { x: 1 }, 0);
      await store.put(collection, 'a', { x: 2 }, 1);
      store = await opened.reopen();
      expect(await store.get(collection, 'a')).toEqual({ key: 'a', value: { x: 2 }, version: 2 });
    });
  });
}

function describeVersions(store: () => KeyValueStore): void {
  test('a record begins with version 1 and grows by one with each write', async () => {
    const c = newCollection();
    expect(await store().get(c, 'a')).toBeUndefined();
    expect(await store().put(c, 'a', 'one', 0)).toBe(1);
    expect(await store().put(c, 'a', 'two', 1)).toBe(2);
    expect(await store().put(c, 'a', 'three', 'any')).toBe(3);
    expect(await store().get(c, 'a')).toEqual({ key: 'a', value: 'three', version: 3 });
    expect(await store().put(c, 'b', 'new', 'any')).toBe(1);
  });

  test('a write that expects another version changes nothing', async () => {
    const c = newCollection();
    expect(await store().put(c, 'a', 1, 1)).toBe('conflict');
    expect(await store().get(c, 'a')).toBeUndefined();
    await store().put(c, 'a', 1, 0);
    await store().put(c, 'a', 2, 1);
    for (const expected of [0, 1, 3]) expect(await store().put(c, 'a', 'lost', expected)).toBe('conflict');
    expect(await store().get(c, 'a')).toEqual({ key: 'a', value: 2, version: 2 });
  });

  test('deleting, with its conflicts, and writing again', async () => {
    const c = newCollection();
    await store().put(c, 'a', 1, 0);
    expect(await store().delete(c, 'a', 2)).toBe('conflict');
    expect(await store().get(c, 'a')).toBeDefined();
    expect(await store().delete(c, 'a', 1)).toBe('deleted');
    expect(await store().get(c, 'a')).toBeUndefined();
    expect(await store().delete(c, 'a', 1)).toBe('conflict');
    expect(await store().delete(c, 'a', 'any')).toBe('deleted');
    expect(await store().put(c, 'a', 2, 0)).toBe(1);
    expect(await store().delete(c, 'a', 'any')).toBe('deleted');
    expect((await store().list(c, { limit: 10 })).items).toEqual([]);
  });

  test('of concurrent writes that expect the same version exactly one wins', async () => {
    const c = newCollection();
    for (const expected of [0, 1, 2]) {
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => store().put(c, 'a', i, expected)));
      expect(outcomes.filter((outcome) => outcome !== 'conflict')).toEqual([expected + 1]);
      const winner = outcomes.indexOf(expected + 1);
      expect(await store().get(c, 'a')).toEqual({ key: 'a', value: winner, version: expected + 1 });
    }
  });

  test("concurrent writes of 'any' are counted one by one", async () => {
    const c = newCollection();
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => store().put(c, 'a', i, 'any')));
    expect(outcomes.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect((await store().get(c, 'a'))?.version).toBe(20);
  });
}

function describeValues(store: () => KeyValueStore): void {
  test('values come back as they were, and are not shared with whoever wrote them', async () => {
    const c = newCollection();
    const values = [
      null,
      true,
      0,
      -1.5,
      1e300,
      '',
      'é\u{1F600}\u0000',
      [],
      {},
      { a: [1, { b: null }], '': 'empty key' },
    ];
    for (const [i, value] of values.entries()) {
      await store().put(c, `k${i}`, value, 0);
      expect((await store().get(c, `k${i}`))?.value).toEqual(value);
    }
    const mutable = { list: [1] };
    await store().put(c, 'mutable', mutable, 0);
    mutable.list.push(2);
    expect((await store().get(c, 'mutable'))?.value).toEqual({ list: [1] });
  });

  test('a value of 1 MB that hardly can be compressed', async () => {
    const c = newCollection();
    const value = { text: noise(1_000_000) };
    expect(await store().put(c, 'large', value, 0)).toBe(1);
    expect(await store().put(c, 'large', value, 0)).toBe('conflict');
    expect((await store().get(c, 'large'))?.value).toEqual(value);
    expect((await store().list(c, { limit: 10 })).items).toEqual([{ key: 'large', value, version: 1 }]);
    expect(await store().put(c, 'large', { text: 'small' }, 'any')).toBe(2);
    expect((await store().get(c, 'large'))?.value).toEqual({ text: 'small' });
  });

  test('collections do not mix, nor do keys that look alike', async () => {
    const [one, other] = [newCollection(), newCollection()];
    const keys = ['a', 'A', 'a ', 'a/b', 'a#b', 'a%', 'a_', 'é', 'e\u0301', '漢', '\u{1F600}'];
    for (const key of keys) expect(await store().put(one, key, key, 0)).toBe(1);
    for (const key of keys) expect((await store().get(one, key))?.value).toBe(key);
    expect((await store().list(one, { limit: 100 })).items).toHaveLength(keys.length);
    expect(await store().get(other, 'a')).toBeUndefined();
    expect((await store().list(other, { limit: 100 })).items).toEqual([]);
  });
}

function describeList(store: () => KeyValueStore): void {
  // By code point; UTF-16 would put the last one before the one in front of it.
  const ordered = ['!', '0', '10', '9', 'A', 'B', 'a', 'a!', 'aa', 'ab', 'b', 'é', '漢', '\uFB01', '\u{1F600}'];

  async function filled(keys: readonly string[]): Promise<string> {
    const c = newCollection();
    for (const key of keys.toReversed()) await store().put(c, key, `value of ${key}`, 0);
    return c;
  }

  test('in ascending order of code points, in pages of any size', async () => {
    const c = await filled(ordered);
    for (const limit of [1, 2, 7, ordered.length, 1_000]) {
      const records = await all(store(), c, {}, limit);
      expect(records).toEqual(ordered.map((key) => ({ key, value: `value of ${key}`, version: 1 })));
    }
  });

  test('only keys with a prefix', async () => {
    const keys = [...ordered, 'a%', 'a_', 'aZ', 'a\u{10FFFF}', 'a\u{10FFFF}x', '\u{1F600}x', '漢字'];
    const c = await filled(keys);
    for (const prefix of ['', 'a', 'aa', 'a%', 'a_', 'é', '漢', '\u{1F600}', 'a\u{10FFFF}', 'none']) {
      const found = await all(store(), c, { prefix }, 2);
      const expected = keys.filter((key) => key.startsWith(prefix));
      expect(found.map((each) => each.key).toSorted(), prefix).toEqual(expected.toSorted());
    }
  });

  test('the last page has no token, even when it is full', async () => {
    const c = await filled(['a', 'b', 'c', 'd']);
    const first = await store().list(c, { limit: 2 });
    expect(first.next).toBeTypeOf('string');
    const records = await all(store(), c, {}, 2);
    expect(records).toHaveLength(4);
  });

  test('a record deleted between pages does not stop the list', async () => {
    const c = await filled(['a', 'b', 'c', 'd']);
    const first = await store().list(c, { limit: 2 });
    await store().delete(c, 'b', 'any');
    await store().delete(c, 'c', 'any');
    const rest = await store().list(c, { limit: 2, ...after(first.next) });
    expect(rest.items.map((each) => each.key)).toEqual(['d']);
  });

  test('a token that is garbage, or of another query, is refused', async () => {
    const c = await filled(['a', 'aa', 'b', 'c']);
    const { next } = await store().list(c, { limit: 1 });
    const refused: [string, Omit<KeyQuery, 'limit'>][] = [
      [c, { after: 'garbage' }],
      [c, { after: '' }],
      [c, { after: Buffer.from('[1]').toString('base64url') }],
      [c, { prefix: 'a', ...after(next) }],
      [newCollection(), after(next)],
    ];
    for (const [collection, query] of refused) {
      await expect(store().list(collection, { ...query, limit: 1 }), JSON.stringify(query)).rejects.toThrow(
        InvalidPageToken,
      );
    }
  });
}

function newCollection(): string {
  return `collection-${randomUUID()}`;
}

async function all(
  store: KeyValueStore,
  collection: string,
  query: Omit<KeyQuery, 'limit'>,
  limit: number,
): Promise<KeyValueRecord[]> {
  const records: KeyValueRecord[] = [];
  let next: string | undefined;
  do {
    const page = await store.list(collection, { ...query, limit, ...after(next) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    records.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return records;
}

function after(next: string | undefined): { readonly after?: string } {
  return next === undefined ? {} : { after: next };
}
