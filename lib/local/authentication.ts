import { join } from 'node:path';
import { z } from 'zod';
import { AesSecretBox } from '../adapters/aes-secret-box.ts';
import { KeyFile } from '../adapters/system/index.ts';
import { telemetryAudit } from '../api/auth/audit.ts';
import type { Authenticator } from '../api/auth/authenticator.ts';
import { Guard } from '../api/auth/guard.ts';
import { BadJwtSettings, checkJwtSettings, type JwtSettings, jwtSettingsSchema } from '../api/auth/jwt-settings.ts';
import { accessKeys, apiKeys } from '../api/auth/key-authenticators.ts';
import { KeyRegistry } from '../api/auth/key-registry.ts';
import type { Place } from '../model/arn.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

const METHODS = ['access-keys', 'api-keys', 'jwt'] as const;
type Method = (typeof METHODS)[number];

/** How callers of a server on one machine say who they are. */
export interface Authentication {
  /** At least one. */
  readonly methods: ReadonlySet<Method>;
  /** Present with the method `jwt`. */
  readonly jwt?: JwtSettings;
}

/** Of the configuration file; the field `auth`. */
export const authSchema = z.strictObject({
  methods: z.array(z.enum(METHODS)),
  jwt: jwtSettingsSchema.optional(),
});

export type AuthFlags = z.output<typeof authSchema>;

/** What is wrong about how authentication is configured. */
export class BadAuthentication extends Error {
  override readonly name = 'BadAuthentication';
}

/** `undefined`: it is off. The variables go before the file. @throws BadAuthentication */
export function readAuthentication(
  env: Readonly<Record<string, string | undefined>>,
  file: AuthFlags | undefined,
): Authentication | undefined {
  const names = listed(env['KNHK_AUTH']) ?? file?.methods ?? [];
  const methods = new Set(names.filter((name) => name !== 'none').map(method));
  if (names.includes('none') && methods.size > 0) {
    throw new BadAuthentication('KNHK_AUTH is either none, or a list of methods without it.');
  }
  if (methods.size === 0) return undefined;
  if (!methods.has('jwt')) return { methods };
  const settings = jwtSettings(env, file);
  try {
    checkJwtSettings(settings);
  } catch (error) {
    throw error instanceof BadJwtSettings ? new BadAuthentication(error.message) : error;
  }
  return { methods, jwt: settings };
}

function jwtSettings(env: Readonly<Record<string, string | undefined>>, file: AuthFlags | undefined): JwtSettings {
  const given = file?.jwt;
  const tenantClaim = env['KNHK_JWT_TENANT_CLAIM'] ?? given?.tenantClaim;
  const scopeClaims = listed(env['KNHK_JWT_SCOPE_CLAIMS']) ?? given?.scopeClaims;
  const scopePrefix = env['KNHK_JWT_SCOPE_PREFIX'] ?? given?.scopePrefix;
  return {
    issuer: env['KNHK_JWT_ISSUER'] ?? given?.issuer ?? '',
    audience: listed(env['KNHK_JWT_AUDIENCE']) ?? given?.audience ?? [],
    ...(tenantClaim === undefined ? {} : { tenantClaim }),
    ...(scopeClaims === undefined ? {} : { scopeClaims }),
    ...(scopePrefix === undefined ? {} : { scopePrefix }),
    ...(given?.algorithms === undefined ? {} : { algorithms: given.algorithms }),
  };
}

function method(name: string): Method {
  const known = METHODS.find((one) => one === name);
  if (known !== undefined) return known;
  throw new BadAuthentication(`KNHK_AUTH must be none, or some of ${METHODS.join(', ')} with commas, not "${name}".`);
}

function listed(text: string | undefined): readonly string[] | undefined {
  return text?.split(',').filter((part) => part !== '');
}

export interface LocalGuardParts {
  readonly dataDir: string;
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly telemetry: Telemetry;
}

/** The keys of this machine, which can be made before authentication is on, and the guard where it is. */
export async function localGuard(
  authentication: Authentication | undefined,
  { dataDir, store, clock, ids, place, telemetry }: LocalGuardParts,
): Promise<{ readonly keys: KeyRegistry; readonly guard?: Guard }> {
  const box = new AesSecretBox(new KeyFile(join(dataDir, 'secrets.key')));
  const keys = new KeyRegistry({ store, box, clock, ids });
  if (authentication === undefined) return { keys };
  const { methods, jwt: settings } = authentication;
  const now = () => clock.now();
  const authenticators: readonly Authenticator[] = [
    ...(methods.has('api-keys') ? [apiKeys(keys)] : []),
    ...(methods.has('access-keys') ? [accessKeys({ registry: keys, region: place.region, now })] : []),
    ...(settings === undefined ? [] : [(await import('../api/auth/jwt.ts')).jwt({ ...settings, clock })]),
  ];
  return { keys, guard: new Guard({ authenticators, audit: telemetryAudit(telemetry), clock, ids }) };
}
