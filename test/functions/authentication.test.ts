import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DYNAMO_EMULATORS } from '../adapters/aws/emulators.ts';
import { FakeAws } from '../adapters/aws/services/fake-aws.ts';
import { type Answer, Cloud } from './cloud.ts';

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-Ab12';
const HOST = 'api.example.com';

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    // Asserted: the signer gives texts and byte arrays only.
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

let cloud: Cloud;
const secrets = new FakeAws();
let version = 'v1';

beforeAll(async () => {
  secrets.answers.set('secretsmanager.GetSecretValue', ({ body }) => {
    const { VersionId = version } = body as { VersionId?: string };
    return { body: { ARN: SECRET_ARN, VersionId, SecretString: `the random text of ${VersionId}` } };
  });
  vi.stubEnv('KNHK_AUTH', JSON.stringify({ apiKeys: true, accessKeys: true }));
  vi.stubEnv('KNHK_KEYS_SECRET_ARN', SECRET_ARN);
  vi.stubEnv('KNHK_SECRETS_ENDPOINT', await secrets.start());
  const [kind] = DYNAMO_EMULATORS;
  if (kind === undefined) throw new Error('There is no emulator of DynamoDB.');
  cloud = await Cloud.start(kind, {});
}, 60_000);

afterAll(async () => {
  await cloud.stop();
  secrets.stop();
});

/** As an unchanged client of Step Functions signs, with the service `states`. */
async function signedCall(key: { id: string; secret: string }, action: string, body: object): Promise<Answer> {
  const signer = new SignatureV4({
    credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
    ...{ region: 'us-east-1', service: 'states', sha256: Sha256 },
  });
  const headers = {
    host: HOST,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `AWSStepFunctions.${action}`,
  };
  const request = {
    method: 'POST',
    protocol: 'https:',
    hostname: HOST,
    path: '/',
    headers,
    body: JSON.stringify(body),
  };
  const signed = await signer.sign({ ...request, query: {} });
  return cloud.openRequest('POST', '/', body, signed.headers);
}

async function issue(kind: 'access' | 'api', scopes: readonly string[]): Promise<{ id: string; secret: string }> {
  const { status, body } = await cloud.request('POST', `/v1/${kind}-keys`, { name: 'test', scopes });
  expect(status).toBe(201);
  return body;
}

it('answers whom IAM has let in, and nobody who says nothing', async () => {
  expect((await cloud.request('GET', '/v1/workflows')).status).toBe(200);
  expect(await cloud.openRequest('GET', '/v1/workflows', undefined, {})).toMatchObject({
    status: 401,
    body: { code: 'Knhk.CredentialsMissing' },
  });
  const claimed = { 'x-amzn-iam': 'arn:aws:iam::123456789012:root', authorization: 'AWS4-HMAC-SHA256 Credential=root' };
  expect((await cloud.openRequest('GET', '/v1/workflows', undefined, claimed)).status).toBe(401);
});

it('answers an API key within its scopes', async () => {
  const { secret } = await issue('api', ['workflows:list']);
  const authorization = `Bearer ${secret}`;
  expect((await cloud.openRequest('GET', '/v1/workflows', undefined, { authorization })).status).toBe(200);
  expect((await cloud.openRequest('GET', '/v1/executions', undefined, { authorization })).status).toBe(403);
});

it('lets nobody but IAM issue keys, whatever way the request comes', async () => {
  const { secret } = await issue('api', ['*']);
  const authorization = `Bearer ${secret}`;
  for (const path of ['/v1/api-keys', '/v1/%61pi-keys', '/v1/access-keys']) {
    const made = await cloud.openRequest('POST', path, { name: 'more', scopes: ['*'] }, { authorization });
    expect(made).toMatchObject({ status: 403, body: { code: 'Knhk.AccessDenied' } });
  }
});

it('answers an access key, whose secret is under KMS, also after a rotation', async () => {
  const key = await issue('access', ['workflows:list']);
  const reads = () => secrets.requests.length;
  const before = reads();
  for (let i = 0; i < 3; i += 1) {
    expect(await signedCall(key, 'ListStateMachines', {})).toMatchObject({ status: 200, body: { stateMachines: [] } });
  }
  expect(reads()).toBe(before);
  version = 'v2';
  expect((await signedCall(key, 'ListStateMachines', {})).status).toBe(200);
  expect(await signedCall(key, 'ListActivities', {})).toMatchObject({
    status: 400,
    body: { __type: 'AccessDeniedException' },
  });
  expect(await signedCall({ ...key, secret: 'wrong' }, 'ListStateMachines', {})).toMatchObject({
    body: { __type: 'InvalidSignatureException' },
  });
});
