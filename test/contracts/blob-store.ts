import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BlobStore } from '../../lib/ports/blob-store.ts';
import { executionArn } from './names.ts';

export interface OpenedBlobStore {
  readonly store: BlobStore;
  readonly reopen?: () => Promise<BlobStore>;
  readonly close: () => Promise<void>;
}

/** What every store of large payloads must do. */
export function describeBlobStore(name: string, open: () => Promise<OpenedBlobStore>): void {
  describe(`BlobStore: ${name}`, () => {
    let opened: OpenedBlobStore;
    let store: BlobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(async () => {
      await opened.close();
    });

    test('a blob that does not exist', async () => {
      expect(await store.get(`${executionArn()}/none`)).toBeUndefined();
    });

    test('content comes back as it was', async () => {
      const contents = ['', '{"a":1}', 'nul \u0000 inside', 'é ✓ 漢字 \u{1F600}', '\uFEFFmark', 'line\r\n'];
      const prefix = executionArn();
      for (const [i, content] of contents.entries()) await store.put(`${prefix}/${i}`, content);
      for (const [i, content] of contents.entries()) expect(await store.get(`${prefix}/${i}`)).toBe(content);
    });

    test('a blob of 8 MB', async () => {
      const key = `${executionArn()}/large`;
      const content = '0123456789abcdé✓'.repeat(512 * 1024);
      await store.put(key, content);
      const found = await store.get(key);
      expect(found === content, 'the same 8 MB').toBe(true);
    });

    test('putting again replaces, and puts nothing beside it', async () => {
      const key = `${executionArn()}/again`;
      await store.put(key, 'one');
      await store.put(key, 'two');
      expect(await store.get(key)).toBe('two');
      expect(await store.get(`${key}/`)).toBeUndefined();
    });

    test('keys with any character, many at once', async () => {
      const prefix = executionArn();
      const keys = ['a b', 'a+b', 'a%20b', 'é', '漢/字', '\u{1F600}', 'A', 'a'].map((key) => `${prefix}/${key}`);
      await Promise.all(keys.map((key) => store.put(key, `content of ${key}`)));
      const found = await Promise.all(keys.map((key) => store.get(key)));
      expect(found).toEqual(keys.map((key) => `content of ${key}`));
    });

    test('those of one execution are deleted, but for some', async () => {
      const [one, other] = [executionArn(), executionArn()];
      const keys = [`${one}/a`, `${one}/b`, `${one}/c/d`, `${one}0`, `${other}/a`];
      for (const key of keys) await store.put(key, key);
      await store.deleteOf(one, new Set([`${one}/b`]));
      const left = await Promise.all(keys.map((key) => store.get(key)));
      expect(left).toEqual([undefined, `${one}/b`, undefined, `${one}0`, `${other}/a`]);
      await store.deleteOf(one, new Set());
      await store.deleteOf(executionArn(), new Set());
      expect(await store.get(`${one}/b`)).toBeUndefined();
    });

    test('blobs are there after closing and opening again', async ({ skip }) => {
      if (opened.reopen === undefined) return skip();
      const key = `${executionArn()}/kept`;
      await store.put(key, 'kept');
      store = await opened.reopen();
      expect(await store.get(key)).toBe('kept');
    });
  });
}
