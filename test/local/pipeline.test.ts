import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, startServer } from '../../lib/local/server.ts';
import { moduleStages } from '../../lib/local/stages.ts';

const STAGES = `
export default () => [{
  name: 'hours',
  beforeStart: ({ input }) => {
    if (input.id === 'O-0') return { refused: 'it is closed.' };
    if (input.id === 'O-9') throw new Error('The clock stands.');
    return { input: { ...input, seen: true } };
  },
}];
`;
const definition = {
  StartAt: 'Done',
  InputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
  States: { Done: { Type: 'Pass', End: true } },
};

let folder: string;
let server: LocalServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knhk-pipeline-'));
  const stages = join(folder, 'stages.mjs');
  await writeFile(stages, STAGES);
  const configuration = { port: 0, dataDir: join(folder, 'data'), buckets: join(folder, 'buckets'), stages };
  server = await startServer(configuration, { log: () => {} });
  const put = await ask('/v1/workflows/order', { definition }, 'PUT');
  expect(put.status).toBe(201);
}, 60_000);

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function ask(path: string, body: unknown, method = 'POST', headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const rest = (input: unknown) => ask('/v1/workflows/order/executions', { input });
const grpc = (input: unknown) => ask('/knhk.v1.ExecutionService/StartExecution', { workflow: 'order', input });
const stepFunctions = (input: unknown) =>
  ask(
    '/',
    { stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:order', input: JSON.stringify(input) },
    'POST',
    { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AWSStepFunctions.StartExecution' },
  );

describe('a start over the network', () => {
  it('with an input that does not fit is refused in the words of each protocol', async () => {
    const refused = await rest({ id: 1 });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'Knhk.InputInvalid', findings: [{ pointer: '/id', message: 'must be string' }] },
    });
    expect(await stepFunctions({ id: 1 })).toMatchObject({
      status: 400,
      body: {
        __type: expect.stringContaining('InvalidExecutionInput'),
        message: expect.stringContaining('/id must be string'),
      },
    });
    expect(await grpc({ id: 1 })).toMatchObject({
      status: 400,
      body: { code: 'invalid_argument', message: expect.stringContaining('/id must be string') },
    });
  });

  it('is refused by a stage, or since a stage has failed, in the words of each protocol', async () => {
    expect(await rest({ id: 'O-0' })).toMatchObject({ status: 400, body: { code: 'Knhk.StartRefused' } });
    expect(await rest({ id: 'O-9' })).toMatchObject({
      status: 503,
      body: { code: 'Knhk.StageFailed', detail: expect.stringContaining("the stage 'hours'") },
    });
    expect(await stepFunctions({ id: 'O-0' })).toMatchObject({ status: 400 });
    expect(await stepFunctions({ id: 'O-9' })).toMatchObject({ status: 503 });
    expect(await grpc({ id: 'O-0' })).toMatchObject({ body: { code: 'invalid_argument' } });
    expect(await grpc({ id: 'O-9' })).toMatchObject({ body: { code: 'unavailable' } });
  });

  it('runs with the input that the stages have made', async () => {
    for (const start of [rest, stepFunctions, grpc]) expect((await start({ id: 'O-1' })).status).toBeLessThan(300);
    const started = await ask('/v1/workflows/order/executions', { name: 'n', input: { id: 'O-2' } });
    expect(started.status).toBe(201);
    const again = await ask('/v1/workflows/order/executions', { name: 'other', input: { id: 'O-2' } });
    expect(again.status).toBe(201);
    const response = await fetch(`${server.url}/v1/workflows/order/executions/n`);
    expect(await response.json()).toMatchObject({ input: { id: 'O-2', seen: true } });
  });

  it('is not possible where the schema is none', async () => {
    const wrong = { ...definition, InputSchema: { type: 'order' } };
    expect(await ask('/v1/workflows/wrong', { definition: wrong }, 'PUT')).toMatchObject({
      status: 400,
      body: { findings: [{ pointer: '/InputSchema/type' }] },
    });
  });
});

describe('a module of stages', () => {
  it.each([
    ['is not there', undefined],
    ['does not load', 'export default ['],
    ['exports no list', 'export default {};'],
    ['fails', 'export default () => { throw new Error("There is no key."); };'],
  ])('that %s keeps the engine from starting', async (what, text) => {
    const file = join(folder, `${what.replaceAll(' ', '-')}.mjs`);
    if (text !== undefined) await writeFile(file, text);
    await expect(moduleStages(file)).rejects.toMatchObject({ code: 'Knhk.StagesNotLoaded' });
  });
});
