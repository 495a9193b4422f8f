import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { SystemClock } from '../../../lib/adapters/system/index.ts';
import { jwt } from '../../../lib/api/auth/jwt.ts';
import { BadJwtSettings, type JwtSettings } from '../../../lib/api/auth/jwt-settings.ts';
import { Issuer } from './issuer.ts';

const settings = (issuer: string, more: Partial<JwtSettings> = {}) =>
  jwt({ issuer, audience: ['knhk'], clock: new SystemClock(), cooldownMs: 0, ...more });

const bearer = (token: string) =>
  new Request('http://localhost/v1/workflows', { headers: { authorization: `Bearer ${token}` } });

const minutes = (n: number) => Math.floor(Date.now() / 1000) + n * 60;

describe('a token of the issuer', () => {
  test('tells who calls, what they may, and their tenant', async ({ onTestFinished }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url, { tenantClaim: 'org' });
    const token = await issuer.token({
      scope: 'openid executions:start:a-* workitems',
      scp: ['tasks:report'],
      org: 'acme',
    });
    expect(await one.authenticate(bearer(token), {})).toEqual({
      kind: 'token',
      subject: 'anna',
      issuer: issuer.url,
      tenant: 'acme',
      scopes: [
        { area: 'executions', verb: 'start', names: 'a-*' },
        { area: 'workitems', verb: '*', names: '*' },
        { area: 'tasks', verb: 'report', names: '*' },
      ],
    });
  });

  test('counts scopes with their prefix only, in the claims that are named', async ({ onTestFinished }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url, { scopePrefix: 'knhk/', scopeClaims: ['permissions'] });
    const token = await issuer.token({ permissions: ['knhk/events:send', 'workflows'], scope: 'knhk/keys' });
    expect(await one.authenticate(bearer(token), {})).toMatchObject({
      scopes: [{ area: 'events', verb: 'send', names: '*' }],
    });
  });

  test('without the tenant that it should have is refused, not taken for one above tenants', async ({
    onTestFinished,
  }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url, { tenantClaim: 'org' });
    for (const org of [undefined, '', 'a--b', 7]) {
      const token = await issuer.token({ scope: '*', ...(org === undefined ? {} : { org }) });
      await expect(one.authenticate(bearer(token), {})).rejects.toMatchObject({ reason: 'credentialsInvalid' });
    }
  });

  test('is refused when it has expired, beyond a minute', async ({ onTestFinished }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url);
    const late = await issuer.token({}, { expires: minutes(-0.5) });
    await expect(one.authenticate(bearer(late), {})).resolves.toMatchObject({ subject: 'anna' });
    const expired = await issuer.token({}, { expires: minutes(-2) });
    await expect(one.authenticate(bearer(expired), {})).rejects.toMatchObject({ reason: 'credentialsExpired' });
  });

  test.each([
    ['for another audience', { aud: 'another' }],
    ['of another issuer', { iss: 'https://issuer.example.com' }],
    ['that is not valid yet', { nbf: minutes(5) }],
    ['of nobody', { sub: undefined }],
  ])('is refused: %s', async (_what, claims) => {
    const cleanups: (() => unknown)[] = [];
    const issuer = await Issuer.start((cleanup) => void cleanups.push(cleanup as () => unknown));
    const token = await issuer.token(claims as JWTPayload);
    await expect(settings(issuer.url).authenticate(bearer(token), {})).rejects.toMatchObject({
      reason: 'credentialsInvalid',
    });
    for (const cleanup of cleanups) cleanup();
  });

  test('without a signature, with a shared secret, or changed, is refused', async ({ onTestFinished }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url);
    const claims = { iss: issuer.url, aud: 'knhk', sub: 'anna', scope: '*' };
    const shared = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first' }).setExpirationTime('5m');
    const [head = '', body = '', signature = ''] = (await issuer.token({ scope: 'events' })).split('.');
    const changed = Buffer.from(Buffer.from(body, 'base64url').toString().replace('events', 'keys')).toString(
      'base64url',
    );
    for (const token of [
      `${new UnsecuredJWT(claims).setExpirationTime('5m').encode()}x`,
      await shared.sign(new TextEncoder().encode('a secret that both sides would have to know')),
      `${head}.${changed}.${signature}`,
      `${head}.${body}.${'A'.repeat(86)}`,
    ]) {
      await expect(one.authenticate(bearer(token), {})).rejects.toMatchObject({ reason: 'credentialsInvalid' });
    }
  });

  test('of a key that came with a rotation is accepted at once, one of a withdrawn key is not', async ({
    onTestFinished,
  }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url);
    const old = await issuer.token({});
    for (let i = 0; i < 3; i += 1) await one.authenticate(bearer(old), {});
    expect(issuer.fetches).toBe(1);
    await issuer.rotate('second', 'RS256');
    await one.authenticate(bearer(await issuer.token({})), {});
    expect(issuer.fetches).toBe(2);
    await expect(one.authenticate(bearer(old), {})).rejects.toMatchObject({ reason: 'credentialsInvalid' });
  });

  test('of a made-up key makes the keys be fetched once within the cooldown', async ({ onTestFinished }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url, { cooldownMs: 60_000 } as Partial<JwtSettings>);
    await one.authenticate(bearer(await issuer.token({})), {});
    for (let i = 0; i < 5; i += 1) {
      const token = await issuer.token({}, { kid: `made-up-${i}` });
      await expect(one.authenticate(bearer(token), {})).rejects.toMatchObject({ reason: 'credentialsInvalid' });
    }
    expect(issuer.fetches).toBe(1);
  });

  test('cannot be judged while the issuer does not answer, which is not the caller’s fault', async ({
    onTestFinished,
  }) => {
    const issuer = await Issuer.start(onTestFinished);
    const one = settings(issuer.url);
    issuer.isDown = true;
    const token = await issuer.token({});
    await expect(one.authenticate(bearer(token), {})).rejects.toMatchObject({ reason: 'issuerUnavailable' });
    issuer.isDown = false;
    await expect(one.authenticate(bearer(token), {})).resolves.toMatchObject({ subject: 'anna' });
  });
});

test('what is no token is left to others', async ({ onTestFinished }) => {
  const issuer = await Issuer.start(onTestFinished);
  const one = settings(issuer.url);
  expect(await one.authenticate(new Request('http://localhost/'), {})).toBeUndefined();
  expect(await one.authenticate(bearer('knhk_0123456789abcdef_key'), {})).toBeUndefined();
  expect(issuer.fetches).toBe(0);
});

test.each<Partial<JwtSettings>>([
  { issuer: 'http://issuer.example.com' },
  { issuer: 'issuer' },
  { audience: [] },
  { audience: [''] },
  { algorithms: ['HS256'] },
  { algorithms: ['none'] },
])('settings that are not safe are refused: %j', (more) => {
  expect(() => settings('https://issuer.example.com', more)).toThrow(BadJwtSettings);
});
