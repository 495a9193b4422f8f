import { cp, open, readFile, rename, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../../lib/adapters/sqlite/index.ts';
import { damagedFrame } from '../../../lib/adapters/sqlite/wal-check.ts';
import { StoreUnavailable } from '../../../lib/ports/event-store.ts';
import { newDataDir } from './data-dir.ts';

const PAGE = 4096;
const FRAME = PAGE + 24;

function commit(execution: string, number: number, body = 'body') {
  return { execution, number, body };
}

/** The files as a killed process leaves them, after so many transactions, in `to`. */
async function leaveLog(path: string, to: string, transactions: number): Promise<void> {
  const stores = await openSqlite(path);
  for (let number = 0; number < transactions; number += 1) await stores.events.append(commit('e', number));
  for (const name of ['knhk.db', 'knhk.db-wal']) await cp(join(path, name), join(to, name));
  await stores.close();
}

async function overwrite(path: string, at: number, bytes = Buffer.alloc(8, 0xff)): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

describe('a write-ahead log that is damaged', () => {
  test('in the middle is refused, where SQLite would go on without what came after', async () => {
    await using first = await newDataDir();
    await using left = await newDataDir();
    await leaveLog(first.path, left.path, 20);
    const log = join(left.path, 'knhk.db-wal');
    const sound = await readFile(log);
    const frames = (sound.length - 32) / FRAME;
    expect(frames).toBeGreaterThan(20);
    expect(damagedFrame(log, PAGE)).toBeUndefined();
    const middle = Math.floor(frames / 2);
    for (const within of [0, 4, 8, 16, 24, 2_000]) {
      await writeFile(log, sound);
      await overwrite(log, 32 + middle * FRAME + within);
      expect(damagedFrame(log, PAGE), `byte ${within}`).toBe(middle);
    }
    await expect(openSqlite(left.path)).rejects.toMatchObject({
      code: 'Knhk.DataDirCorrupt',
      message: expect.stringContaining(`frame ${middle} of knhk.db-wal`),
    });
    // Without the check, what was acknowledged is gone in silence.
    const database = new DatabaseSync(join(left.path, 'knhk.db'));
    const [{ n } = { n: 0 }] = database.prepare('SELECT count(*) AS n FROM commits').all() as { n: number }[];
    database.close();
    expect(n).toBeLessThan(20);
    // That is the way to go on without a backup, for somebody who has decided so.
    const stores = await openSqlite(left.path);
    expect(await stores.events.read('e', 0, 100)).toHaveLength(n);
    await stores.close();
  });

  test('in its header is refused', async () => {
    await using first = await newDataDir();
    await using left = await newDataDir();
    await leaveLog(first.path, left.path, 5);
    await overwrite(join(left.path, 'knhk.db-wal'), 0);
    await expect(openSqlite(left.path)).rejects.toMatchObject({ code: 'Knhk.DataDirCorrupt' });
  });

  test('at its end only is what a crash leaves: all but the last transaction are there', async () => {
    await using first = await newDataDir();
    await using left = await newDataDir();
    await leaveLog(first.path, left.path, 5);
    const log = join(left.path, 'knhk.db-wal');
    await truncate(log, (await stat(log)).size - 100);
    const stores = await openSqlite(left.path);
    expect(await stores.events.read('e', 0, 10)).toEqual([0, 1, 2, 3].map((number) => commit('e', number)));
    await stores.close();
  });
});

describe('a database file that is damaged', () => {
  test('because its end is missing is refused', async () => {
    await using dataDir = await newDataDir();
    const stores = await openSqlite(dataDir.path);
    await stores.events.append(commit('e', 0, 'x'.repeat(100_000)));
    await stores.close();
    const file = join(dataDir.path, 'knhk.db');
    await truncate(file, (await stat(file)).size - PAGE);
    await expect(openSqlite(dataDir.path)).rejects.toMatchObject({
      code: 'Knhk.DataDirCorrupt',
      message: expect.stringMatching(/knhk\.db has \d+ bytes, and had \d+/),
    });
    await truncate(file, 0);
    // Nothing at all is a new database: what is gone as a whole nobody can know of.
    await (await openSqlite(dataDir.path)).close();
  });

  test('in a page of one execution stops that one only, also what is written together with it', async () => {
    await using dataDir = await newDataDir();
    const before = await openSqlite(dataDir.path);
    await before.events.append(commit('sound', 0));
    await before.keyValues.put('c', 'broken', 'x'.repeat(200_000), 0);
    await before.close();
    // The last pages of the file hold the value, and nothing else.
    const file = join(dataDir.path, 'knhk.db');
    const { size } = await stat(file);
    for (let page = size / PAGE - 10; page < size / PAGE; page += 1)
      await overwrite(file, page * PAGE, Buffer.alloc(PAGE, 0xff));
    const stores = await openSqlite(dataDir.path);
    const [replaced, appended, other] = await Promise.allSettled([
      stores.keyValues.put('c', 'broken', 'y', 1),
      stores.events.append(commit('sound', 1)),
      stores.events.append(commit('new', 0)),
    ]);
    expect(replaced).toMatchObject({
      status: 'rejected',
      reason: { code: 'Knhk.StoreUnavailable', message: expect.stringContaining('restore the data folder') },
    });
    expect([appended, other]).toMatchObject([{ value: 'appended' }, { value: 'appended' }]);
    await expect(stores.keyValues.get('c', 'broken')).rejects.toThrow(StoreUnavailable);
    expect(await stores.events.read('sound', 0, 10)).toHaveLength(2);
    await stores.close();
  });
});

describe('files that are taken away under a running engine', () => {
  test.each(['knhk.db', 'knhk.db-wal', 'knhk.lock'])(
    '%s: nothing is written to what nobody would find',
    async (name) => {
      await using dataDir = await newDataDir();
      const stores = await openSqlite(dataDir.path);
      await stores.events.append(commit('e', 0));
      const path = join(dataDir.path, name);
      await unlink(path);
      await expect(stores.events.append(commit('e', 1))).rejects.toMatchObject({
        code: 'Knhk.StoreUnavailable',
        message: expect.stringContaining(`${path} was deleted, moved or replaced`),
      });
      await stores.close();
    },
  );

  test('the folder, which was moved: what is written is there again once it is back', async () => {
    await using dataDir = await newDataDir();
    await using other = await newDataDir();
    const path = join(dataDir.path, 'data');
    const elsewhere = join(other.path, 'data');
    const stores = await openSqlite(path);
    await stores.events.append(commit('e', 0));
    await rename(path, elsewhere);
    await expect(stores.events.append(commit('e', 1))).rejects.toThrow('was deleted, moved or replaced');
    await rename(elsewhere, path);
    expect(await stores.events.append(commit('e', 1))).toBe('appended');
    await rm(path, { recursive: true });
    await expect(stores.events.append(commit('e', 2))).rejects.toThrow(StoreUnavailable);
    await stores.close();
  });
});
