import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NoSuchObject, type ObjectStore, ObjectTooLarge } from '../../lib/ports/object-store.ts';

export interface OpenedObjectStore {
  readonly store: ObjectStore;
  /** Makes an empty bucket. */
  readonly createBucket: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const MANY = 1_000_000_000;

/** What every store of buckets must do. */
export function describeObjectStore(name: string, open: () => Promise<OpenedObjectStore>): void {
  describe(`ObjectStore: ${name}`, () => {
    let opened: OpenedObjectStore;
    let store: ObjectStore;
    let buckets = 0;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(async () => {
      await opened.close();
    });

    async function newBucket(): Promise<string> {
      buckets += 1;
      const bucket = `bucket-${process.pid}-${buckets}`;
      await opened.createBucket(bucket);
      return bucket;
    }

    async function allKeys(bucket: string, prefix?: string): Promise<readonly string[][]> {
      const pages: string[][] = [];
      let after: string | undefined;
      do {
        const query = {
          bucket,
          ...(prefix === undefined ? {} : { prefix }),
          ...(after === undefined ? {} : { after }),
        };
        const page = await store.list(query);
        pages.push(page.items.map(({ key }) => key));
        after = page.next;
      } while (after !== undefined);
      return pages;
    }

    test('content comes back as it was, also when it is replaced', async () => {
      const bucket = await newBucket();
      const key = 'a/b c/é ✓.bin';
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      await store.put({ bucket, key }, bytes);
      expect(Buffer.from(await store.get({ bucket, key }, MANY)).equals(bytes)).toBe(true);
      await store.put({ bucket, key }, 'text ✓');
      expect(new TextDecoder().decode(await store.get({ bucket, key }, MANY))).toBe('text ✓');
      await store.put({ bucket, key: 'empty' }, '');
      expect(await store.get({ bucket, key: 'empty' }, MANY)).toHaveLength(0);
    });

    test('what is larger than asked for is not read', async () => {
      const bucket = await newBucket();
      await store.put({ bucket, key: 'k' }, '12345');
      expect(await store.get({ bucket, key: 'k' }, 5)).toHaveLength(5);
      await expect(store.get({ bucket, key: 'k' }, 4)).rejects.toThrow(ObjectTooLarge);
      await expect(store.get({ bucket, key: 'k' }, 4)).rejects.toMatchObject({ size: 5 });
    });

    test('what does not exist is told by name', async () => {
      const bucket = await newBucket();
      await store.put({ bucket, key: 'a/b' }, '');
      for (const key of ['none', 'a', 'a/b/c']) {
        await expect(store.get({ bucket, key }, MANY)).rejects.toThrow(NoSuchObject);
        await expect(store.get({ bucket, key }, MANY)).rejects.toMatchObject({ code: 'NoSuchKey' });
      }
      const nowhere = { bucket: 'no-such-bucket', key: 'k' };
      await expect(store.get(nowhere, MANY)).rejects.toMatchObject({ code: 'NoSuchBucket' });
      await expect(store.list(nowhere)).rejects.toMatchObject({ code: 'NoSuchBucket' });
      await expect(store.put(nowhere, '')).rejects.toMatchObject({ code: 'NoSuchBucket' });
    });

    test('lists in order of key, by prefix', async () => {
      const bucket = await newBucket();
      const keys = ['a-b', 'a.b', 'a/b', 'a/c/d', 'a0', 'ab/c', 'b', 'é'];
      for (const key of keys.toReversed()) await store.put({ bucket, key }, key);
      expect(await allKeys(bucket)).toEqual([keys]);
      expect(await allKeys(bucket, 'a/')).toEqual([['a/b', 'a/c/d']]);
      expect(await allKeys(bucket, 'a/c')).toEqual([['a/c/d']]);
      expect(await allKeys(bucket, 'ab')).toEqual([['ab/c']]);
      expect(await allKeys(bucket, 'x')).toEqual([[]]);
      expect(await allKeys(await newBucket())).toEqual([[]]);
    });

    test('tells size, time and a tag that changes', async () => {
      const bucket = await newBucket();
      const before = Date.now();
      await store.put({ bucket, key: 'k' }, 'one');
      const [first] = (await store.list({ bucket })).items;
      expect(first).toMatchObject({ key: 'k', size: 3, storageClass: 'STANDARD' });
      expect(first?.etag).toMatch(/^".+"$/);
      expect(Math.abs((first?.modifiedAt ?? 0) - before)).toBeLessThan(60_000);
      await store.put({ bucket, key: 'k' }, 'four');
      const [second] = (await store.list({ bucket })).items;
      expect(second).toMatchObject({ size: 4 });
      expect(second?.etag).not.toBe(first?.etag);
    });

    test('lists more than a page', async () => {
      const bucket = await newBucket();
      const keys = Array.from({ length: 1_003 }, (_, i) => `${i % 3}/${String(i).padStart(4, '0')}`).sort();
      for (let i = 0; i < keys.length; i += 50) {
        await Promise.all(keys.slice(i, i + 50).map((key) => store.put({ bucket, key }, '')));
      }
      const pages = await allKeys(bucket);
      expect(pages.map(({ length }) => length)).toEqual([1_000, 3]);
      expect(pages.flat()).toEqual(keys);
    });
  });
}
