import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqlite } from '../../../lib/adapters/sqlite/index.ts';
import { executionArn } from '../../contracts/names.ts';
import { newDataDir } from './data-dir.ts';

const SECRET = 'Rosalind Franklin';

async function isInFiles(folder: string): Promise<boolean> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('knhk.db'));
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return contents.some((content) => content.includes(SECRET));
}

test('What was replaced long before is taken out of free pages and the write-ahead log when a log is erased', async () => {
  await using dataDir = await newDataDir();
  const first = await openSqlite(dataDir.path);
  await first.keyValues.put('notes', 'one', SECRET.repeat(10_000), 0);
  await first.keyValues.put('notes', 'one', 'nothing', 'any');
  await first.close();
  expect(await isInFiles(dataDir.path)).toBe(true);

  const stores = await openSqlite(dataDir.path);
  await stores.events.forgetTexts?.(executionArn());
  expect(await isInFiles(dataDir.path)).toBe(false);
  const [log] = (await readdir(dataDir.path)).filter((name) => name.endsWith('-wal'));
  expect((await readFile(join(dataDir.path, log ?? expect.fail()))).length).toBe(0);
  expect(await stores.keyValues.get('notes', 'one')).toMatchObject({ value: 'nothing' });
  await stores.close();
});
