import * as z from 'zod';

export interface JwtSettings {
  /** As in the claim `iss`; `<issuer>/.well-known/openid-configuration` tells where its keys are. */
  readonly issuer: string;
  /** One of them must be in the claim `aud`. */
  readonly audience: readonly string[];
  /** Claims that hold scopes: a text with spaces, or a list. Default: `scope` and `scp`. */
  readonly scopeClaims?: readonly string[];
  /** Scopes count only with this before them, and it is taken away; as in `knhk/`. Default: nothing. */
  readonly scopePrefix?: string;
  /** Claim that holds the tenant. Absent: tokens have none. */
  readonly tenantClaim?: string;
  /** Default: `RS256`, `PS256`, `ES256`, `ES384`, `EdDSA`, `Ed25519`. Never `none`, never with a shared secret. */
  readonly algorithms?: readonly string[];
}

const ALGORITHMS: ReadonlySet<string> = new Set(
  ['RS', 'PS', 'ES'].flatMap((family) => [256, 384, 512].map((bits) => `${family}${bits}`)).concat('EdDSA', 'Ed25519'),
);
/** @throws BadJwtSettings */
export function checkJwtSettings({ issuer, audience, algorithms = [] }: JwtSettings): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (!isSafe) throw new BadJwtSettings(`Give the issuer of tokens as an https URL, not "${issuer}".`);
  if (audience.length === 0 || audience.includes('')) {
    throw new BadJwtSettings('Give an audience: tokens for other services of the issuer must not count here.');
  }
  const wrong = algorithms.find((algorithm) => !ALGORITHMS.has(algorithm));
  if (wrong !== undefined) throw new BadJwtSettings(`Choose algorithms with a public key, not "${wrong}".`);
}

export class BadJwtSettings extends Error {
  override readonly name = 'BadJwtSettings';
}

export function isLoopback({ hostname }: URL): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

export const jwtSettingsSchema = z
  .strictObject({
    issuer: z.string(),
    audience: z.array(z.string()),
    scopeClaims: z.array(z.string()).optional(),
    scopePrefix: z.string().optional(),
    tenantClaim: z.string().optional(),
    algorithms: z.array(z.string()).optional(),
  })
  .transform(withoutAbsent);

/** The same without fields that are `undefined`. */
function withoutAbsent({ issuer, audience, ...rest }: Absent): JwtSettings {
  const { scopeClaims, scopePrefix, tenantClaim, algorithms } = rest;
  return {
    issuer,
    audience,
    ...(scopeClaims === undefined ? {} : { scopeClaims }),
    ...(scopePrefix === undefined ? {} : { scopePrefix }),
    ...(tenantClaim === undefined ? {} : { tenantClaim }),
    ...(algorithms === undefined ? {} : { algorithms }),
  };
}

type Absent = { readonly [K in keyof JwtSettings]: JwtSettings[K] | undefined } & Pick<
  JwtSettings,
  'audience' | 'issuer'
>;
