import * as z from 'zod';
import { AesSecretBox } from '../../lib/adapters/aes-secret-box.ts';
import type { AwsClients } from '../../lib/adapters/aws/clients.ts';
import { SecretsManagerKeys } from '../../lib/adapters/aws/secrets-manager-keys.ts';
import { telemetryAudit } from '../../lib/api/auth/audit.ts';
import type { Authenticator } from '../../lib/api/auth/authenticator.ts';
import { Guard } from '../../lib/api/auth/guard.ts';
import { iam } from '../../lib/api/auth/iam.ts';
import { jwt } from '../../lib/api/auth/jwt.ts';
import { jwtSettingsSchema } from '../../lib/api/auth/jwt-settings.ts';
import { accessKeys, apiKeys } from '../../lib/api/auth/key-authenticators.ts';
import { KeyRegistry } from '../../lib/api/auth/key-registry.ts';
import type { Clock, Ids } from '../../lib/ports/clock.ts';
import type { KeyValueStore } from '../../lib/ports/key-value-store.ts';
import type { Telemetry } from '../../lib/ports/telemetry.ts';
import { type Environment, InvalidEnvironment } from '../environment.ts';

/** What `lib/infra` writes into the environment. Principals of IAM are always recognised. */
const schema = z.strictObject({
  apiKeys: z.boolean().default(false),
  accessKeys: z.boolean().default(false),
  jwt: jwtSettingsSchema.optional(),
});

export interface GuardParts {
  readonly clients: AwsClients;
  readonly keyValues: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Never off: without a setting, whoever API Gateway has not authorised by IAM is refused. @throws InvalidEnvironment */
export function wireGuard(
  environment: Environment,
  telemetry: Telemetry,
  { clients, keyValues: store, clock, ids }: GuardParts,
): { readonly guard: Guard; readonly keys: KeyRegistry } {
  const configured = readSettings(environment.authentication);
  const now = () => clock.now();
  const { keysSecretArn: secretArn, region } = environment;
  const sealing = secretArn === undefined ? undefined : { client: () => clients.secrets(), secretArn, now };
  const box = sealing === undefined ? {} : { box: new AesSecretBox(new SecretsManagerKeys(sealing)) };
  const keys = new KeyRegistry({ store, clock, ids, ...box });
  // Who may call what at all is for the policies of IAM to say.
  const everything = [{ area: '*', verb: '*', names: '*' }];
  const authenticators: readonly Authenticator[] = [
    iam(everything),
    ...(configured.apiKeys ? [apiKeys(keys)] : []),
    ...(configured.accessKeys ? [accessKeys({ registry: keys, region, now })] : []),
    ...(configured.jwt === undefined ? [] : [jwt({ ...configured.jwt, clock })]),
  ];
  // API Gateway lets nobody else through to the routes of keys, as far as it recognises their paths.
  const parts = { authenticators, audit: telemetryAudit(telemetry), keysFor: 'iam', clock, ids } as const;
  return { keys, guard: new Guard(parts) };
}

function readSettings(text: string): z.output<typeof schema> {
  try {
    return schema.parse(text === '' ? {} : JSON.parse(text));
  } catch {
    throw new InvalidEnvironment(['KNHK_AUTH'], 'to what the stack writes there');
  }
}
