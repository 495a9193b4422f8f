import { ApiError } from '../errors.ts';
import { type Authenticator, bearerToken } from './authenticator.ts';
import { ExpiredKey, type KeyRegistry } from './key-registry.ts';
import { readSignature, type Signature, SignatureRefused, verifySignature } from './sigv4.ts';

/** API keys: `Authorization: Bearer knhk_…`, or `X-Api-Key: knhk_…`. */
export function apiKeys(registry: KeyRegistry): Authenticator {
  return {
    challenge: 'Bearer realm="knhk"',
    authenticate: async (request) => {
      const given = request.headers.get('x-api-key') ?? bearerToken(request.headers);
      if (given === undefined || !given.startsWith('knhk_')) return undefined;
      const principal = await registry.principalOf(given).catch(refused);
      if (principal !== undefined) return principal;
      throw new ApiError('credentialsInvalid', 'key', 'Use a key that exists: this one is unknown, or was revoked.');
    },
  };
}

export interface AccessKeysOptions {
  readonly registry: KeyRegistry;
  /** The region that requests must be signed for. */
  readonly region: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Access keys of this engine: requests signed with Signature Version 4, for the service `states`. */
export function accessKeys({ registry, region, now }: AccessKeysOptions): Authenticator {
  return {
    challenge: 'AWS4-HMAC-SHA256',
    authenticate: async (request) => {
      if (!/^AWS4-HMAC-SHA256\b/.test(request.headers.get('authorization') ?? '')) return undefined;
      if (!isSignable(request)) {
        const message =
          'Send an API key or a token with gRPC and Connect: only requests to / and under /v1 can be signed.';
        throw new ApiError('signatureInvalid', 'authorization', message);
      }
      const signature = await checked(() => readSignature(request, { region, services: ['states'], now: now() }));
      const key = await registry.accessKey(signature.accessKeyId).catch(refused);
      if (key === undefined) {
        const message = 'Use an access key of this engine: the one that the request is signed with is unknown.';
        throw new ApiError('credentialsInvalid', signature.accessKeyId, message);
      }
      await checked(() => verify(request, signature, key.secret));
      return key.principal;
    },
  };
}

/** Messages of gRPC come as they are sent, when the caller has been recognised: no signature can cover them. */
function isSignable({ url }: Request): boolean {
  const { pathname } = new URL(url);
  return pathname === '/' || pathname.startsWith('/v1/');
}

async function verify(request: Request, signature: Signature, secret: string): Promise<void> {
  // The body is read once more by whoever answers.
  const body = new Uint8Array(await request.clone().arrayBuffer());
  verifySignature(request, signature, secret, body);
}

async function checked<T>(check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof SignatureRefused) throw new ApiError('signatureInvalid', 'authorization', error.message);
    throw error;
  }
}

function refused(error: unknown): never {
  if (error instanceof ExpiredKey) throw new ApiError('credentialsExpired', 'key', error.message);
  throw error;
}
