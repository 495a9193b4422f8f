import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Checks requests that are signed with AWS Signature Version 4 in the header `Authorization`, as AWS documents it
 * ("Create a signed AWS API request", IAM User Guide). Presigned URLs and bodies in signed chunks are refused.
 */

/** What a signature says of itself. */
export interface Signature {
  readonly accessKeyId: string;
  /** `20260131/eu-central-1/states/aws4_request`. */
  readonly scope: string;
  /** In ascending order, lower case. */
  readonly signedHeaders: readonly string[];
  /** `20260131T120000Z`. */
  readonly timestamp: string;
  /** 64 hexadecimal digits. */
  readonly value: string;
}

export interface Expected {
  readonly region: string;
  readonly services: readonly string[];
  /** ms since the epoch. */
  readonly now: number;
}

export class SignatureRefused extends Error {
  override readonly name = 'SignatureRefused';
}

/** How far the signer's clock may be off, ms; for so long a request that somebody has overheard could be sent again. */
export const MAX_SKEW_MS = 5 * 60_000;

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SHA256_HEADER = 'x-amz-content-sha256';
const TARGET_HEADER = 'x-amz-target';
const MUST_BE_SIGNED = ['host', 'x-amz-date'];

/** Reads the header, and checks all but the signature itself. @throws SignatureRefused */
export function readSignature({ headers }: Request, { region, services, now }: Expected): Signature {
  const { credential, signedHeaders, value } = parts(headers.get('authorization') ?? '');
  const [accessKeyId = '', date, itsRegion, service = '', end, ...rest] = credential.split('/');
  if (accessKeyId === '' || end !== 'aws4_request' || rest.length > 0) {
    throw new SignatureRefused('Sign with a credential of the form KEY/DATE/REGION/SERVICE/aws4_request.');
  }
  if (itsRegion !== region || !services.includes(service)) {
    const wanted = `region ${region} and service ${services.join(' or ')}`;
    throw new SignatureRefused(`Sign for ${wanted}: the request is signed for ${itsRegion} and ${service}.`);
  }
  const timestamp = headers.get('x-amz-date') ?? '';
  if (!timestamp.startsWith(`${date}T`)) {
    throw new SignatureRefused('Sign with the day of the header X-Amz-Date in the credential.');
  }
  checkAge(timestamp, now);
  checkSigned(headers, signedHeaders);
  return { accessKeyId, scope: credential.slice(accessKeyId.length + 1), signedHeaders, timestamp, value };
}

/** @param body all of it. @throws SignatureRefused */
export function verifySignature(request: Request, signature: Signature, secret: string, body: Uint8Array): void {
  const hash = hex(body);
  const claimed = request.headers.get(SHA256_HEADER);
  if (claimed !== null && claimed !== hash) {
    throw new SignatureRefused(`Send the hash of the body as ${SHA256_HEADER}, or no such header: it does not fit.`);
  }
  const { scope, timestamp } = signature;
  const toSign = [ALGORITHM, timestamp, scope, hex(canonicalRequest(request, signature, hash))].join('\n');
  const right = createHmac('sha256', signingKey(secret, scope)).update(toSign).digest();
  if (timingSafeEqual(right, Buffer.from(signature.value, 'hex'))) return;
  throw new SignatureRefused(
    'Check the secret access key and how requests are signed: the signature does not match the request.',
  );
}

function parts(authorization: string) {
  const given = authorization.slice(ALGORITHM.length).split(',');
  const fields = new Map(
    given.map((field): [string, string] => {
      const [name = '', ...value] = field.trim().split('=');
      return [name, value.join('=')];
    }),
  );
  const credential = fields.get('Credential');
  const signedHeaders = fields.get('SignedHeaders')?.split(';');
  const value = fields.get('Signature');
  // Each once.
  if (given.length !== 3 || credential === undefined || signedHeaders === undefined || value === undefined) {
    throw new SignatureRefused('Give Credential, SignedHeaders and Signature in the header Authorization.');
  }
  if (!/^[0-9a-f]{64}$/.test(value)) throw new SignatureRefused('Give the signature as 64 hexadecimal digits.');
  return { credential, signedHeaders, value };
}

function checkAge(timestamp: string, now: number): void {
  const [, ...digits] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp) ?? [];
  const [year = 0, month = 0, day, hour, minute, second] = digits.map(Number);
  const at = digits.length === 0 ? Number.NaN : Date.UTC(year, month - 1, day, hour, minute, second);
  if (Math.abs(now - at) <= MAX_SKEW_MS) return;
  const clock = new Date(now).toISOString();
  throw new SignatureRefused(`Set the clock: the request was signed at ${timestamp}, and here it is ${clock}.`);
}

function checkSigned(headers: Headers, signed: readonly string[]): void {
  const isOrdered = signed.every((name, i) => i === 0 || name > (signed[i - 1] ?? ''));
  const missing = [...MUST_BE_SIGNED, TARGET_HEADER].find(
    (name) => !signed.includes(name) && (MUST_BE_SIGNED.includes(name) || headers.has(name)),
  );
  if (missing !== undefined) throw new SignatureRefused(`Sign the header ${missing}, too.`);
  const absent = signed.find((name) => !headers.has(name));
  if (absent !== undefined) throw new SignatureRefused(`Send the header ${absent}, which is said to be signed.`);
  if (!isOrdered) throw new SignatureRefused('List the signed headers in lower case and ascending order, each once.');
}

function canonicalRequest(request: Request, { signedHeaders }: Signature, bodyHash: string): string {
  const { pathname, search } = new URL(request.url);
  const headers = signedHeaders.map((name) => {
    const value = request.headers.get(name) ?? '';
    return `${name}:${value.trim().replaceAll(/\s+/g, ' ')}\n`;
  });
  return [
    request.method,
    canonicalPath(pathname),
    canonicalQuery(search),
    headers.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

/** The path as it is sent, without empty segments, and encoded once more: all services but S3 do that. */
function canonicalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '');
  const end = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${segments.map(encoded).join('/')}${end}`;
}

/** Parameters in the order of their encoded names, and then of their values. */
function canonicalQuery(search: string): string {
  return search
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const [name = '', ...value] = parameter.split('=');
      return [encoded(decoded(name)), encoded(decoded(value.join('=')))] as const;
    })
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SignatureRefused(`Encode the query as UTF-8 in percent signs: "${text}" is not.`);
  }
}

/** Everything but letters, digits, `-`, `.`, `_` and `~`, RFC 3986, 2.3. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey(secret: string, scope: string): Buffer {
  const [date = '', ...rest] = scope.split('/');
  const first = createHmac('sha256', `AWS4${secret}`).update(date).digest();
  return rest.reduce((key, part) => createHmac('sha256', key).update(part).digest(), first);
}

function hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
