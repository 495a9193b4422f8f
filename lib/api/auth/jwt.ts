import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as z from 'zod';
import { isTenant } from '../../model/tenant.ts';
import type { Clock } from '../../ports/clock.ts';
import { ApiError } from '../errors.ts';
import { type Authenticator, bearerToken } from './authenticator.ts';
import { checkJwtSettings, isLoopback, type JwtSettings } from './jwt-settings.ts';
import type { Principal } from './principal.ts';
import { parseScope, type Scope } from './scope.ts';

const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
/** How far the issuer's clock may be off, seconds. */
const CLOCK_TOLERANCE_S = 60;
/** How long keys are kept without a look, ms: after that, one that the issuer has withdrawn is refused. */
const KEYS_MAX_AGE_MS = 10 * 60_000;
/** How soon keys are fetched again for one that is not among them, ms: tokens with made-up keys cannot do more. */
const KEYS_COOLDOWN_MS = 30_000;
const ANSWER_MS = 5_000;

export interface JwtOptions extends JwtSettings {
  readonly clock: Clock;
  /** Default: 30 s, see `KEYS_COOLDOWN_MS`. */
  readonly cooldownMs?: number;
}

/** Tokens of an OpenID Connect issuer (RFC 7519, OpenID Connect Discovery 1.0): `Authorization: Bearer eyJ…`. */
export function jwt(options: JwtOptions): Authenticator {
  checkJwtSettings(options);
  const { issuer, audience, algorithms = DEFAULT_ALGORITHMS, clock } = options;
  const keys = new IssuerKeys(options);
  return {
    challenge: 'Bearer realm="knhk"',
    authenticate: async (request) => {
      const token = bearerToken(request.headers);
      if (token === undefined || token.split('.').length !== 3) return undefined;
      try {
        const { payload } = await jwtVerify(token, await keys.find(), {
          issuer,
          audience: [...audience],
          algorithms: [...algorithms],
          clockTolerance: CLOCK_TOLERANCE_S,
          currentDate: new Date(clock.now()),
          requiredClaims: ['exp', 'sub'],
        });
        return principalOf(payload, options);
      } catch (error) {
        throw refusal(error);
      }
    },
  };
}

/** The keys of the issuer: where they are is found out once, what they are as often as needed. */
class IssuerKeys {
  readonly #issuer: string;
  readonly #cooldownMs: number;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor({ issuer, cooldownMs = KEYS_COOLDOWN_MS }: JwtOptions) {
    this.#issuer = issuer;
    this.#cooldownMs = cooldownMs;
  }

  find(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#discover().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const url = `${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await fetchPlain(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { issuer, jwks_uri } = z.object({ issuer: z.string(), jwks_uri: z.url() }).parse(await answer.json());
    if (issuer !== this.#issuer) throw new Error(`${url} is the configuration of ${issuer}.`);
    const place = new URL(jwks_uri);
    if (place.protocol !== 'https:' && !isLoopback(place)) throw new Error(`${url} names keys without TLS.`);
    return createRemoteJWKSet(place, {
      cacheMaxAge: KEYS_MAX_AGE_MS,
      cooldownDuration: this.#cooldownMs,
      timeoutDuration: ANSWER_MS,
      [customFetch]: fetchPlain,
    });
  }
}

/** Where a redirect leads was not configured by anybody. */
async function fetchPlain(url: string, options: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...options, redirect: 'error' });
  if (answer.ok) return answer;
  throw new Error(`${url} answers with status ${answer.status}.`);
}

function principalOf(payload: JWTPayload, settings: JwtSettings): Principal {
  const { issuer, scopeClaims = ['scope', 'scp'], tenantClaim } = settings;
  const scopes = scopeClaims.flatMap((claim) => scopesIn(payload[claim], settings.scopePrefix ?? ''));
  const tenant = tenantClaim === undefined ? undefined : payload[tenantClaim];
  // Whoever should have a tenant and has none must not be taken for somebody who is above tenants.
  if (tenantClaim !== undefined && (typeof tenant !== 'string' || !isTenant(tenant))) {
    throw invalid(`Ask the issuer for a token with a tenant in the claim "${tenantClaim}".`);
  }
  return {
    kind: 'token',
    subject: payload.sub ?? '',
    issuer,
    scopes,
    ...(typeof tenant === 'string' ? { tenant } : {}),
  };
}

/** What is no scope of this engine, as `openid`, says nothing here. */
function scopesIn(claim: unknown, prefix: string): readonly Scope[] {
  const texts: readonly unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return texts.flatMap((text) => {
    const isOurs = typeof text === 'string' && text.startsWith(prefix);
    return isOurs ? (parseScope(text.slice(prefix.length)) ?? []) : [];
  });
}

/** A token that is wrong is the caller's fault; keys that cannot be fetched are not. */
function refusal(error: unknown): unknown {
  if (error instanceof ApiError) return error;
  if (error instanceof errors.JWTExpired) {
    return new ApiError('credentialsExpired', 'token', 'Get a new token: this one has expired.');
  }
  const isKeyMissing = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
  const isTokenWrong =
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  if (isKeyMissing || isTokenWrong) return invalid(`Get another token: ${error.message}.`);
  const problem = error instanceof Error ? error.message : String(error);
  return new ApiError('issuerUnavailable', 'issuer', `Try again: the keys of the issuer cannot be had (${problem}).`);
}

function invalid(message: string): ApiError {
  return new ApiError('credentialsInvalid', 'token', message);
}
