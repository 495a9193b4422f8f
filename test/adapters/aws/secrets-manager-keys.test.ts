import { afterAll, beforeAll, expect, it } from 'vitest';
import { AesSecretBox } from '../../../lib/adapters/aes-secret-box.ts';
import { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { SecretsManagerKeys } from '../../../lib/adapters/aws/secrets-manager-keys.ts';
import { secretBoxContract } from '../../contracts/secret-box.ts';
import { FakeAws } from './services/fake-aws.ts';

const aws = new FakeAws();
/** By ARN: the versions that there still are, the current one last. */
const secrets = new Map<string, string[]>();
let clients: AwsClients;
let now = 0;
let count = 0;

beforeAll(async () => {
  clients = new AwsClients({ endpoints: { secrets: await aws.start() } });
  aws.answers.set('secretsmanager.GetSecretValue', ({ body }) => {
    const { SecretId, VersionId } = body as { SecretId: string; VersionId?: string };
    const versions = secrets.get(SecretId) ?? [];
    const version = VersionId === undefined ? versions.at(-1) : versions.find((one) => one === VersionId);
    if (version === undefined) return { status: 400, body: { __type: 'ResourceNotFoundException' } };
    return { body: { VersionId: version, SecretString: `${SecretId} ${version}` } };
  });
});

afterAll(() => {
  clients.destroy();
  aws.stop();
});

function secret(): string {
  count += 1;
  const arn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-${count}`;
  secrets.set(arn, [`${arn.length}-v1-${count}`]);
  return arn;
}

function boxOf(secretArn: string): AesSecretBox {
  return new AesSecretBox(new SecretsManagerKeys({ client: () => clients.secrets(), secretArn, now: () => now }));
}

secretBoxContract('a secret of Secrets Manager', async () => boxOf(secret()));

it('after a rotation seals with the new version, and opens what the one before has sealed', async () => {
  const arn = secret();
  const box = boxOf(arn);
  const old = await box.seal('a secret', 'test');
  secrets.get(arn)?.push('second');
  expect((await box.seal('a secret', 'test')).split('.')[0]).toBe(old.split('.')[0]);
  now += 16 * 60_000;
  const fresh = await box.seal('a secret', 'test');
  expect(fresh.split('.')[0]).toBe('second');
  // Another process, which has not seen the version before.
  for (const sealed of [old, fresh]) expect(await boxOf(arn).open(sealed, 'test')).toBe('a secret');
});

it('says what to do about a version that is no longer there', async () => {
  const arn = secret();
  const old = await boxOf(arn).seal('a secret', 'test');
  secrets.set(arn, ['third']);
  await expect(boxOf(arn).open(old, 'test')).rejects.toThrow('Issue the key anew');
});

it('reads the secret once for many keys', async () => {
  const box = boxOf(secret());
  const before = aws.requests.length;
  const sealed = [];
  for (let i = 0; i < 5; i += 1) sealed.push(await box.seal(String(i), 'test'));
  for (const one of sealed) await box.open(one, 'test');
  expect(aws.requests.length - before).toBe(1);
});
