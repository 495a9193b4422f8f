import type { Authenticator } from './authenticator.ts';
import type { Scope } from './scope.ts';

/**
 * Principals of IAM, whom API Gateway has authorised before the request came here: who may call which path is in their
 * policies (`execute-api:Invoke`).
 * @param scopes what all of them may do here.
 */
export function iam(scopes: readonly Scope[]): Authenticator {
  return {
    challenge: 'AWS4-HMAC-SHA256',
    authenticate: async (_request, { iam: identity }) =>
      identity === undefined ? undefined : { kind: 'iam', subject: identity.userArn, scopes },
  };
}
