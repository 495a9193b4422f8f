import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitions } from '../running-api.ts';
import { GuardedServer } from './guarded-server.ts';
import { Issuer } from './issuer.ts';

const definition = definitions.pass();

describe('who does not say who they are', () => {
  test('is told how to, and learns nothing else', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const asked = await server.call(undefined, 'GET', '/v1/workflows');
    expect(asked).toMatchObject({ status: 401, body: { code: 'Knhk.CredentialsMissing' } });
    expect(asked.headers.get('www-authenticate')).toBe('Bearer realm="knhk", AWS4-HMAC-SHA256');
    const wrong = await server.call(`knhk_0123456789abcdef_${'A'.repeat(43)}`, 'GET', '/v1/workflows');
    expect(wrong).toMatchObject({ status: 401, body: { code: 'Knhk.CredentialsInvalid' } });
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer realm="knhk", error="invalid_token", AWS4-HMAC-SHA256');
    expect((await server.call(undefined, 'GET', '/health')).status).toBe(200);
    const refused = server.audit.map(({ operation, outcome, code }) => [operation, outcome, code]);
    expect(refused).toEqual([
      ['GET /v1/workflows', 'refused', 'Knhk.CredentialsMissing'],
      ['GET /v1/workflows', 'refused', 'Knhk.CredentialsInvalid'],
    ]);
  });
});

describe('an API key', () => {
  test('reaches what its scopes name, and nothing tells whether the rest exists', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    for (const name of ['order', 'secret']) await server.own('PUT', `/v1/workflows/${name}`, { definition });
    await server.own('POST', '/v1/workflows/secret/executions', { name: 'run' });
    const { secret } = await server.key('api', ['workflows:*:order', 'executions:*:order']);
    const call = (method: string, path: string, body?: object) => server.call(secret, method, path, body);
    expect((await call('GET', '/v1/workflows/order')).status).toBe(200);
    expect((await call('POST', '/v1/workflows/order/executions?wait=5', { name: 'A-1' })).body.status).toBe(
      'SUCCEEDED',
    );
    expect((await call('GET', '/v1/workflows')).body.items.map(({ name }: { name: string }) => name)).toEqual([
      'order',
    ]);
    const executions = (await call('GET', '/v1/executions')).body.items;
    expect(executions.map(({ workflow }: { workflow: string }) => workflow)).toEqual(['order']);
    const answers = [];
    for (const [method, path] of [
      ['GET', '/v1/workflows/secret'],
      ['GET', '/v1/workflows/missing'],
      ['GET', '/v1/workflows/secret/executions/run'],
      ['GET', '/v1/workflows/secret/executions/missing'],
      ['GET', '/v1/executions?workflow=secret'],
      ['DELETE', '/v1/workflows/missing'],
      ['GET', '/v1/work-items'],
      ['POST', '/v1/tasks/none/heartbeat'],
    ] as const) {
      const { status, body } = await call(method, path);
      answers.push([status, body.code]);
    }
    expect(answers).toEqual(answers.map(() => [403, 'Knhk.AccessDenied']));
  });

  test('is kept as a hash only', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const api = await server.key('api', ['workflows:list']);
    const access = await server.key('access', ['workflows:list']);
    const files = ['knhk.db', 'knhk.db-wal', 'secrets.key'].map((name) => join(server.dataDir, name));
    const stored = Buffer.concat(await Promise.all(files.map((file) => readFile(file).catch(() => Buffer.alloc(0)))));
    expect(stored.includes(api.id)).toBe(true);
    expect(stored.includes(access.id)).toBe(true);
    for (const { secret } of [api, access]) expect(stored.includes(secret.slice(-43))).toBe(false);
    expect((await stat(join(server.dataDir, 'secrets.key'))).mode & 0o777).toBe(0o600);
    const listed = await server.own('GET', '/v1/api-keys');
    expect(listed.body.items).toEqual([
      {
        id: api.id,
        name: 'test',
        scopes: ['workflows:list'],
        createdBy: 'command line',
        createdAt: expect.any(String),
      },
    ]);
  });

  test('expires', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const past = { name: 'old', scopes: ['*'], expiresAt: '2020-01-01T00:00:00Z' };
    expect((await server.own('POST', '/v1/api-keys', past)).status).toBe(400);
    const expiresAt = new Date(Date.now() + 250).toISOString();
    const { secret } = await server.key('api', ['workflows:list'], { expiresAt });
    await expect
      .poll(async () => (await server.call(secret, 'GET', '/v1/workflows')).body.code, { interval: 50 })
      .toBe('Knhk.CredentialsExpired');
  });

  test('gives away no more than it has', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const { secret } = await server.key('api', ['keys', 'executions:start:order-*'], { tenant: 'acme' });
    const make = async (scopes: readonly string[], more: object = {}) => {
      const { status, body } = await server.call(secret, 'POST', '/v1/api-keys', { name: 'next', scopes, ...more });
      return status === 201 ? body.tenant : body.code;
    };
    expect(await make(['executions:start:order-eu-*'])).toBe('acme');
    expect(await make(['executions:start'])).toBe('Knhk.AccessDenied');
    expect(await make(['executions:stop:order-eu'])).toBe('Knhk.AccessDenied');
    expect(await make(['keys'], { tenant: 'other' })).toBe('Knhk.AccessDenied');
    expect(await make(['nonsense'])).toBe('Knhk.ScopeInvalid');
    const foreign = await server.key('api', ['*']);
    const listed = await server.call(secret, 'GET', '/v1/api-keys');
    expect(listed.body.items.map(({ tenant }: { tenant: string }) => tenant)).toEqual(['acme', 'acme']);
    expect((await server.call(secret, 'DELETE', `/v1/api-keys/${foreign.id}`)).body.code).toBe('Knhk.KeyNotFound');
  });
});

