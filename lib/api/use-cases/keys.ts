import { isTenant } from '../../model/tenant.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyDescription, KeyKind, KeyRegistry } from '../auth/key-registry.ts';
import { covers, parseScope, type Scope } from '../auth/scope.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { pageOf } from './pages.ts';

export interface WantedKey {
  /** For people. */
  readonly name: string;
  readonly scopes: readonly string[];
  readonly tenant?: string | undefined;
  /** ms since the epoch. */
  readonly expiresAt?: number | undefined;
}

/**
 * Makes a key; nobody can give away more than they have.
 * @throws ApiError `scopeInvalid`, `accessDenied`, `requestInvalid`, `notSupported`
 */
export async function createKey(
  services: Services,
  kind: KeyKind,
  wanted: WantedKey,
): Promise<KeyDescription & { readonly secret: string }> {
  const registry = registryFor(services, kind);
  const { caller, clock } = services;
  const { name, tenant = caller?.tenant, expiresAt } = wanted;
  if (tenant !== undefined && !isTenant(tenant)) {
    const message = `Name the tenant with letters, digits, "_", "." and single hyphens, at most 40: not "${tenant}".`;
    throw new ApiError('requestInvalid', 'tenant', message);
  }
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    throw new ApiError('requestInvalid', 'expiresAt', 'Let the key expire in the future, or not at all.');
  }
  checkScopes(services, wanted.scopes);
  if (caller?.tenant !== undefined && tenant !== caller.tenant) {
    throw denied(`Make keys for your own tenant, "${caller.tenant}".`);
  }
  const key = {
    name,
    scopes: wanted.scopes,
    createdBy: caller?.subject ?? 'anybody',
    ...(tenant === undefined ? {} : { tenant }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  return kind === 'apiKey' ? registry.createApiKey(key) : registry.createAccessKey(key);
}

/** Those of the caller's tenant; all, if the caller has none. @throws ApiError `pageTokenInvalid`, `notSupported` */
export async function listKeys(
  services: Services,
  kind: KeyKind,
  limit: number,
  after: string | undefined,
): Promise<Page<KeyDescription>> {
  const { items, ...page } = await pageOf(registryFor(services, kind).list(kind, limit, after));
  return { ...page, items: items.filter((key) => isWithin(services, key)) };
}

/** @throws ApiError `keyNotFound`, also for one of another tenant; `notSupported` */
export async function revokeKey(services: Services, kind: KeyKind, id: string): Promise<void> {
  const registry = registryFor(services, kind);
  const key = await registry.find(kind, id);
  if (key === undefined || !isWithin(services, key)) {
    throw new ApiError('keyNotFound', id, `Look at the list of keys for the right id: there is no "${id}".`);
  }
  await registry.revoke(kind, id);
}

function registryFor({ keys }: Services, kind: KeyKind): KeyRegistry {
  if (keys !== undefined && (kind === 'apiKey' || keys.hasAccessKeys)) return keys;
  const message = 'Configure the engine for keys of this kind: it has no place to keep them.';
  throw new ApiError('notSupported', kind, message);
}

function isWithin({ caller }: Services, { tenant }: KeyDescription): boolean {
  return caller?.tenant === undefined || caller.tenant === tenant;
}

function checkScopes({ caller }: Services, texts: readonly string[]): void {
  for (const text of texts) {
    const scope = parseScope(text);
    if (scope === undefined) {
      const message = `Write scopes as <area>:<verb>:<names>, as in "executions:start:orders-*": "${text}" is none.`;
      throw new ApiError('scopeInvalid', text, message);
    }
    if (caller !== undefined && !isHeld(caller.scopes, scope)) {
      throw denied(`Leave out the scope "${text}": nobody can give away more than they have.`);
    }
  }
}

function isHeld(held: readonly Scope[], wanted: Scope): boolean {
  return held.some((scope) => covers(scope, wanted));
}

function denied(message: string): ApiError {
  return new ApiError('accessDenied', 'keys:create', message);
}
