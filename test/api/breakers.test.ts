import { describe, expect, it } from 'vitest';
import { readBreakerPolicies } from '../../lib/resilience/breaker-policy.ts';
import { GuardedServer } from './auth/guarded-server.ts';

const target = 'https://api.example.com';
const path = `/v1/breakers/${encodeURIComponent(target)}`;

describe('circuit breakers over REST', () => {
  it('have policies, states and transitions that can be looked at and changed', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    expect((await server.own('GET', '/v1/breakers')).body).toEqual({ items: [] });
    expect(await server.own('GET', path)).toMatchObject({ status: 404, body: { code: 'Knhk.BreakerNotFound' } });
    const policy = { failureRatio: 0.3, whenOpen: 'park', ignoreErrors: ['Shop.*'] };
    expect(await server.own('PUT', `${path}/policy`, policy)).toMatchObject({
      status: 200,
      body: { ...policy, minimumCalls: 20, enabled: true },
    });
    expect((await server.own('GET', '/v1/breakers')).body.items).toMatchObject([
      { target, state: 'closed', held: false, calls: 0, policy },
    ]);
    const opened = await server.own('POST', `${path}/open`);
    expect(opened.body).toMatchObject({
      state: 'open',
      held: true,
      transitions: [{ to: 'open', why: 'command line opened it' }],
    });
    expect(opened.body).not.toHaveProperty('until');
    expect((await server.own('POST', `${path}/close`)).body).toMatchObject({ state: 'closed', held: true });
    expect((await server.own('POST', `${path}/reset`)).body).toMatchObject({ state: 'closed', held: false });
    expect((await server.own('DELETE', `${path}/policy`)).status).toBe(204);
    expect((await server.own('DELETE', `${path}/policy`)).status).toBe(404);
    const left = (await server.own('GET', path)).body;
    expect(left).not.toHaveProperty('policy');
    expect(left.transitions).toHaveLength(3);
  });

  it('have a policy for all that have none', async ({ onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    await server.own('PUT', '/v1/breakers/*/policy', { minimumCalls: 5 });
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:charge';
    const other = await server.own('GET', `/v1/breakers/${encodeURIComponent(functionArn)}`);
    expect(other.body).toMatchObject({ target: functionArn, state: 'closed', policy: { minimumCalls: 5 } });
    await server.own('PUT', `${path}/policy`, { enabled: false });
    expect((await server.own('GET', path)).body).not.toHaveProperty('policy');
    expect((await server.own('POST', '/v1/breakers/*/open')).body.code).toBe('Knhk.RequestInvalid');
  });

  it.for([
    [{ failureRatio: 0 }, 'body.failureRatio'],
    [{ minimumCalls: 0 }, 'body.minimumCalls'],
    [{ whenOpen: 'wait' }, 'body.whenOpen'],
    [{ openSecond: 1 }, 'openSecond'],
  ] as const)('refuse the policy %j', async ([policy, at], { onTestFinished }) => {
    const server = await GuardedServer.start(onTestFinished);
    const { status, body } = await server.own('PUT', `${path}/policy`, policy);
    expect(status).toBe(400);
    expect(body.detail).toContain(at);
  });

  it('are for callers with permission, and for no tenant, whom they would let at all others', async ({
    onTestFinished,
  }) => {
    const server = await GuardedServer.start(onTestFinished);
    const [reader, writer, tenant] = await Promise.all([
      server.key('api', ['breakers:read:*']),
      server.key('api', ['breakers:*:*']),
      server.key('api', ['*'], { tenant: 'acme' }),
    ]);
    expect((await server.call(reader.secret, 'GET', '/v1/breakers')).status).toBe(200);
    expect((await server.call(reader.secret, 'POST', `${path}/open`)).status).toBe(403);
    expect((await server.call(writer.secret, 'POST', `${path}/open`)).status).toBe(200);
    for (const [method, at] of [
      ['GET', '/v1/breakers'],
      ['POST', `${path}/reset`],
    ] as const) {
      expect((await server.call(tenant.secret, method, at)).status).toBe(403);
    }
    expect(server.audit.map(({ operation }) => operation)).toContain('openBreaker');
  });

  it('come from the configuration, too', async ({ onTestFinished }) => {
    const breakers = readBreakerPolicies({ [target]: { minimumCalls: 7 } });
    const server = await GuardedServer.start(onTestFinished, { breakers });
    expect((await server.own('GET', path)).body.policy).toMatchObject({ minimumCalls: 7 });
  });
});
