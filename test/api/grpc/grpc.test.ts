import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ErrorInfoSchema } from '../../../lib/api/grpc/gen/error_info_pb.ts';
import { FindingsSchema } from '../../../lib/api/grpc/gen/knhk_pb.ts';
import { type LocalServer, startServer } from '../../../lib/local/server.ts';
import type { Json } from '../../../lib/model/json.ts';
import { type Fields, ForeignClient, jsonOf, value } from './foreign-client.ts';

/** The services over gRPC, on a server of one machine, called by a client of others. */

let dataDir: string;
let server: LocalServer;
let workflows: ForeignClient;
let executions: ForeignClient;
let workItems: ForeignClient;
let events: ForeignClient;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'knhk-grpc-'));
  server = await start();
  workflows = new ForeignClient(server.url, 'knhk.v1.WorkflowService');
  executions = new ForeignClient(server.url, 'knhk.v1.ExecutionService');
  workItems = new ForeignClient(server.url, 'knhk.v1.WorkItemService');
  events = new ForeignClient(server.url, 'knhk.v1.EventService');
});
afterAll(async () => {
  for (const client of [workflows, executions, workItems, events]) client.close();
  await server.close();
  await rm(dataDir, { recursive: true });
});

function start(folder = dataDir): Promise<LocalServer> {
  return startServer({ port: 0, dataDir: folder, buckets: join(folder, 'buckets') }, { log: () => {} });
}

const greet = {
  QueryLanguage: 'JSONata',
  StartAt: 'Greet',
  States: { Greet: { Type: 'Pass', Output: { said: "{% 'Hello, ' & $states.input.name %}" }, End: true } },
};
const wait = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } };
const approval = {
  StartAt: 'Approve',
  States: {
    Approve: {
      Type: 'Task',
      Resource: 'arn:aws:states:::knhk:workItem',
      Parameters: { Title: 'Approve it', Assignee: 'ann', Payload: { 'sum.$': '$.sum' } },
      End: true,
    },
  },
};
const paid = {
  StartAt: 'Paid',
  States: { Paid: { Type: 'Pass', Trigger: { Event: 'paid', Persistent: true }, End: true } },
};

let count = 0;

/** A workflow of a name of its own. */
async function registered(definition: Json): Promise<string> {
  count += 1;
  const name = `w${count}`;
  await workflows.call('createWorkflow', { name, definition: value(definition) });
  return name;
}

async function started(definition: Json, input: Json = {}): Promise<{ workflow: string; execution: string }> {
  const workflow = await registered(definition);
  await executions.call('startExecution', { workflow, name: 'e', input: value(input) });
  return { workflow, execution: 'e' };
}

async function refusal(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => expect.fail('It was not refused.'),
    (error: ServiceError) => error,
  );
}

/** The details of a status, in the form of google.rpc.Status: its third field, repeated. */
function detailsOf({ metadata }: ServiceError, type: string): Uint8Array | undefined {
  const [bin] = metadata.get('grpc-status-details-bin');
  let rest = bin as Buffer;
  while (rest.length > 0) {
    const [tag = 0] = rest;
    if ((tag & 7) === 0) {
      rest = rest.subarray(2);
      continue;
    }
    const [length, at] = varint(rest, 1);
    const body = rest.subarray(at, at + length);
    rest = rest.subarray(at + length);
    if (tag >> 3 !== 3) continue;
    const any = fromBinary(AnySchema, body);
    if (any.typeUrl.endsWith(`/${type}`)) return any.value;
  }
  return undefined;
}

function varint(bytes: Buffer, from: number): readonly [value: number, at: number] {
  let result = 0;
  for (let at = from, shift = 0; ; at += 1, shift += 7) {
    const byte = bytes[at] ?? 0;
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [result, at + 1];
  }
}

