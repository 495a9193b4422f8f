import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../../lib/adapters/sqlite/index.ts';
import { StoreUnavailable } from '../../../lib/ports/event-store.ts';
import { newDataDir } from './data-dir.ts';

function commit(execution: string, number: number, body = 'body') {
  return { execution, number, body };
}

describe('opening a data folder', () => {
  test('makes it, with its parents', async () => {
    await using dataDir = await newDataDir();
    const path = join(dataDir.path, 'a', 'b');
    const stores = await openSqlite(path);
    await stores.events.append(commit('e', 0));
    await stores.close();
    expect((await readdir(path)).toSorted()).toEqual(['knhk.db', 'knhk.lock']);
  });

  test('that is open in the same process is refused, and can be had after closing', async () => {
    await using dataDir = await newDataDir();
    const first = await openSqlite(dataDir.path);
    await expect(openSqlite(dataDir.path)).rejects.toMatchObject({
      name: 'DataDirError',
      code: 'Knhk.DataDirInUse',
      message: expect.stringContaining(dataDir.path),
    });
    expect(await first.events.append(commit('e', 0))).toBe('appended');
    await first.close();
    const second = await openSqlite(dataDir.path);
    expect(await second.events.append(commit('e', 0))).toBe('conflict');
    await second.close();
  });

  test('that a newer engine has written is refused, and left as it is', async () => {
    await using dataDir = await newDataDir();
    await (await openSqlite(dataDir.path)).close();
    const file = new DatabaseSync(join(dataDir.path, 'knhk.db'));
    file.exec('PRAGMA user_version = 999');
    file.close();
    await expect(openSqlite(dataDir.path)).rejects.toMatchObject({
      code: 'Knhk.DataDirTooNew',
      message: expect.stringContaining('999'),
    });
  });

  test('with a file that is no database, or a damaged one, is refused', async () => {
    await using dataDir = await newDataDir();
    const file = join(dataDir.path, 'knhk.db');
    await writeFile(file, randomBytes(20_000));
    await expect(openSqlite(dataDir.path)).rejects.toMatchObject({ code: 'Knhk.DataDirCorrupt' });
    await using other = await newDataDir();
    await (await openSqlite(other.path)).close();
    const damaged = await open(join(other.path, 'knhk.db'), 'r+');
    await damaged.write(randomBytes(3_000), 0, 3_000, 100);
    await damaged.close();
    await expect(openSqlite(other.path)).rejects.toMatchObject({ code: 'Knhk.DataDirCorrupt' });
  });

  test('that cannot be made, or whose files cannot be opened, is refused', async () => {
    await using dataDir = await newDataDir();
    await writeFile(join(dataDir.path, 'file'), '');
    await expect(openSqlite(join(dataDir.path, 'file', 'below'))).rejects.toMatchObject({
      code: 'Knhk.DataDirUnusable',
    });
    await expect(openSqlite('/proc/knhk/data')).rejects.toMatchObject({ code: 'Knhk.DataDirUnusable' });
    await mkdir(join(dataDir.path, 'knhk.db'));
    await expect(openSqlite(dataDir.path)).rejects.toMatchObject({ code: 'Knhk.DataDirUnusable' });
  });
});

describe('closing', () => {
  test('finishes what has been asked for, and refuses what comes after', async () => {
    await using dataDir = await newDataDir();
    const stores = await openSqlite(dataDir.path);
    const pending = Array.from({ length: 5_000 }, (_, number) => stores.events.append(commit('e', number)));
    const closed = Promise.all([stores.close(), stores.close()]);
    await expect(stores.events.append(commit('late', 0))).rejects.toThrow(StoreUnavailable);
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['appended']));
    await closed;
    await expect(stores.events.load('e')).rejects.toThrow(StoreUnavailable);
    const again = await openSqlite(dataDir.path);
    expect((await again.events.load('e')).at(-1)?.number).toBe(4_999);
    expect(await again.events.load('late')).toEqual([]);
    await again.close();
  });
});

describe('a transaction that fails', () => {
  test('fails all its writers, leaves nothing behind, and the next one works', async () => {
    await using dataDir = await newDataDir();
    const stores = await openSqlite(dataDir.path, { maxBytes: 1_000_000 });
    expect(await stores.events.append(commit('before', 0))).toBe('appended');
    const outcomes = await Promise.allSettled([
      stores.events.append(commit('small', 0)),
      stores.keyValues.put('c', 'k', 1, 0),
      stores.events.append(commit('large', 0, 'x'.repeat(2_000_000))),
      stores.events.append(commit('before', 0)),
      stores.events.load('before'),
      stores.events.load('small'),
    ]);
    for (const outcome of outcomes.slice(0, 4)) {
      expect(outcome.status).toBe('rejected');
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(StoreUnavailable);
      expect(reason.code).toBe('Knhk.StoreUnavailable');
      expect(reason.message).toContain('full');
      expect(reason.cause).toBeInstanceOf(Error);
    }
    expect(outcomes[4]).toMatchObject({ status: 'fulfilled', value: [{ number: 0 }] });
    expect(outcomes[5]).toEqual({ status: 'fulfilled', value: [] });

    expect(await stores.events.append(commit('other', 0))).toBe('appended');
    expect(await stores.events.append(commit('small', 0))).toBe('appended');
    expect(await stores.keyValues.get('c', 'k')).toBeUndefined();
    await stores.close();
    const again = await openSqlite(dataDir.path);
    expect(await again.events.load('large')).toEqual([]);
    for (const execution of ['before', 'other', 'small']) {
      expect(await again.events.read(execution, 0, 10)).toEqual([commit(execution, 0)]);
    }
    await again.close();
  });
});
