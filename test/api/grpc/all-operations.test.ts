import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalServer, startServer } from '../../../lib/local/server.ts';
import type { Json } from '../../../lib/model/json.ts';
import { type Fields, ForeignClient, jsonOf, value } from './foreign-client.ts';

/** Versions, aliases, activities, task tokens and map runs over gRPC, on a server of one machine. */

let dataDir: string;
let server: LocalServer;
const clients: ForeignClient[] = [];
let workflows: ForeignClient;
let executions: ForeignClient;
let versions: ForeignClient;
let tasks: ForeignClient;
let mapRuns: ForeignClient;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'knhk-grpc-'));
  server = await startServer({ port: 0, dataDir, buckets: join(dataDir, 'buckets') }, { log: () => {} });
  [workflows, executions, versions, tasks, mapRuns] = [
    client('WorkflowService'),
    client('ExecutionService'),
    client('VersionService'),
    client('TaskService'),
    client('MapRunService'),
  ];
});
afterAll(async () => {
  for (const each of clients) each.close();
  await server.close();
  await rm(dataDir, { recursive: true });
});

function client(service: string): ForeignClient {
  const made = new ForeignClient(server.url, `knhk.v1.${service}`);
  clients.push(made);
  return made;
}

const pass = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };
const activityArn = (name: string) => `arn:aws:states:us-east-1:000000000000:activity:${name}`;

async function create(name: string, definition: Json): Promise<Fields> {
  return workflows.call('createWorkflow', { name, definition: value(definition) });
}

test('workflows are registered with the warnings about their definition', async () => {
  const { created, findings } = await create('warned', {
    StartAt: 'A',
    States: { A: pass.States.Pass, B: pass.States.Pass, C: { Type: 'Pass', Next: ['A', 'B'] } },
  });
  expect([created, findings]).toMatchObject([
    true,
    [
      { code: 'UNREACHABLE_STATE', severity: 'WARNING', pointer: '/States/B' },
      { code: 'UNREACHABLE_STATE', severity: 'WARNING', pointer: '/States/C' },
    ],
  ]);
});

