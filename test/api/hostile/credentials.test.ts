import process from 'node:process';
import { ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../../../lib/api/errors.ts';
import { GuardedServer } from '../auth/guarded-server.ts';
import { Issuer } from '../auth/issuer.ts';

/** Keys, tokens and signatures that are nearly right: nobody gets in by one, and the server goes on. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 20) * 3;
const cleanups: (() => unknown)[] = [];
/** Headers of requests that are let in. */
const valid: Record<string, Record<string, string>> = {};
let server: GuardedServer;

beforeAll(async () => {
  const cleanup = (one: unknown) => void cleanups.unshift(one as () => unknown);
  const issuer = await Issuer.start(cleanup);
  const methods = new Set(['api-keys', 'access-keys', 'jwt'] as const);
  const jwt = { issuer: issuer.url, audience: ['knhk'] };
  server = await GuardedServer.start(cleanup, { authentication: { methods, jwt } });
  const { secret } = await server.key('api', ['*']);
  valid['an API key'] = { authorization: `Bearer ${secret}` };
  valid['an API key in a header of its own'] = { 'x-api-key': secret };
  valid['a token'] = { authorization: `Bearer ${await issuer.token({ scope: '*' }, { expires: '1h' })}` };
  const client = server.client(await server.key('access', ['*']), cleanup);
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      valid['a signature'] = { ...headers };
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await client.send(new ListStateMachinesCommand({}));
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const kinds = ['an API key', 'an API key in a header of its own', 'a token', 'a signature'];

function send(kind: string, headers: Record<string, string>): Promise<Response> {
  if (kind === 'a signature') return fetch(`${server.url}/`, { method: 'POST', headers, body: '{}' });
  return fetch(`${server.url}/v1/workflows`, { headers });
}

/** What says who somebody is. */
const SPEAKING = /^(authorization|x-api-key|x-amz-.*|host|content-type)$/;
const noise = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aZ0_-.=/+, ;:"\\'), maxLength: 30 }),
  fc.constantFrom('Bearer ', '..', 'knhk_', 'AWS4-HMAC-SHA256 ', 'Credential=', '=', '\u00e4', 'A'.repeat(3_000)),
);
const change = fc.record({
  header: fc.nat(),
  kind: fc.constantFrom('cut', 'insert', 'replace', 'swap', 'double', 'none'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(20),
  noise,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(headers: Record<string, string>, { header, kind, at, length, noise: text }: Change) {
  const names = Object.keys(headers).filter((name) => SPEAKING.test(name) && name !== 'host');
  const name = names[header % names.length] ?? '';
  const value = headers[name] ?? '';
  const [before, after] = [value.slice(0, at * value.length), value.slice(at * value.length)];
  const values = {
    cut: before + after.slice(length + 1),
    insert: before + text + after,
    replace: before + text + after.slice(text.length),
    swap: after + before,
    double: value + value,
    none: '',
  };
  return { ...headers, [name]: values[kind] };
}

const REFUSALS = (['credentialsMissing', 'credentialsInvalid', 'credentialsExpired', 'signatureInvalid'] as const).map(
  codeOf,
);
const isRefusal = (code: unknown) =>
  REFUSALS.includes(String(code)) ||
  /^(MissingAuthenticationToken|IncompleteSignature|InvalidSignature|UnrecognizedClient|InvalidClientTokenId|AccessDenied|ExpiredToken|InvalidToken)/.test(
    String(code),
  );

describe.each(kinds)('%s', (kind) => {
  test('is let in as it is', async () => {
    expect((await send(kind, valid[kind] ?? {})).status).toBe(200);
  });

  test('is refused when it has been changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const original = valid[kind] ?? {};
        const headers = changes.reduce(changed, original);
        const isSame = Object.entries(original).every(([name, value]) => (headers[name] ?? '').trim() === value);
        fc.pre(!isSame && !areEquivalent(kind, headers, original));
        const response = await send(kind, headers);
        const text = await response.text();
        expect([response.status >= 400 && response.status < 500, text], JSON.stringify(headers)).toEqual([true, text]);
        const { code, __type } = JSON.parse(text);
        // A content type that is none is refused before anybody is asked.
        const isForm = response.status === 415 || response.status === 404;
        expect(isRefusal(code ?? __type) || isForm, text).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect((await send(kind, valid[kind] ?? {})).status).toBe(200);
  });
});

/** Spaces and the case of `Bearer` mean nothing; what is not signed may be anything. */
function areEquivalent(kind: string, headers: Record<string, string>, original: Record<string, string>): boolean {
  if (kind === 'a signature') {
    const signed = /SignedHeaders=([^,]*)/.exec(original['authorization'] ?? '')?.[1]?.split(';') ?? [];
    const said = [...signed, 'authorization'];
    return said.every((name) => plain(headers[name]) === plain(original[name]));
  }
  return Object.keys(original).every((name) => plain(headers[name]) === plain(original[name]));
}

function plain(value: string | undefined): string {
  return (value ?? '')
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replace(/^bearer /i, 'Bearer ');
}
