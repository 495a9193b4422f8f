import type { KnhkEngineProps } from './engine-props.ts';

/** Tokens of an OpenID Connect issuer. */
export interface TokenIssuer {
  /** As in the claim `iss`: an https URL. */
  readonly issuer: string;
  /** One of them must be in the claim `aud`. At least one. */
  readonly audience: readonly string[];
  /** Claims that hold scopes. Default: `scope` and `scp`. */
  readonly scopeClaims?: readonly string[];
  /** Scopes count only with this before them, as in `knhk/`. Default: nothing. */
  readonly scopePrefix?: string;
  /** Claim that holds the tenant; tokens without it are refused. Default: tokens have no tenant. */
  readonly tenantClaim?: string;
  /** Default: RS256, PS256, ES256, ES384, EdDSA. */
  readonly algorithms?: readonly string[];
}

/** How callers say who they are, beside IAM. Where nothing is on, every route asks for IAM. */
export interface EngineAuthentication {
  /** Tokens, for REST and the protocol of Step Functions. */
  readonly jwt?: TokenIssuer;
  /** API keys that the engine issues, likewise. Default false. */
  readonly apiKeys?: boolean;
  /** Access keys that the engine issues, with which clients of Step Functions sign as ever. Default false. */
  readonly accessKeys?: boolean;
}

/** Whether the function itself asks who calls, instead of API Gateway. */
export function asksItself({ jwt, apiKeys, accessKeys }: EngineAuthentication): boolean {
  return jwt !== undefined || apiKeys === true || accessKeys === true;
}

/** What is wrong with it, in a sentence; `undefined`: nothing. */
export function problemOf({ authentication = {}, corsOrigins = [] }: KnhkEngineProps): string | undefined {
  const { jwt } = authentication;
  if (jwt !== undefined && !/^https:\/\/[^\s?#]+$/.test(jwt.issuer)) {
    return `Give authentication.jwt.issuer as an https URL, not "${jwt.issuer}".`;
  }
  if (jwt !== undefined && (jwt.audience.length === 0 || jwt.audience.includes(''))) {
    return 'Give authentication.jwt.audience: tokens for other services must not count here.';
  }
  const symmetric = jwt?.algorithms?.find((algorithm) => !/^((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)$/.test(algorithm));
  if (symmetric !== undefined) return `Choose algorithms with a public key, not "${symmetric}".`;
  const origin = corsOrigins.find((one) => !/^https?:\/\/[^\s/*?#]+$/.test(one));
  if (origin !== undefined) return `Give corsOrigins as in "https://app.example.com", not "${origin}".`;
  if (corsOrigins.length > 0 && !asksItself(authentication)) {
    return 'Set authentication with corsOrigins: pages cannot sign requests with IAM.';
  }
  return undefined;
}
