import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type ServiceError, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { readRateLimits } from '../../lib/resilience/rate-limit.ts';
import { GuardedServer } from './auth/guarded-server.ts';
import { ForeignClient } from './grpc/foreign-client.ts';

const give = { StartAt: 'Give', States: { Give: { Type: 'Pass', End: true } } };

function limitPath(name: string): string {
  return `/v1/rate-limits/${encodeURIComponent(name)}`;
}

test('a limit is set, read, listed and removed while the engine runs', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished, {
    rateLimits: readRateLimits({ 'tenant:*': { rate: 50, burst: 100 } }),
  });
  const put = await server.own('PUT', limitPath('target:https://api.example.com'), { rate: 0.5 });
  expect(put).toMatchObject({
    status: 200,
    body: { name: 'target:https://api.example.com', rate: 0.5, burst: 1, isDefault: false },
  });
  await server.own('PUT', limitPath('tenant:acme'), { rate: 5, burst: 7 });
  expect((await server.own('GET', '/v1/rate-limits')).body.items).toEqual([
    put.body,
    { name: 'tenant:*', rate: 50, burst: 100, isDefault: true },
    { name: 'tenant:acme', rate: 5, burst: 7, isDefault: false },
  ]);
  const page = (await server.own('GET', '/v1/rate-limits?limit=2')).body;
  expect(page).toMatchObject({ items: [{}, {}], next: 'tenant:*' });
  expect((await server.own('DELETE', limitPath('tenant:acme'))).status).toBe(204);
  expect(await server.own('GET', limitPath('tenant:acme'))).toMatchObject({
    status: 404,
    body: { code: 'Knhk.RateLimitNotFound' },
  });
  expect((await server.own('GET', limitPath('tenant:*'))).body.isDefault).toBe(true);
  for (const [name, body] of [
    ['tenant:a--b', { rate: 1 }],
    ['pool:a', { rate: 1 }],
    ['tenant:acme', { rate: 0 }],
    ['tenant:acme', { rate: 1, burst: 2_000_000 }],
  ] as const) {
    expect(await server.own('PUT', limitPath(name), body)).toMatchObject({
      status: 400,
      body: { code: 'Knhk.RateLimitInvalid' },
    });
  }
});

test('only those may set limits who may do that to everything', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const { secret } = await server.key('api', ['ratelimits:*', 'executions:*'], { tenant: 'acme' });
  expect((await server.call(secret, 'PUT', limitPath('tenant:acme'), { rate: 9 })).status).toBe(403);
  expect((await server.call(secret, 'GET', '/v1/rate-limits')).status).toBe(403);
  const reader = await server.key('api', ['ratelimits:read']);
  expect((await server.call(reader.secret, 'GET', '/v1/rate-limits')).status).toBe(200);
  expect((await server.call(reader.secret, 'PUT', limitPath('tenant:acme'), { rate: 9 })).status).toBe(403);
});

test('a key that is used too fast is told when to go on, and goes on then', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const { id, secret } = await server.key('api', ['*']);
  const other = await server.key('api', ['*']);
  expect((await server.call(secret, 'GET', '/v1/workflows')).headers.get('ratelimit')).toBeNull();
  await server.own('PUT', limitPath(`key:${id}`), { rate: 2, burst: 2 });
  const first = await server.call(secret, 'GET', '/v1/workflows');
  expect(first.status).toBe(200);
  expect(first.headers.get('ratelimit-policy')).toBe('"key";q=2;w=1');
  expect(first.headers.get('ratelimit')).toBe('"key";r=1;t=1');
  // Also what the key may not find counts.
  expect((await server.call(secret, 'GET', '/v1/workflows/none')).status).toBe(404);
  const refused = await server.call(secret, 'GET', '/v1/workflows');
  expect(refused).toMatchObject({ status: 429, body: { code: 'Knhk.RateExceeded', status: 429 } });
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.headers.get('ratelimit')).toBe('"key";r=0;t=1');
  expect((await server.call(other.secret, 'GET', '/v1/workflows')).status).toBe(200);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(refused.headers.get('retry-after'))));
  expect((await server.call(secret, 'GET', '/v1/workflows')).status).toBe(200);
});

