import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExecutionService, WorkflowService } from '../../../lib/api/grpc/gen/knhk_pb.ts';
import { localPolicy } from '../../../lib/api/index.ts';
import { type LocalServer, startServer } from '../../../lib/local/server.ts';
import type { Json } from '../../../lib/model/json.ts';

/** Connect and gRPC-Web over HTTP/1.1, on the port of REST. */

let dataDir: string;
let server: LocalServer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'knhk-connect-'));
  server = await startServer({ port: 0, dataDir, buckets: join(dataDir, 'buckets') }, { log: () => {} });
  await call('WorkflowService/PutWorkflow', { name: 'give', definition: give });
});
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true });
});

const give = { StartAt: 'Give', States: { Give: { Type: 'Pass', End: true } } };

// biome-ignore lint/suspicious/noExplicitAny: the body of an answer, whose fields the tests look at.
async function call(path: string, body: unknown, type = 'application/json'): Promise<{ status: number; body: any }> {
  const headers = { 'content-type': type };
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${server.url}/knhk.v1.${path}`, { method: 'POST', headers, body: content });
  return { status: response.status, body: await response.json().catch(() => undefined) };
}

describe('plain JSON over HTTP', () => {
  test('starts an execution and waits for it', async () => {
    const request = { workflow: 'give', name: 'e-1', input: { n: null }, wait: 10 };
    const { status, body } = await call('ExecutionService/StartExecution', request);
    expect(status).toBe(200);
    expect(body).toMatchObject({ created: true, execution: { status: 'SUCCEEDED', output: { n: null } } });
    const rest = (await (await fetch(`${server.url}/v1/workflows/give/executions/e-1`)).json()) as object;
    expect(body.execution).toEqual({ ...rest, redriveCount: undefined, patterns: undefined });
  });

  test('is refused with the code, what to do, and the stable code in a detail', async () => {
    const { status, body } = await call('WorkflowService/GetWorkflow', { name: 'none' });
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'not_found', message: expect.stringMatching(/^Create the workflow "none"/) });
    expect(body.details[0]).toMatchObject({ type: 'google.rpc.ErrorInfo', debug: { reason: 'Knhk.WorkflowNotFound' } });
  });

  test('is read strictly', async () => {
    const misspelt = await call('ExecutionService/StartExecution', { workflow: 'give', imput: {} });
    expect(misspelt).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    const missing = await call('ExecutionService/GetExecution', { workflow: 'give' });
    expect(missing).toMatchObject({ status: 400, body: { message: expect.stringContaining('path.execution') } });
    expect((await call('WorkflowService/ListWorkflows', '{}', 'text/plain')).status).toBe(415);
  });

  test('has the limits of REST', async () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const start = (input: string) =>
      call('ExecutionService/StartExecution', `{"workflow":"give","input":${input},"wait":10}`);
    const deep = await start(nested(900));
    expect(deep.body.execution.output).toEqual(JSON.parse(nested(900)) as Json);
    expect(await start(nested(1_100))).toMatchObject({ status: 400 });
    const large = `"${'x'.repeat(localPolicy.maxMessageBytes)}"`;
    expect((await start(large)).body).toMatchObject({ code: 'resource_exhausted' });
  });

  test('ends what takes longer than the caller has time for', async () => {
    const definition = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } };
    await call('WorkflowService/PutWorkflow', { name: 'wait', definition });
    const response = await fetch(`${server.url}/knhk.v1.ExecutionService/StartExecution`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'connect-timeout-ms': '200' },
      body: JSON.stringify({ workflow: 'wait', wait: 60 }),
    });
    expect(await response.json()).toMatchObject({ code: 'deadline_exceeded' });
  });
});

describe.each([
  ['Connect', createConnectTransport],
  ['gRPC-Web', createGrpcWebTransport],
] as const)('%s', (_name, createTransport) => {
  const transport = () => createTransport({ baseUrl: server.url, httpVersion: '1.1' });

  test('calls and streams', async () => {
    const { workflow } = await createClient(WorkflowService, transport())
      .getWorkflow({ name: 'give' })
      .then((found) => ({ workflow: found }));
    expect(workflow.definition).toEqual(give);
    const client = createClient(ExecutionService, transport());
    const { execution } = await client.startExecution({ workflow: 'give' });
    const types: string[] = [];
    for await (const { item } of client.streamHistory({
      workflow: 'give',
      execution: execution?.id ?? '',
      follow: true,
    })) {
      types.push(item.case === 'event' ? item.value.type : String(item.value?.status));
    }
    expect(types).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
      'SUCCEEDED',
    ]);
  });

  test('tells of a refusal in a stream', async () => {
    const client = createClient(ExecutionService, transport());
    const stream = client.streamHistory({ workflow: 'give', execution: 'none' })[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toMatchObject({ rawMessage: expect.stringMatching(/^Look at the list/) });
  });
});
