import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../../lib/adapters/sqlite/index.ts';
import { newDataDir } from './data-dir.ts';

/** Runs the appending program until it has acknowledged so many commits, kills it, and tells the last of each execution. */
async function appendUntilKilled(dataDir: string, acknowledgements: number): Promise<Map<string, number>> {
  const program = new URL('./append-forever.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const last = new Map<string, number>();
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [execution = '', number] = line.split(' ');
    last.set(execution, Number(number));
    count += 1;
    if (count === acknowledgements) child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return last;
}

describe('a process that is killed', () => {
  test('leaves every commit that it has acknowledged, in logs without gaps, and frees the folder', async () => {
    await using dataDir = await newDataDir();
    const acknowledged = await appendUntilKilled(dataDir.path, 2_000);
    expect(acknowledged.size).toBe(8);
    const stores = await openSqlite(dataDir.path);
    for (const [execution, number] of acknowledged) {
      const log = await stores.events.load(execution);
      expect(log.at(-1)?.number).toBeGreaterThanOrEqual(number);
      expect(log.map((commit) => commit.number)).toEqual(log.map((_, i) => i));
      const bodies = log.map((commit) => commit.body);
      expect(bodies).toEqual(bodies.map((_, i) => `${execution} ${i} ${'x'.repeat(500)}`));
    }
    await stores.close();
  });

  test('keeps the folder to itself until then', async () => {
    await using dataDir = await newDataDir();
    const program = new URL('./append-forever.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [program, dataDir.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    child.stdout.resume();
    await expect(openSqlite(dataDir.path)).rejects.toMatchObject({ code: 'Knhk.DataDirInUse' });
    child.kill('SIGKILL');
    await exited;
    const stores = await openSqlite(dataDir.path);
    expect((await stores.events.load('execution-0')).at(-1)?.number).toBeGreaterThanOrEqual(0);
    await stores.close();
  });
});
