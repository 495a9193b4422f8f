import { tenantOf } from '../../model/tenant.ts';
import type { ActionName } from './action-names.ts';
import { allows, allowsAll, allowsSome, type Scope } from './scope.ts';

/** Who calls, as far as the credentials of the request tell. */
export interface Principal {
  /** How it was recognised. `process`: from within the engine's own process, which may do everything. */
  readonly kind: 'accessKey' | 'apiKey' | 'iam' | 'process' | 'token';
  /** The id of a key, the subject of a token, the ARN of an IAM principal. Unique among those of its kind and issuer. */
  readonly subject: string;
  /** For people: the name of a key. */
  readonly name?: string;
  /** Of a token. */
  readonly issuer?: string;
  /** It reaches only what belongs to this tenant: workflows and activities whose names begin with `<tenant>--`. */
  readonly tenant?: string;
  readonly scopes: readonly Scope[];
}

/** Whether the principal may do that to the workflow or activity of this name. */
export function may(principal: Principal, action: ActionName, name: string): boolean {
  const { tenant, scopes } = principal;
  if (tenant !== undefined && tenantOf(name) !== tenant) return false;
  return scopes.some((scope) => allows(scope, action, name));
}

/** Whether the principal may do that to something. */
export function maySome({ scopes }: Principal, action: ActionName): boolean {
  return scopes.some((scope) => allowsSome(scope, action));
}

/** Whether the principal may do that to everything. */
export function mayAll({ tenant, scopes }: Principal, action: ActionName): boolean {
  return tenant === undefined && scopes.some((scope) => allowsAll(scope, action));
}
