import { type ServiceError, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { GuardedServer } from '../auth/guarded-server.ts';
import { ForeignClient, value } from './foreign-client.ts';

/** Calls are asked who makes them, and what they demand, as requests of REST are. */

const give = { StartAt: 'Give', States: { Give: { Type: 'Pass', End: true } } };

function codeOf(call: Promise<unknown>): Promise<number | undefined> {
  return call.then(
    () => undefined,
    ({ code }: ServiceError) => code,
  );
}

test('a call has the rights of its key, on gRPC and on Connect', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const { secret } = await server.key('api', ['workflows:*:a*', 'executions:*:a*']);
  const headers = { authorization: `Bearer ${secret}` };
  const [workflows, executions, health] = [
    new ForeignClient(server.url, 'knhk.v1.WorkflowService'),
    new ForeignClient(server.url, 'knhk.v1.ExecutionService'),
    new ForeignClient(server.url, 'grpc.health.v1.Health'),
  ];
  onTestFinished(() => [workflows, executions, health].forEach((client) => void client.close()));

  const request = { name: 'a1', definition: value(give) };
  expect(await codeOf(workflows.call('createWorkflow', request))).toBe(status.UNAUTHENTICATED);
  expect(await workflows.call('createWorkflow', request, { headers })).toMatchObject({ created: true });
  const other = workflows.call('createWorkflow', { ...request, name: 'b1' }, { headers });
  expect(await codeOf(other)).toBe(status.PERMISSION_DENIED);

  await executions.call('startExecution', { workflow: 'a1', name: 'e', wait: 10 }, { headers });
  const named = { workflow: 'a1', execution: 'e' };
  expect(await codeOf(executions.stream('streamHistory', named).toArray())).toBe(status.UNAUTHENTICATED);
  expect(await executions.stream('streamHistory', named, { headers }).toArray()).toHaveLength(5);
  const foreign = executions.stream('streamHistory', { workflow: 'b1', execution: 'e' }, { headers });
  expect(await codeOf(foreign.toArray())).toBe(status.PERMISSION_DENIED);

  const path = '/knhk.v1.WorkflowService/GetWorkflow';
  expect(await server.call(undefined, 'POST', path, { name: 'a1' })).toMatchObject({ status: 401 });
  expect(await server.call(secret, 'POST', path, { name: 'b1' })).toMatchObject({ status: 403 });
  expect(await server.call(secret, 'POST', path, { name: 'a1' })).toMatchObject({ status: 200, body: { name: 'a1' } });
  expect(await health.call('check', {})).toEqual({ status: 'SERVING' });
  expect(server.audit.map(({ operation, outcome }) => `${operation} ${outcome}`)).toContain('createWorkflow done');
});
