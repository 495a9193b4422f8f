import {
  CreateActivityCommand,
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetActivityTaskCommand,
  ListStateMachinesCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StartSyncExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { definitions, ROLE } from '../running-api.ts';
import { GuardedServer } from './guarded-server.ts';

const arn = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;

describe('the client of Step Functions, unchanged', () => {
  test('works with an access key of the engine', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const client = server.client(await server.key('access', ['*']), onTestFinished);
    const definition = JSON.stringify(definitions.pass());
    const created = await client.send(
      new CreateStateMachineCommand({ name: 'hello', definition, roleArn: ROLE, type: 'EXPRESS' }),
    );
    const { output } = await client.send(
      new StartSyncExecutionCommand({ stateMachineArn: created.stateMachineArn, input: '{"äöü":"%20 +&=~*"}' }),
    );
    expect(JSON.parse(output ?? '')).toEqual({ äöü: '%20 +&=~*', by: 'first' });
  });

  test('is told in the words of the service why it is refused', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const key = await server.key('access', ['executions:start:order-*', 'workflows:list']);
    await server.own('PUT', '/v1/workflows/secret', { definition: definitions.pass() });
    await server.own('PUT', '/v1/workflows/order-1', { definition: definitions.pass() });
    const client = server.client(key, onTestFinished);
    const started = await client.send(new StartExecutionCommand({ stateMachineArn: arn('order-1') }));
    expect(started.executionArn).toContain(':execution:order-1:');
    const listed = await client.send(new ListStateMachinesCommand({}));
    // The scope of the list names no workflow, and so all are shown.
    expect(listed.stateMachines?.map(({ name }) => name)).toEqual(['order-1', 'secret']);
    const denied = { name: 'AccessDeniedException', $fault: 'client' };
    for (const name of ['secret', 'order', 'there-is-none']) {
      await expect(client.send(new StartExecutionCommand({ stateMachineArn: arn(name) }))).rejects.toMatchObject(
        denied,
      );
    }
    const { executionArn } = started;
    await expect(client.send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject(denied);
    const wrong = server.client({ ...key, secret: 'x'.repeat(43) }, onTestFinished);
    await expect(wrong.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    const stranger = server.client({ ...key, id: 'AKIAIOSFODNN7EXAMPLE' }, onTestFinished);
    await expect(stranger.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    const anonymous = await server.call(undefined, 'POST', '/', {});
    expect(anonymous).toMatchObject({ status: 400, body: { __type: 'MissingAuthenticationTokenException' } });
  });

  test('is refused as soon as its key is revoked, or has expired', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const key = await server.key('access', ['workflows:list']);
    const client = server.client(key, onTestFinished);
    await client.send(new ListStateMachinesCommand({}));
    expect((await server.own('DELETE', `/v1/access-keys/${key.id}`)).status).toBe(204);
    await expect(client.send(new ListStateMachinesCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    expect((await server.own('DELETE', `/v1/access-keys/${key.id}`)).body.code).toBe('Knhk.KeyNotFound');
  });
});

test('task tokens: only for the workflow of their execution, and only once', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const all = server.client(await server.key('access', ['*']), onTestFinished);
  const { activityArn = '' } = await all.send(new CreateActivityCommand({ name: 'print' }));
  await server.own('PUT', '/v1/workflows/mine', { definition: definitions.activity(activityArn) });
  const { executionArn } = await all.send(new StartExecutionCommand({ stateMachineArn: arn('mine') }));
  const worker = server.client(
    await server.key('access', ['activities:take:print', 'tasks:report:mine']),
    onTestFinished,
  );
  const other = server.client(
    await server.key('access', ['activities:take:other', 'tasks:report:other']),
    onTestFinished,
  );
  const take = new GetActivityTaskCommand({ activityArn });
  await expect(other.send(take)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const { taskToken = '' } = await worker.send(take);
  const done = new SendTaskSuccessCommand({ taskToken, output: '{"printed":true}' });
  await expect(other.send(done)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const forged = atob(taskToken.replaceAll('-', '+').replaceAll('_', '/')).replaceAll('mine', 'evil');
  const tampered = new SendTaskSuccessCommand({ taskToken: btoa(forged), output: '{}' });
  await expect(worker.send(tampered)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await worker.send(done);
  await expect(worker.send(done)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  const answer = await server.own('GET', `/v1/workflows/mine/executions/${executionArn?.split(':').at(-1)}?wait=5`);
  expect(answer.body).toMatchObject({ status: 'SUCCEEDED', output: { printed: true } });
});

test('calls of gRPC cannot be signed, as no signature covers their messages', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const { id } = await server.key('access', ['*']);
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/knhk.v1.WorkflowService/ListWorkflows`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ code: 'unauthenticated', message: expect.stringContaining('API key') });
});