describe('workflows', () => {
  test('are registered, shown, listed and deleted', async () => {
    const request = { name: 'greet', definition: value(greet), tags: { team: 'a' } };
    const first = await workflows.call('createWorkflow', request);
    expect(first).toMatchObject({ created: true, workflow: { name: 'greet', type: 'STANDARD', tags: { team: 'a' } } });
    expect((await workflows.call('createWorkflow', request)).created).toBe(false);
    const shown = await workflows.call('getWorkflow', { name: 'greet' });
    expect(jsonOf({ kind: 'structValue', structValue: shown.definition })).toEqual(greet);
    const put = await workflows.call('putWorkflow', { name: 'greet', definition: value(JSON.stringify(wait)) });
    expect(put.created).toBe(false);
    expect(put.workflow.revision).not.toBe(shown.revision);
    const { items } = await workflows.call('listWorkflows', { limit: 1000 });
    expect(items.map(({ name }: Fields) => name)).toContain('greet');
    expect(await workflows.call('deleteWorkflow', { name: 'greet' })).toEqual({});
    expect((await refusal(workflows.call('getWorkflow', { name: 'greet' }))).code).toBe(status.NOT_FOUND);
  });

  test('are listed page by page', async () => {
    await registered(wait);
    await registered(wait);
    const first = await workflows.call('listWorkflows', { limit: 1 });
    const second = await workflows.call('listWorkflows', { limit: 1, after: first.next });
    expect(first.items).toHaveLength(1);
    expect(second.items[0].name > first.items[0].name).toBe(true);
  });

  test('are checked without being registered', async () => {
    const checked = await workflows.call('validateDefinition', { definition: value('{\n  "StartAt": "Nowhere"\n}') });
    expect(checked.valid).toBe(false);
    expect(checked.findings[0]).toMatchObject({ severity: 'ERROR' });
    expect(checked.findings.some(({ line }: Fields) => line > 0)).toBe(true);
  });
});

describe('executions', () => {
  test('are started once and waited for', async () => {
    const workflow = await registered(greet);
    const request = {
      workflow,
      name: 'e-1',
      input: value({ name: 'gRPC', odd: [null, true, 0.1, 'é\u{1f600}'] }),
      wait: 10,
    };
    const { created, execution } = await executions.call('startExecution', request);
    expect({ created, status: execution.status }).toEqual({ created: true, status: 'SUCCEEDED' });
    expect(jsonOf(execution.output)).toEqual({ said: 'Hello, gRPC' });
    expect(jsonOf(execution.input)).toEqual({ name: 'gRPC', odd: [null, true, 0.1, 'é\u{1f600}'] });
    const again = await refusal(executions.call('startExecution', request));
    expect(again).toMatchObject({ code: status.ALREADY_EXISTS });
    const { items } = await executions.call('listExecutions', { workflow });
    expect(items).toMatchObject([{ id: 'e-1', status: 'SUCCEEDED' }]);
  });

  test('are stopped and redriven', async () => {
    const named = await started(wait);
    const stopped = await executions.call('stopExecution', { ...named, error: 'Over', cause: 'It rains.' });
    expect(stopped).toMatchObject({ status: 'ABORTED', error: 'Over', redriveStatus: 'REDRIVABLE' });
    expect(await executions.call('redriveExecution', named)).toMatchObject({ status: 'RUNNING', redriveCount: 1 });
    await executions.call('stopExecution', named);
  });
});