test('each tenant has its own tokens, whoever calls for it; one of its own limit goes by that', async ({
  onTestFinished,
}) => {
  const server = await GuardedServer.start(onTestFinished, {
    rateLimits: readRateLimits({ 'tenant:*': { rate: 0.01, burst: 2 } }),
  });
  const keys = [
    await server.key('api', ['*'], { tenant: 'acme' }),
    await server.key('api', ['*'], { tenant: 'acme' }),
    await server.key('api', ['*'], { tenant: 'other' }),
    await server.key('api', ['*']),
  ];
  const read = async (key: number, path = '/v1/workflows') =>
    (await server.call(keys[key]?.secret, 'GET', path)).status;
  expect([await read(0), await read(1), await read(0), await read(1)]).toEqual([200, 200, 429, 429]);
  expect(await read(2)).toBe(200);
  // Of a key without a tenant, what it asks for tells.
  expect([await read(3, '/v1/workflows/other--x'), await read(3, '/v1/workflows/other--x')]).toEqual([404, 429]);
  expect(await read(3)).toBe(200);
  await server.own('PUT', limitPath('tenant:acme'), { rate: 0.01, burst: 3 });
  expect(await read(0)).toBe(200);
  expect(await read(0)).toBe(429);
});

test('clients of Step Functions are throttled in their own words, and go on by themselves', async ({
  onTestFinished,
}) => {
  const server = await GuardedServer.start(onTestFinished);
  const key = await server.key('access', ['*']);
  await server.own('PUT', '/v1/workflows/give', { definition: give });
  await server.own('PUT', limitPath('key:*'), { rate: 0.01, burst: 2 });
  const impatient = server.client(key, onTestFinished);
  const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:give';
  const start = (client: typeof impatient) => client.send(new StartExecutionCommand({ stateMachineArn }));
  const began = await Promise.allSettled(Array.from({ length: 4 }, () => start(impatient)));
  const refused = began.filter((end) => end.status === 'rejected');
  expect(refused).toHaveLength(2);
  expect(refused[0]?.reason).toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 400 },
  });
  await server.own('PUT', limitPath('key:*'), { rate: 1, burst: 1 });
  const patient = new SFNClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
    disableHostPrefix: true,
    maxAttempts: 10,
  });
  onTestFinished(() => patient.destroy());
  const ended = await Promise.all(Array.from({ length: 3 }, () => start(patient)));
  expect(ended.some(({ $metadata: { attempts = 1 } }) => attempts > 1)).toBe(true);
});

test('calls of gRPC are told that the resource is exhausted, and for how long', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const { secret } = await server.key('api', ['*']);
  await server.own('PUT', limitPath('key:*'), { rate: 0.5, burst: 1 });
  const [workflows, health] = [
    new ForeignClient(server.url, 'knhk.v1.WorkflowService'),
    new ForeignClient(server.url, 'grpc.health.v1.Health'),
  ];
  onTestFinished(() => [workflows, health].forEach((client) => void client.close()));
  const headers = { authorization: `Bearer ${secret}` };
  const list = () => workflows.call('listWorkflows', {}, { headers });
  await list();
  const error: ServiceError = await list().then(
    () => expect.fail('It was not refused.'),
    (refused) => refused,
  );
  expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(error.metadata.get('knhk-code')).toEqual(['Knhk.RateExceeded']);
  const [pushback] = error.metadata.get('grpc-retry-pushback-ms');
  expect(Number(pushback)).toBeGreaterThan(0);
  expect(Number(pushback)).toBeLessThanOrEqual(2_000);
  await health.call('check', {});
  await new Promise((resolve) => setTimeout(resolve, Number(pushback)));
  await list();
});
