import { verify } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { KmsSigner } from '../../../lib/adapters/aws/kms-signer.ts';
import { FakeKms } from './fake-kms.ts';

const keyArn = 'arn:aws:kms:us-east-1:123456789012:key/ledger';
const kms = new FakeKms(keyArn);
let clients: AwsClients;
beforeAll(async () => {
  clients = new AwsClients({ endpoints: { kms: await kms.start() } });
});
afterAll(() => {
  clients.destroy();
  kms.stop();
});

test('signs with the key in KMS, and shows its public half, which is asked for once', async () => {
  const signer = new KmsSigner({ client: () => clients.kms(), keyArn });
  const { algorithm, value } = await signer.sign('a text, größer');
  expect(algorithm).toBe('ECDSA-P256-SHA256');
  expect(await signer.publicKey()).toBe(kms.publicKey);
  await signer.publicKey();
  expect(kms.requests).toEqual(['Sign', 'GetPublicKey']);
  const signature = Buffer.from(value, 'base64url');
  expect(verify('sha256', Buffer.from('a text, größer'), kms.publicKey, signature)).toBe(true);
});

test('fails where the key is gone, and asks again afterwards', async () => {
  const signer = new KmsSigner({ client: () => clients.kms(), keyArn: `${keyArn}2` });
  await expect(signer.sign('a')).rejects.toMatchObject({ name: 'NotFoundException' });
  await expect(signer.publicKey()).rejects.toMatchObject({ name: 'NotFoundException' });
  await expect(signer.publicKey()).rejects.toMatchObject({ name: 'NotFoundException' });
});
