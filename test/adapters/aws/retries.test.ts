import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { ServiceTasks } from '../../../lib/adapters/aws/services/service-tasks.ts';
import { CallRetries, type RetryOutcome } from '../../../lib/resilience/call-retries.ts';
import { callBudget } from '../../../lib/resilience/retry-budget.ts';
import { callPolicy, type RetryPolicy } from '../../../lib/resilience/retry-policy.ts';
import { never, serviceTask } from './services/assignment.ts';

/** What every request is answered with. */
interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ITEM = { TableName: 't', Key: { pk: { S: 'k' } } };

describe("the engine's own calls of a service that is down", () => {
  let server: Server;
  let clients: AwsClients;
  let requests = 0;
  let refusal: Refusal;
  let outcomes: RetryOutcome[];
  let policy: RetryPolicy;

  beforeEach(async () => {
    requests = 0;
    outcomes = [];
    policy = { ...callPolicy, intervalSeconds: 0 };
    server = createServer((incoming, outgoing) => {
      requests += 1;
      incoming.resume();
      outgoing.writeHead(refusal.status, { 'content-type': 'application/x-amz-json-1.0', ...refusal.headers });
      outgoing.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${refusal.type}`, message: 'no' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    clients = new AwsClients({
      endpoints: { dynamodb: endpoint() },
      retries: () =>
        new CallRetries({
          policy,
          now: () => performance.now(),
          random: Math.random,
          onOutcome: (outcome) => outcomes.push(outcome),
        }),
    });
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    clients.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (): Promise<{ readonly name: string; readonly attempts: number }> => {
    const client = await clients.dynamo();
    const error = await client.send(new GetItemCommand(ITEM)).catch((thrown: unknown) => thrown);
    const { name, $metadata } = error as { name: string; $metadata: { attempts: number } };
    return { name, attempts: $metadata.attempts };
  };

  it.each([
    [500, 'InternalServerError'],
    [503, 'ServiceUnavailable'],
    [400, 'ProvisionedThroughputExceededException'],
  ])('send no more requests than their budget: %d %s', async (status, type) => {
    refusal = { status, type };
    const calls = 300;
    const lane = async () => {
      for (let i = 0; i < calls / 10; i += 1) await call();
    };
    await Promise.all(Array.from({ length: 10 }, lane));
    expect(requests).toBeLessThanOrEqual(calls * (1 + callBudget.share) + callBudget.reserve);
    expect(requests).toBeGreaterThan(calls + callBudget.reserve);
    expect(outcomes.filter((outcome) => outcome === 'retried')).toHaveLength(requests - calls);
    expect(outcomes).toContain('budget');
  });

  it.each([
    [400, 'ThrottlingException', 6],
    [400, 'TransactionConflictException', 6],
    [400, 'ConditionalCheckFailedException', 1],
    [400, 'ValidationException', 1],
    [400, 'AccessDeniedException', 1],
  ])('are repeated where that helps: %d %s, %d requests', async (status, type, expected) => {
    refusal = { status, type };
    expect(await call()).toEqual({ name: type, attempts: expected });
    expect(requests).toBe(expected);
  });

  it('are given up at their deadline', async () => {
    refusal = { status: 500, type: 'InternalServerError', headers: { 'retry-after': '2' } };
    policy = { ...policy, deadlineMs: 500 };
    expect(await call()).toMatchObject({ attempts: 1 });
    expect(outcomes).toEqual(['deadline']);
  });

  it.each([
    [500, 'InternalServerError'],
    [400, 'ThrottlingException'],
  ])('are not made for tasks, whose retriers decide: %d %s', async (status, type) => {
    refusal = { status, type };
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint());
    const tasks = new ServiceTasks({ clients, now: Date.now });
    const outcome = await tasks.invoke(serviceTask('dynamodb:getItem', ITEM), never);
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(requests).toBe(1);
  });
});