describe('the history', () => {
  test('is streamed from the first event to the end', async () => {
    const named = await started(greet, { name: 'x' });
    await executions.call('getExecution', { ...named, wait: 10 });
    const items = await executions.stream('streamHistory', named).toArray();
    expect(items.slice(0, -1).map(({ event }: Fields) => [event.id, event.type])).toEqual([
      [1, 'ExecutionStarted'],
      [2, 'PassStateEntered'],
      [3, 'PassStateExited'],
      [4, 'ExecutionSucceeded'],
    ]);
    expect(items.at(-1)).toMatchObject({ item: 'end', end: { status: 'SUCCEEDED', after: 4, more: false } });
    expect(jsonOf({ kind: 'structValue', structValue: items[1].event.details })).toMatchObject({ name: 'Greet' });
    const rest = await executions.stream('streamHistory', { ...named, after: 3 }).toArray();
    expect(rest.map(({ event, end }: Fields) => event?.type ?? end.status)).toEqual([
      'ExecutionSucceeded',
      'SUCCEEDED',
    ]);
  });

  test('is followed until the execution closes', async () => {
    const named = await started(approval, { sum: 7 });
    const types: string[] = [];
    for await (const { event, end } of executions.stream('streamHistory', { ...named, follow: true })) {
      types.push(event?.type ?? end.status);
      if (event?.type !== 'ExecutionStarted') continue;
      const { items } = await workItems.call('listWorkItemsOfExecution', named);
      await workItems.call('completeWorkItem', { id: items[0].id, output: value('yes'), worker: 'ann' });
    }
    expect(types).toContain('WorkItemSucceeded');
    expect(types.slice(-2)).toEqual(['ExecutionSucceeded', 'SUCCEEDED']);
  });

  test('tells where a stream that does not follow stands', async () => {
    const named = await started(wait);
    const items = await executions.stream('streamHistory', named).toArray();
    expect(items.at(-1).end).toMatchObject({ status: 'RUNNING', after: items.length - 1, more: false });
    const beyond = executions.stream('streamHistory', { ...named, after: 999 });
    expect((await refusal(beyond.toArray())).code).toBe(status.INVALID_ARGUMENT);
  });

  test('is no longer watched once the caller cancels, or the time is up', async () => {
    const named = await started(wait);
    const stream = executions.stream('streamHistory', { ...named, follow: true });
    const cancelled = new Promise((resolve) => stream.on('error', resolve));
    stream.once('data', () => stream.cancel());
    expect(await cancelled).toMatchObject({ code: status.CANCELLED });
    const late = executions.stream('streamHistory', { ...named, follow: true }, { deadlineMs: 300 });
    expect((await refusal(late.toArray())).code).toBe(status.DEADLINE_EXCEEDED);
  });
});

describe('work items', () => {
  test('are taken, given back, failed and completed', async () => {
    const named = await started(approval, { sum: 7 });
    const { items } = await workItems.call('listWorkItemsOfExecution', named);
    const [{ id }] = items;
    expect(items).toMatchObject([{ kind: 'workItem', status: 'offered', title: 'Approve it', assignee: 'ann' }]);
    expect(jsonOf(items[0].payload)).toEqual({ sum: 7 });
    expect((await refusal(workItems.call('startWorkItem', { id, worker: 'bob' }))).code).toBe(status.PERMISSION_DENIED);
    expect(await workItems.call('startWorkItem', { id, worker: 'ann' })).toMatchObject({
      status: 'started',
      worker: 'ann',
    });
    expect(await workItems.call('returnWorkItem', { id, worker: 'ann' })).toMatchObject({ status: 'offered' });
    const listed = await workItems.call('listWorkItems', { assignee: 'ann' });
    expect(listed.items.map((item: Fields) => item.execution)).toContain('e');
    const [again] = (await workItems.call('listWorkItemsOfExecution', named)).items;
    expect(await workItems.call('getWorkItem', { id: again.id })).toMatchObject({ state: 'Approve' });
    expect(await workItems.call('delegateWorkItem', { id: again.id, worker: 'ann', to: 'bob' })).toMatchObject({
      assignee: 'bob',
    });
    await workItems.call('failWorkItem', { id: again.id, error: 'Refused', worker: 'bob' });
    expect(await executions.call('getExecution', { ...named, wait: 10 })).toMatchObject({
      status: 'FAILED',
      error: 'Refused',
    });
    expect((await refusal(workItems.call('getWorkItem', { id: again.id }))).code).toBe(status.FAILED_PRECONDITION);
  });
});

describe('events', () => {
  test('reach the execution that waits for them, once', async () => {
    const named = await started(paid);
    const event = { ...named, name: 'paid', id: 'p-1', payload: value({ sum: 5 }) };
    expect((await executions.call('getOpenWork', named)).waiting).toMatchObject([{ state: 'Paid', event: 'paid' }]);
    expect(await events.call('sendEvent', event)).toMatchObject({ id: 'p-1', outcome: 'taken' });
    expect(await executions.call('getExecution', { ...named, wait: 10 })).toMatchObject({ status: 'SUCCEEDED' });
    expect((await events.call('sendEvent', event)).outcome).toBe('repeated');
    const late = await refusal(events.call('sendEvent', { ...event, id: 'p-2' }));
    expect(late.code).toBe(status.FAILED_PRECONDITION);
  });
});

