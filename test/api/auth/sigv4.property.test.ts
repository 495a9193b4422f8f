import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_SKEW_MS, readSignature, SignatureRefused, verifySignature } from '../../../lib/api/auth/sigv4.ts';

const credentials = { accessKeyId: 'KNHK0123456789ABCDEF', secretAccessKey: 'a-secret/with+odd=characters' };
const region = 'eu-central-1';
const now = Date.UTC(2026, 0, 31, 12, 0, 0);

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    // Asserted: the signer gives texts and byte arrays only.
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The request as AWS's own signer signs it, and as it arrives over the wire. */
async function signed(sent: Sent, service = 'states', at = now): Promise<Request> {
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false });
  const { method, path, query } = sent;
  const body = method === 'GET' ? '' : sent.body;
  const headers = { host: 'engine.example.com', ...sent.headers };
  const request = { method, protocol: 'https:', hostname: 'engine.example.com', path, query, headers, body };
  const result = await signer.sign(request, { signingDate: new Date(at) });
  return arrived({ ...sent, headers: result.headers });
}

function arrived({ method, path, query, headers, body }: Sent): Request {
  const url = new URL(`https://engine.example.com${path}`);
  url.search = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  return new Request(url, { method, headers, ...(method === 'GET' ? {} : { body }) });
}

async function verify(request: Request, secret = credentials.secretAccessKey, at = now): Promise<void> {
  const signature = readSignature(request, { region, services: ['states'], now: at });
  verifySignature(request, signature, secret, new Uint8Array(await request.clone().arrayBuffer()));
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed());
// AWS's signer keeps parameters in an object, and signs nothing of that name.
const parameter = text.filter((name) => name !== '__proto__');
const headerValue = fc.string({ unit: fc.constantFrom(...'abc XYZ09,;=/"'), minLength: 1, maxLength: 20 });
const sent = fc.record({
  method: fc.constantFrom('POST', 'GET', 'PUT', 'DELETE'),
  path: fc.array(text, { maxLength: 4 }).map((parts) => {
    const encoded = parts.map((part) => encodeURIComponent(part)).filter((part) => part !== '.' && part !== '..');
    return new URL(`https://engine.example.com/${encoded.join('/')}`).pathname;
  }),
  query: fc.dictionary(parameter, text, { maxKeys: 4, noNullPrototype: true }),
  headers: fc.record({ 'x-amz-target': headerValue, 'content-type': headerValue }),
  body: text,
});

describe('requests that AWS’s own signer has signed', () => {
  test('are accepted, whatever stands in them', async () => {
    await fc.assert(
      fc.asyncProperty(sent, async (request) => {
        await verify(await signed(request));
      }),
      { numRuns: 300 },
    );
  });

  const changes: Readonly<Record<string, (request: Sent) => Sent>> = {
    'the body': (request) => ({ ...request, method: 'POST', body: `${request.body}x` }),
    'the path': (request) => ({ ...request, path: `${request.path}x` }),
    'a parameter': (request) => ({ ...request, query: { ...request.query, added: '1' } }),
    'the method': (request) => ({ ...request, method: request.method === 'PUT' ? 'POST' : 'PUT' }),
    'the action': (request) => ({ ...request, headers: { ...request.headers, 'x-amz-target': 'other' } }),
    'the host': (request) => ({ ...request, headers: { ...request.headers, host: 'other.example.com' } }),
  };
  test.each(Object.entries(changes))('are refused when %s has been changed on the way', async (_what, change) => {
    await fc.assert(
      fc.asyncProperty(sent, async (original) => {
        const request = await signed(original);
        const headers = Object.fromEntries(request.headers);
        await expect(verify(arrived(change({ ...original, headers })))).rejects.toThrow(SignatureRefused);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a signature', () => {
  const plain: Sent = {
    method: 'POST',
    path: '/',
    query: {},
    headers: { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' },
    body: '{}',
  };

  test('of another secret is refused', async () => {
    await expect(verify(await signed(plain), 'another')).rejects.toThrow('does not match');
  });

  test('counts for five minutes in both directions', async () => {
    for (const [late, isFine] of [
      [MAX_SKEW_MS, true],
      [-MAX_SKEW_MS, true],
      [MAX_SKEW_MS + 1_000, false],
      [-MAX_SKEW_MS - 1_000, false],
    ] as const) {
      const checked = verify(await signed(plain), undefined, now + late);
      await (isFine ? checked : expect(checked).rejects.toThrow('Set the clock'));
    }
  });

  test('for another region or service is refused', async () => {
    await expect(verify(await signed(plain, 'execute-api'))).rejects.toThrow('service states');
    const request = await signed(plain);
    expect(() => readSignature(request, { region: 'us-east-1', services: ['states'], now })).toThrow('us-east-1');
  });

  test.each([
    ['the host', 'host;', ''],
    ['the date', ';x-amz-date', ''],
    ['the action', ';x-amz-target', ''],
    ['a header twice', 'host;', 'host;host;'],
    ['a header that is not sent', 'host;', 'host;missing;'],
  ])('that leaves out %s, or names it, is refused', async (_what, from, to) => {
    const request = await signed(plain);
    const authorization = request.headers.get('authorization') ?? '';
    expect(authorization).toContain(from);
    request.headers.set('authorization', authorization.replace(from, to));
    await expect(verify(request)).rejects.toThrow(SignatureRefused);
  });

  test.each([
    'AWS4-HMAC-SHA256',
    'AWS4-HMAC-SHA256 Credential=a',
    'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=zz',
    `AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  ])('that is none is refused: %s', async (authorization) => {
    const request = await signed(plain);
    request.headers.set('authorization', authorization);
    await expect(verify(request)).rejects.toThrow(SignatureRefused);
  });

  test('with the hash of another body, or of none, is refused', async () => {
    for (const hash of ['UNSIGNED-PAYLOAD', createHash('sha256').update('other').digest('hex')]) {
      const request = await signed({ ...plain, headers: { ...plain.headers, 'x-amz-content-sha256': hash } });
      await expect(verify(request)).rejects.toThrow('hash of the body');
    }
  });
});