describe('a tenant', () => {
  test('reaches its own, whatever its scopes say', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const acme = (await server.key('api', ['*'], { tenant: 'acme' })).secret;
    const other = (await server.key('api', ['*'], { tenant: 'other' })).secret;
    const put = (key: string, name: string) => server.call(key, 'PUT', `/v1/workflows/${name}`, { definition });
    expect((await put(acme, 'acme--order')).status).toBe(201);
    expect((await put(other, 'other--order')).status).toBe(201);
    for (const name of ['order', 'other--order', 'acme']) expect((await put(acme, name)).status).toBe(403);
    const { body } = await server.call(acme, 'POST', '/v1/workflows/acme--order/executions', { name: 'run' });
    expect((await server.call(other, 'GET', '/v1/workflows/acme--order/executions/run')).status).toBe(403);
    expect((await server.call(other, 'GET', '/v1/executions')).body.items).toEqual([]);
    expect((await server.call(acme, 'GET', '/v1/executions')).body.items).toMatchObject([{ arn: body.arn }]);
  });

  test('cannot have its workflows start those of another tenant, or hand work to its workers', async ({
    onTestFinished,
  }) => {
    const server = await GuardedServer.start(onTestFinished);
    const arn = (kind: string, name: string) => `arn:aws:states:us-east-1:000000000000:${kind}:${name}`;
    for (const tenant of ['acme', 'other']) {
      await server.own('PUT', `/v1/workflows/${tenant}--order`, { definition });
      await server.own('POST', '/v1/activities', { name: `${tenant}--print` });
    }
    const { secret } = await server.key('api', ['*'], { tenant: 'acme' });
    const task = (fields: object) => ({ StartAt: 'Do', States: { Do: { Type: 'Task', ...fields, End: true } } });
    const start = (name: string) =>
      task({
        Resource: 'arn:aws:states:::states:startExecution',
        Parameters: { StateMachineArn: arn('stateMachine', name) },
      });
    const print = (name: string) => task({ Resource: arn('activity', name), TimeoutSeconds: 1 });
    for (const [doing, end] of [
      [start('acme--order'), { status: 'SUCCEEDED' }],
      [start('other--order'), { status: 'FAILED', error: 'StepFunctions.AccessDeniedException' }],
      [print('acme--print'), { status: 'FAILED', error: 'States.Timeout' }],
      [print('other--print'), { status: 'FAILED', error: 'States.Runtime' }],
    ] as const) {
      await server.call(secret, 'PUT', '/v1/workflows/acme--reach', { definition: doing });
      const run = await server.call(secret, 'POST', '/v1/workflows/acme--reach/executions?wait=10', {});
      expect(run.body).toMatchObject(end);
    }
  });

  test('cannot have its workflows call what is another tenant’s', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    await server.own('PUT', '/v1/workflows/other--order', { definition });
    const { secret } = await server.key('api', ['*'], { tenant: 'acme' });
    const spy = (name: string) => ({
      StartAt: 'Look',
      States: {
        Look: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:sfn:describeStateMachine',
          Parameters: { StateMachineArn: `arn:aws:states:us-east-1:000000000000:stateMachine:${name}` },
          End: true,
        },
      },
    });
    for (const [name, end] of [
      ['acme--spy', { status: 'SUCCEEDED' }],
      ['other--order', { status: 'FAILED', error: 'Sfn.AccessDeniedException' }],
    ] as const) {
      await server.call(secret, 'PUT', '/v1/workflows/acme--spy', { definition: spy(name) });
      const run = await server.call(secret, 'POST', '/v1/workflows/acme--spy/executions?wait=10', {});
      expect(run.body).toMatchObject(end);
    }
  });
});

