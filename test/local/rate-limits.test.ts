import { expect, test, vi } from 'vitest';
import { MemoryObjectStore } from '../../lib/adapters/memory/index.ts';
import { createApi, localPolicy } from '../../lib/api/index.ts';
import { load } from '../../lib/execution/definitions.ts';
import { EngineClient } from '../../lib/local/cli/client.ts';
import { program } from '../../lib/local/cli/program.ts';
import { openLocalEngine } from '../../lib/local/engine.ts';
import { startServer } from '../../lib/local/server.ts';
import type { TaskInvoker } from '../../lib/ports/task-invoker.ts';
import { excess } from '../execution/rates/simulated-processes.ts';
import { folderForTest } from './knhk-process.ts';

const telemetry = { log: () => {} };
const FUNCTION = 'arn:aws:lambda:us-east-1:0:function:do';
const definition = { StartAt: 'Do', States: { Do: { Type: 'Task', Resource: FUNCTION, End: true } } };

test('a function is called as its limit allows, from the moment that it is set, and freely once that is gone', async ({
  onTestFinished,
}) => {
  const calls: number[] = [];
  const functions: TaskInvoker = {
    invoke: async () => {
      calls.push(Date.now());
      return { kind: 'succeeded', output: null };
    },
  };
  const dataDir = await folderForTest(onTestFinished);
  const local = await openLocalEngine({ dataDir, functions, telemetry, buckets: new MemoryObjectStore() });
  const { index, events: rows } = local.stores;
  const api = createApi({ ...local, index, rows, loadDefinition: load, telemetry, policy: localPolicy });
  const client = new EngineClient('http://localhost', (request) => api.fetch(request));
  await client.putWorkflow('w', JSON.stringify(definition));
  const run = async (count: number, from: number) => {
    const names = Array.from({ length: count }, (_, i) => `e${from + i}`);
    for (const name of names) await client.start('w', null, name);
    for (const id of names) expect((await client.execution({ workflow: 'w', id }, 20)).status).toBe('SUCCEEDED');
  };
  await client.setRateLimit(`target:${FUNCTION}`, { rate: 20, burst: 2 });
  await run(12, 0);
  expect(calls).toHaveLength(12);
  // Calls are noted a little after they were admitted.
  expect(excess({ rate: 20, burst: 3 }, calls)).toBeUndefined();
  // By this one the others would be called within hours.
  await client.setRateLimit(`target:${FUNCTION}`, { rate: 0.001, burst: 2 });
  await client.removeRateLimit(`target:${FUNCTION}`);
  await run(12, 100);
  expect(calls).toHaveLength(24);
  await local.close();
});

/** Runs the command in this process: what it wrote, and its exit code. */
async function knhk(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const writing = (to: 'out' | 'err') => (text: string | Uint8Array) => {
    written[to] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(writing('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(writing('err'));
  let code = -1;
  try {
    await program((exitCode) => (code = exitCode)).parseAsync(['node', 'knhk', 'rate-limits', ...args]);
  } finally {
    vi.restoreAllMocks();
  }
  return { code, ...written };
}

test('the command line sets, shows, lists and removes limits', async ({ onTestFinished }) => {
  const dataDir = await folderForTest(onTestFinished);
  const rateLimits = new Map([['key:*', { rate: 5, burst: 5 }]]);
  const server = await startServer({ port: 0, dataDir, buckets: 'none', rateLimits }, telemetry);
  onTestFinished(() => server.close());
  const at = ['--url', server.url];
  expect(await knhk('set', 'tenant:*', '0.5', '--burst', '3', ...at)).toMatchObject({
    code: 0,
    out: 'tenant:*  0.5 per second  3 at once\n',
  });
  expect((await knhk('list', ...at)).out).toBe(
    'key:*     5 per second    5 at once  of the deployment\ntenant:*  0.5 per second  3 at once\n',
  );
  expect(JSON.parse((await knhk('show', 'tenant:*', '--json', ...at)).out)).toEqual({
    name: 'tenant:*',
    rate: 0.5,
    burst: 3,
    isDefault: false,
  });
  expect((await knhk('remove', 'tenant:*', ...at)).out).toBe('tenant:* is no longer set.\n');
  await expect(knhk('set', 'tenant:*', 'often', ...at)).rejects.toMatchObject({ code: 'Knhk.BadOption' });
  await expect(knhk('remove', 'tenant:*', ...at)).rejects.toThrow('"tenant:*" is not set');
});