test('versions are published once for each revision, listed, shown and deleted', async () => {
  const { workflow } = await create('versioned', pass);
  const request = { name: 'versioned', description: 'the first', revision: workflow.revision };
  const first = await versions.call('publishVersion', request);
  expect(first).toMatchObject({ created: true, version: { version: 1, description: 'the first' } });
  expect((await versions.call('publishVersion', request)).created).toBe(false);
  const stale = versions.call('publishVersion', { name: 'versioned', revision: 'another' });
  await expect(stale).rejects.toMatchObject({ code: status.ABORTED });
  expect((await versions.call('listVersions', { name: 'versioned' })).items).toHaveLength(1);
  const shown = await versions.call('getVersion', { name: 'versioned', version: 1 });
  expect(jsonOf({ kind: 'structValue', structValue: shown.definition })).toEqual(pass);
  await versions.call('deleteVersion', { name: 'versioned', version: 1 });
  const gone = versions.call('getVersion', { name: 'versioned', version: 1 });
  await expect(gone).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test('aliases lead to one or two versions, also with no weight', async () => {
  await create('aliased', pass);
  await versions.call('publishVersion', { name: 'aliased' });
  await workflows.call('putWorkflow', { name: 'aliased', definition: value({ ...pass, Comment: 'new' }) });
  await versions.call('publishVersion', { name: 'aliased' });
  const routes = [
    { version: 2, weight: 0 },
    { version: 1, weight: 100 },
  ];
  const put = await versions.call('putAlias', { name: 'aliased', alias: 'live', routes });
  expect(put).toMatchObject({ created: true, alias: { name: 'live', routes } });
  const again = await versions.call('putAlias', {
    name: 'aliased',
    alias: 'live',
    routes: [{ version: 2, weight: 100 }],
  });
  expect(again).toMatchObject({ created: false, alias: { routes: [{ version: 2, weight: 100 }] } });
  const started = { workflow: 'aliased', alias: 'live', wait: 10 };
  expect((await executions.call('startExecution', started)).execution).toMatchObject({ version: 2, alias: 'live' });
  expect((await versions.call('listAliases', { name: 'aliased', version: 2 })).items).toHaveLength(1);
  const inUse = versions.call('deleteVersion', { name: 'aliased', version: 2 });
  await expect(inUse).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
  await versions.call('deleteAlias', { name: 'aliased', alias: 'live' });
  const gone = versions.call('getAlias', { name: 'aliased', alias: 'live' });
  await expect(gone).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test('activities are registered, worked on by token, and deleted', async () => {
  expect(await tasks.call('createActivity', { name: 'sign' })).toMatchObject({
    name: 'sign',
    arn: activityArn('sign'),
  });
  expect((await tasks.call('listActivities', {})).items).toMatchObject([{ name: 'sign' }]);
  expect(await tasks.call('getActivity', { name: 'sign' })).toMatchObject({ arn: activityArn('sign') });
  const none = await tasks.call('takeTask', { name: 'sign' });
  expect([none.token, none.input]).toEqual([undefined, null]);
  await create('signed', {
    StartAt: 'Sign',
    States: { Sign: { Type: 'Task', Resource: activityArn('sign'), End: true } },
  });
  const work = async (execution: string) => {
    await executions.call('startExecution', { workflow: 'signed', name: execution, input: value({ page: 1 }) });
    return tasks.call('takeTask', { name: 'sign', wait: 10, worker: 'ann' });
  };
  const ended = (execution: string) => executions.call('getExecution', { workflow: 'signed', execution, wait: 10 });

  const first = await work('one');
  expect(jsonOf(first.input)).toEqual({ page: 1 });
  await tasks.call('heartbeatTask', { token: first.token });
  await tasks.call('succeedTask', { token: first.token, output: value('signed') });
  const succeeded = await ended('one');
  expect([succeeded.status, jsonOf(succeeded.output)]).toEqual(['SUCCEEDED', 'signed']);
  const late = tasks.call('succeedTask', { token: first.token });
  await expect(late).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });

  const second = await work('two');
  await tasks.call('failTask', { token: second.token, error: 'Refused', cause: 'no pen' });
  expect(await ended('two')).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'no pen' });

  await tasks.call('deleteActivity', { name: 'sign' });
  await expect(tasks.call('getActivity', { name: 'sign' })).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test('map runs are listed, shown, and given other limits', async () => {
  await tasks.call('createActivity', { name: 'item' });
  await create('mapped', {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Work',
          States: { Work: { Type: 'Task', Resource: activityArn('item'), End: true } },
        },
        End: true,
      },
    },
  });
  await executions.call('startExecution', { workflow: 'mapped', name: 'e', input: value([1, 2]) });
  const first = await tasks.call('takeTask', { name: 'item', wait: 10 });
  const { items } = await mapRuns.call('listMapRuns', { workflow: 'mapped', execution: 'e' });
  expect(items).toMatchObject([{ status: 'RUNNING', maxConcurrency: 1, items: { total: 2 } }]);
  const mapRun = items[0].arn;
  const changed = await mapRuns.call('updateMapRun', { mapRun, maxConcurrency: 0, toleratedFailurePercentage: 50 });
  expect(changed).toMatchObject({ arn: mapRun });
  await tasks.call('succeedTask', { token: first.token });
  const second = await tasks.call('takeTask', { name: 'item', wait: 10 });
  await tasks.call('failTask', { token: second.token });
  const ended = await executions.call('getExecution', { workflow: 'mapped', execution: 'e', wait: 10 });
  expect(ended.status).toBe('SUCCEEDED');
  expect(await mapRuns.call('getMapRun', { mapRun })).toMatchObject({
    status: 'SUCCEEDED',
    maxConcurrency: 0,
    toleratedFailurePercentage: 50,
    items: { total: 2, succeeded: 1, failed: 1 },
  });
});
