import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArchiveStore } from '../../lib/ports/archive-store.ts';

export interface OpenedArchiveStore {
  readonly store: ArchiveStore;
  readonly contentOf: (key: string) => Uint8Array | undefined;
  readonly close: () => void;
}

/** What every archive must do. */
export function describeArchiveStore(name: string, open: () => Promise<OpenedArchiveStore>): void {
  describe(`ArchiveStore: ${name}`, () => {
    let opened: OpenedArchiveStore;
    let store: ArchiveStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    const object = (key: string, text: string, isHeld = false) => ({ key, content: Buffer.from(text), isHeld });
    const held = async (prefix: string) => (await store.list(prefix)).map(({ key, isHeld }) => [key, isHeld]);

    test('keeps the first of two objects of one key', async () => {
      await store.put(object('w:once/1', 'first'));
      await store.put(object('w:once/1', 'second'));
      expect(Buffer.from(opened.contentOf('w:once/1') ?? []).toString()).toBe('first');
    });

    test('lists in order of key, and says what there is', async () => {
      for (const number of [5, 1, 3, 4, 2]) await store.put(object(`w:many/${number}`, 'x'.repeat(number)));
      await store.put(object('w:many2/1', 'another'));
      const found = await store.list('w:many/');
      expect(found.map(({ key, bytes }) => [key, bytes])).toEqual([1, 2, 3, 4, 5].map((n) => [`w:many/${n}`, n]));
      expect(found[0]?.location).toContain('w:many/1');
      expect(found[0]?.archivedAt).toBeGreaterThan(0);
      expect(await store.list('w:none/')).toEqual([]);
    });

    test('has names as they are', async () => {
      const key = 'wörk flow+%2F:..//é漢&<1>/1';
      await store.put(object(key, 'named'));
      expect(await held('wörk flow+%2F:')).toEqual([[key, false]]);
    });

    test('holds and lets go', async () => {
      await store.put(object('w:held/1', 'free'));
      await store.put(object('w:held/2', 'held', true));
      expect(await held('w:held/')).toEqual([
        ['w:held/1', false],
        ['w:held/2', true],
      ]);
      await store.hold('w:held/1', true);
      await store.hold('w:held/2', false);
      await store.hold('w:held/3', true);
      expect(await held('w:held/')).toEqual([
        ['w:held/1', true],
        ['w:held/2', false],
      ]);
    });
  });
}
