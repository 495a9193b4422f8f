import { describe, expect, test, vi } from 'vitest';
import { MemoryObjectStore } from '../../lib/adapters/memory/index.ts';
import { createApi, localPolicy } from '../../lib/api/index.ts';
import { load } from '../../lib/execution/definitions.ts';
import { EngineClient } from '../../lib/local/cli/client.ts';
import { program } from '../../lib/local/cli/program.ts';
import { type LocalEngine, openLocalEngine } from '../../lib/local/engine.ts';
import { startServer } from '../../lib/local/server.ts';
import { StoreUnavailable } from '../../lib/ports/event-store.ts';
import type { TaskInvoker } from '../../lib/ports/task-invoker.ts';
import { localQueuePolicy } from '../../lib/resilience/retry-policy.ts';
import { folderForTest } from './knhk-process.ts';

const telemetry = { log: () => {} };
const ARN = 'arn:aws:states:us-east-1:000000000000';
const BAD = `${ARN}:execution:w:bad`;
const definition = {
  StartAt: 'Do',
  States: { Do: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:0:function:do', End: true } },
};

/** An engine on a folder, with a store that fails for one execution while it is told to. */
async function opened(dataDir: string) {
  const done: string[] = [];
  const functions: TaskInvoker = {
    invoke: async ({ execution }) => {
      done.push(execution.slice(execution.lastIndexOf(':') + 1));
      return { kind: 'succeeded', output: null };
    },
  };
  const redelivery = { ...localQueuePolicy, intervalSeconds: 0.02, backoffRate: 1, maxAttempts: 3 };
  const local = await openLocalEngine({
    ...{ dataDir, functions, telemetry, redelivery, takesUp: false },
    buckets: new MemoryObjectStore(),
  });
  const api = createApi({
    ...local,
    rows: local.stores.events,
    index: local.stores.index,
    loadDefinition: load,
    telemetry,
    policy: { ...localPolicy, run: false },
  });
  const client = new EngineClient('http://localhost', (request) => api.fetch(request));
  return { local, client, done, fail: failing(local), close: () => local.close() };
}

/** While it is told so, commits of the execution `bad` behind the first one fail. */
function failing({ stores: { events } }: LocalEngine): (fails: boolean) => void {
  const append = events.append.bind(events);
  let fails = false;
  events.append = async (commit) => {
    if (fails && commit.execution === BAD && commit.number > 0) throw new StoreUnavailable('The disk is full.');
    return append(commit);
  };
  return (how) => {
    fails = how;
  };
}

async function givenUp(client: EngineClient) {
  for (;;) {
    const { items } = await client.deadLetters(10, undefined);
    if (items.length > 0) return items;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('an execution that the store of one machine fails for', () => {
  test('is given up, harms no other, and goes on when it is redriven', async ({ onTestFinished }) => {
    const { client, done, fail, close } = await opened(await folderForTest(onTestFinished));
    fail(true);
    await client.putWorkflow('w', JSON.stringify(definition));
    for (const name of ['bad', 'good']) await client.start('w', null, name);
    expect((await client.execution({ workflow: 'w', id: 'good' }, 10)).status).toBe('SUCCEEDED');
    expect(await givenUp(client)).toMatchObject([
      { execution: BAD, failures: 4, error: { code: 'Knhk.StoreUnavailable', message: 'The disk is full.' } },
    ]);
    fail(false);
    expect(await client.redriveDeadLetters([BAD])).toEqual({ redriven: [BAD], more: false });
    expect((await client.execution({ workflow: 'w', id: 'bad' }, 10)).status).toBe('SUCCEEDED');
    expect((await client.deadLetters(10, undefined)).items).toEqual([]);
    expect(done.filter((name) => name === 'good')).toHaveLength(1);
    await expect(client.redriveDeadLetters([BAD])).rejects.toThrow('nothing has to be done');
    await close();
  });

  test('is on record after a restart, until something gets it going', async ({ onTestFinished }) => {
    const dataDir = await folderForTest(onTestFinished);
    const before = await opened(dataDir);
    before.fail(true);
    await before.client.putWorkflow('w', JSON.stringify(definition));
    await before.client.start('w', null, 'bad');
    const [letter] = await givenUp(before.client);
    await before.close();

    const after = await opened(dataDir);
    expect((await after.client.deadLetters(10, undefined)).items).toEqual([letter]);
    await after.local.engine.takeUp(BAD);
    expect((await after.client.execution({ workflow: 'w', id: 'bad' }, 10)).status).toBe('SUCCEEDED');
    while ((await after.client.deadLetters(10, undefined)).items.length > 0);
    expect(after.local.deadLetters.count).toBe(0);
    await after.close();
  });
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
    await program((exitCode) => (code = exitCode)).parseAsync(['node', 'knhk', 'dead-letters', ...args]);
  } finally {
    vi.restoreAllMocks();
  }
  return { code, ...written };
}

test('knhk dead-letters lists, redrives and deletes', async ({ onTestFinished }) => {
  const dataDir = await folderForTest(onTestFinished);
  const before = await opened(dataDir);
  before.fail(true);
  await before.client.putWorkflow('w', '{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}}');
  await before.client.start('w', null, 'bad');
  await givenUp(before.client);
  await before.local.deadLetters.gaveUp(`${ARN}:execution:w:never`, 4, new Error('no reason'));
  await before.close();

  const server = await startServer({ port: 0, buckets: 'none', dataDir, takesUp: false }, telemetry);
  onTestFinished(() => server.close());
  const at = ['--url', server.url];
  const listed = await knhk('list', ...at);
  expect(listed).toMatchObject({ code: 0, err: '' });
  expect(listed.out).toMatch(
    /^\S+:w:bad {2,}since .* 4 failures {2,}Knhk.StoreUnavailable: The disk is full\.\n\S+:w:never/,
  );
  expect(await knhk('delete', `${ARN}:execution:w:never`, ...at)).toMatchObject({ code: 0 });
  await expect(knhk('delete', `${ARN}:execution:w:never`, ...at)).rejects.toThrow('nothing has to be done');
  expect(await knhk('redrive', '--json', ...at)).toMatchObject({ code: 0, out: expect.stringContaining(BAD) });
  const ended = await fetch(`${server.url}/v1/workflows/w/executions/bad?wait=10`);
  expect(await ended.json()).toMatchObject({ status: 'SUCCEEDED' });
  expect(await knhk('list', ...at)).toEqual({ code: 0, out: '', err: 'There are none.\n' });
});