test('the audit log tells who did what, with what outcome', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const { id, secret } = await server.key('api', ['workflows:*:order', 'executions:start:order']);
  await server.call(secret, 'PUT', '/v1/workflows/order', { definition });
  await server.call(secret, 'GET', '/v1/workflows/order');
  await server.call(secret, 'POST', '/v1/workflows/order/executions', { name: 'A-1' });
  await server.call(secret, 'POST', '/v1/workflows/order/executions', { name: 'A-1', input: { other: true } });
  await server.call(secret, 'POST', '/v1/workflows/order/executions/A-1/stop', {});
  const lines = server.audit.map(({ operation, actions, objects, outcome, code, result, principal, principalKind }) => {
    return { operation, actions, objects, outcome, code, result, principal, principalKind };
  });
  const who = { principal: id, principalKind: 'apiKey', objects: ['order'] };
  expect(lines).toEqual([
    expect.objectContaining({ operation: 'createApiKey', principal: 'command line', result: `/v1/api-keys/${id}` }),
    {
      ...who,
      operation: 'putWorkflow',
      actions: ['workflows:create', 'workflows:update'],
      outcome: 'done',
      result: '/v1/workflows/order',
    },
    {
      ...who,
      operation: 'startExecution',
      actions: ['executions:start'],
      outcome: 'done',
      result: '/v1/workflows/order/executions/A-1',
    },
    {
      ...who,
      operation: 'startExecution',
      actions: ['executions:start'],
      outcome: 'refused',
      code: 'Knhk.ExecutionExists',
    },
    { ...who, operation: 'stopExecution', actions: ['executions:stop'], outcome: 'refused', code: 'Knhk.AccessDenied' },
  ]);
  expect(server.audit.every(({ at, requestId }) => typeof at === 'string' && typeof requestId === 'string')).toBe(true);
  expect(JSON.stringify(server.audit)).not.toContain(secret);
});

test('the audit log tells which pool, breaker, limit, participant or key was changed', async ({ onTestFinished }) => {
  const server = await GuardedServer.start(onTestFinished);
  const { secret } = await server.key('api', ['*']);
  const { id } = await server.key('access', ['executions:*']);
  const { length } = server.audit;
  const calls: readonly (readonly [string, string, object?])[] = [
    ['PUT', '/v1/pools/workflow%3Aorder', { limit: 2 }],
    ['DELETE', '/v1/pools/workflow%3Aorder'],
    ['POST', '/v1/breakers/https%3A%2F%2Fapi.example.com/open'],
    ['PUT', '/v1/rate-limits/tenant%3A*', { rate: 100 }],
    ['PUT', '/v1/participants/kim', { roles: ['clerk'] }],
    ['DELETE', `/v1/access-keys/${id}`],
  ];
  for (const [method, path, body] of calls) {
    expect((await server.call(secret, method, path, body)).status, path).toBeLessThan(300);
  }
  expect(server.audit.slice(length).map(({ operation, objects }) => [operation, objects])).toEqual([
    ['putPool', ['workflow:order']],
    ['deletePool', ['workflow:order']],
    ['openBreaker', ['https://api.example.com']],
    ['putRateLimit', ['tenant:*']],
    ['putParticipant', ['kim']],
    ['revokeAccessKey', [id]],
  ]);
});

test('tokens of the issuer go through the whole API', async ({ onTestFinished }) => {
  const issuer = await Issuer.start(onTestFinished);
  const authentication = { methods: new Set(['jwt'] as const), jwt: { issuer: issuer.url, audience: ['knhk'] } };
  const server = await GuardedServer.start(onTestFinished, { authentication });
  const token = await issuer.token({ scope: 'openid workflows:*:order' });
  expect((await server.call(token, 'PUT', '/v1/workflows/order', { definition })).status).toBe(201);
  expect((await server.call(token, 'PUT', '/v1/workflows/other', { definition })).status).toBe(403);
  expect((await server.call(undefined, 'GET', '/v1/workflows')).status).toBe(401);
  const { secret } = await server.key('api', ['*']);
  expect((await server.call(secret, 'GET', '/v1/workflows')).status).toBe(401);
});

describe('pages of other origins', () => {
  const preflight = { 'access-control-request-method': 'POST', origin: 'https://app.example.com' };

  test('are told nothing by default', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    for (const request of [{ method: 'OPTIONS', headers: preflight }, { headers: { origin: preflight.origin } }]) {
      const { headers } = await fetch(`${server.url}/v1/workflows`, request);
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('may call where they are listed', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished, { corsOrigins: ['https://app.example.com'] });
    const asked = await fetch(`${server.url}/v1/workflows`, { method: 'OPTIONS', headers: preflight });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    const { secret } = await server.key('api', ['workflows:list']);
    const headers = { origin: preflight.origin, authorization: `Bearer ${secret}` };
    const answer = await fetch(`${server.url}/v1/workflows`, { headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://app.example.com',
    ]);
    const stranger = await fetch(`${server.url}/v1/workflows`, {
      headers: { ...headers, origin: 'https://evil.example' },
    });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('requests that are too much', () => {
  test('are refused: nested too deeply, or with too long headers', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const { secret } = await server.key('api', ['*']);
    await server.own('PUT', '/v1/workflows/order', { definition });
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const deep = `{"input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const url = `${server.url}/v1/workflows/order/executions`;
    const nested = await fetch(url, { method: 'POST', headers, body: deep });
    expect(nested.status).toBe(400);
    const long = await fetch(url, { headers: { ...headers, 'x-long': 'x'.repeat(20_000) } });
    expect(long.status).toBe(431);
  });
});
