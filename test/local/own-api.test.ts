import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApi, openLocalApi } from '../../lib/local/local-api.ts';
import type { Json } from '../../lib/model/json.ts';

describe('tasks that call Step Functions itself', () => {
  let folder: string;
  let api: LocalApi;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'knhk-'));
    const configuration = { dataDir: join(folder, 'data'), buckets: join(folder, 'buckets'), port: 0 };
    api = await openLocalApi(configuration, { log: () => {} });
  });

  afterAll(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  async function call(action: string, body: object): Promise<Record<string, string>> {
    const response = await api.fetch(
      new Request('http://localhost/', {
        method: 'POST',
        headers: { 'x-amz-target': `AWSStepFunctions.${action}` },
        body: JSON.stringify(body),
      }),
    );
    const answer = (await response.json()) as Record<string, string>;
    if (!response.ok) throw new Error(`${action}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async function create(name: string, states: Json): Promise<string> {
    const [first] = Object.keys(states as object);
    const definition = JSON.stringify({ StartAt: first, States: states });
    const { stateMachineArn = '' } = await call('CreateStateMachine', {
      name,
      definition,
      roleArn: 'arn:aws:iam::123456789012:role/r',
      type: 'EXPRESS',
    });
    return stateMachineArn;
  }

  /** The result of one task. */
  async function run(name: string, action: string, parameters: Json): Promise<Record<string, string>> {
    const resource = `arn:aws:states:::aws-sdk:sfn:${action}`;
    const stateMachineArn = await create(name, {
      Call: { Type: 'Task', Resource: resource, Parameters: parameters, End: true },
    });
    return call('StartSyncExecution', { stateMachineArn });
  }

  it('go to this engine, with texts and times as in the SDK integration', async () => {
    const target = await create('target', { Done: { Type: 'Pass', End: true } });
    const described = await run('describe', 'describeStateMachine', { StateMachineArn: target });
    expect(described).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(described['output'] ?? '')).toMatchObject({
      StateMachineArn: target,
      Name: 'target',
      CreationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    const started = await run('start', 'startSyncExecution', { StateMachineArn: target, Input: { order: 7 } });
    expect(JSON.parse(started['output'] ?? '')).toMatchObject({ Status: 'SUCCEEDED', Output: '{"order":7}' });
  });

  it('fail with the names of the SDK integration', async () => {
    expect(await run('tell', 'sendTaskSuccess', { TaskToken: 'none', Output: 'no JSON' })).toMatchObject({
      status: 'FAILED',
      error: 'Sfn.InvalidTokenException',
      cause: expect.stringMatching(
        /^Invalid Token: 'Invalid token' \(Service: Sfn, Status Code: 400, Request ID: \S+\) \(SDK Attempt Count: 1\)$/,
      ),
    });
    expect(await run('unknown', 'listEverything', {})).toMatchObject({ error: 'Sfn.SfnException' });
  });
});