describe('a refusal', () => {
  test('has the stable code and what to do in its status, and both in a detail', async () => {
    const error = await refusal(executions.call('getExecution', { workflow: 'none', execution: 'none' }));
    expect(error).toMatchObject({ code: status.NOT_FOUND, details: expect.stringMatching(/^Look at the list/) });
    expect(error.metadata.get('knhk-code')).toEqual(['Knhk.ExecutionNotFound']);
    const info = fromBinary(ErrorInfoSchema, detailsOf(error, 'google.rpc.ErrorInfo') ?? new Uint8Array());
    expect(info).toMatchObject({ reason: 'Knhk.ExecutionNotFound', domain: 'knhk' });
  });

  test('of a definition shows what is wrong with it, as far as that fits', async () => {
    const states = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`S${n}`, { Type: 'Strange' }]));
    const definition = value({ StartAt: 'S0', States: states });
    const error = await refusal(workflows.call('createWorkflow', { name: 'strange', definition }));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    const { findings, omitted } = fromBinary(FindingsSchema, detailsOf(error, 'knhk.v1.Findings') ?? new Uint8Array());
    expect(findings[0]).toMatchObject({ pointer: expect.stringMatching(/^\/States\/S0/), severity: 'ERROR' });
    expect(findings.length + omitted).toBeGreaterThanOrEqual(300);
  });

  test('can be read in any language, whatever stands in it', async () => {
    const subject = `50 % of it: a/b, "c" \u00fc\u{1f600}`;
    const error = await refusal(workflows.call('getWorkflow', { name: subject }));
    expect(error.details).toContain(`"${subject}"`);
  });

  test('of a message without a form in JSON says so', async () => {
    const workflow = await registered(greet);
    for (const input of [{}, { numberValue: Number.NaN }]) {
      const error = await refusal(executions.call('startExecution', { workflow, input }));
      expect(error.metadata.get('knhk-code')).toEqual(['Knhk.RequestInvalid']);
    }
  });

  test('comes when the time of the call is up', async () => {
    const named = await started(wait);
    const late = executions.call('getExecution', { ...named, wait: 60 }, { deadlineMs: 200 });
    expect((await refusal(late)).code).toBe(status.DEADLINE_EXCEEDED);
  });

  test('meets calls under the name of another host, and those of web pages from elsewhere', async () => {
    const headers = { origin: 'https://elsewhere.example' };
    const error = await refusal(workflows.call('listWorkflows', {}, { headers }));
    expect(error.code).toBe(status.PERMISSION_DENIED);
  });
});

describe('the server', () => {
  test('says that it is well', async () => {
    const health = new ForeignClient(server.url, 'grpc.health.v1.Health');
    onTestFinished(() => health.close());
    expect(await health.call('check', {})).toEqual({ status: 'SERVING' });
    expect(await health.call('check', { service: 'knhk.v1.ExecutionService' })).toEqual({ status: 'SERVING' });
    expect((await refusal(health.call('check', { service: 'other' }))).code).toBe(status.NOT_FOUND);
  });

  test('answers HTTP/1.1 on the same port, also where the first bytes come one by one', async () => {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.setNoDelay(true);
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    for (const letter of 'PUT /health HTTP/1.1\r\nhost: localhost\r\n\r\n') {
      await new Promise((resolve) => socket.write(letter, resolve));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 404/);
  });

  test('ends streams when it stops, and lets connections go that never said anything', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'knhk-grpc-'));
    const other = await start(folder);
    const client = new ForeignClient(other.url, 'knhk.v1.ExecutionService');
    const registry = new ForeignClient(other.url, 'knhk.v1.WorkflowService');
    const silent = connect(Number(new URL(other.url).port), '127.0.0.1');
    onTestFinished(async () => {
      client.close();
      registry.close();
      silent.destroy();
      await rm(folder, { recursive: true });
    });
    await registry.call('createWorkflow', { name: 'w', definition: value(wait) });
    await client.call('startExecution', { workflow: 'w', name: 'e' });
    const stream = client.stream('streamHistory', { workflow: 'w', execution: 'e', follow: true });
    const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    await new Promise((resolve) => stream.once('data', resolve));
    await other.close();
    const error = await ended;
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.metadata.get('knhk-code')).toEqual(['Knhk.Unavailable']);
  });
});
