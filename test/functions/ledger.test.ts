import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf, checkBundle } from '../../lib/provenance/bundle.ts';
import { faultInReceipt } from '../../lib/provenance/receipt.ts';
import { receipt as receiptSchema } from '../../lib/provenance/receipt-schema.ts';
import { DYNAMO_EMULATORS } from '../adapters/aws/emulators.ts';
import { FakeKms } from '../adapters/aws/fake-kms.ts';
import { Cloud } from './cloud.ts';

const keyArn = 'arn:aws:kms:us-east-1:123456789012:key/ledger';
const JSON_BODY = { 'content-type': 'application/json' };
const definition = {
  StartAt: 'Do',
  States: { Do: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:123456789012:function:do', End: true } },
};

describe('the ledger on AWS', () => {
  const kms = new FakeKms(keyArn);
  let cloud: Cloud;

  beforeAll(async () => {
    const variables = { KNHK_LEDGER_KEY_ARN: keyArn, KNHK_KMS_ENDPOINT: await kms.start() };
    const [dynalite] = DYNAMO_EMULATORS;
    if (dynalite === undefined) throw new Error('There is no emulator of DynamoDB.');
    cloud = await Cloud.start(dynalite, { do: () => ({ done: true }) }, variables);
    await cloud.request('PUT', '/v1/workflows/w', { definition }, JSON_BODY);
  });

  afterAll(async () => {
    await cloud.stop();
    kms.stop();
  });

  it('takes in what the stream says has closed, with the sweep of each hour, and proves it', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await cloud.request('POST', '/v1/workflows/w/executions', { name }, JSON_BODY);
    await cloud.runQueue();
    const path = '/v1/workflows/w/executions/a';
    expect((await cloud.request('GET', `${path}/receipt`)).body).toMatchObject({
      status: 404,
      code: 'Knhk.ReceiptNotFound',
    });
    await cloud.runStream();
    await cloud.sweep();
    const { head, publicKey } = (await cloud.request('GET', '/v1/ledger')).body;
    expect(head).toMatchObject({ periods: 1, signature: { algorithm: 'ECDSA-P256-SHA256' } });
    expect(publicKey).toBe(kms.publicKey);
    for (const name of names) {
      const found = (await cloud.request('GET', `/v1/workflows/w/executions/${name}/receipt`)).body;
      expect(faultInReceipt(receiptSchema.parse(found), publicKey)).toBeUndefined();
    }
    // Not again within the hour.
    await cloud.request('POST', '/v1/workflows/w/executions', { name: 'd' }, JSON_BODY);
    await cloud.runQueue();
    await cloud.runStream('reversed twice');
    await cloud.sweep();
    expect((await cloud.request('GET', '/v1/ledger')).body.head.periods).toBe(1);
    expect((await cloud.request('POST', '/v1/ledger/seal', {}, JSON_BODY)).body).toEqual({ closings: 1 });
  });

  it('proves a log that was exported', async () => {
    const path = '/v1/workflows/w/executions/a';
    const { arn } = (await cloud.request('GET', path)).body;
    const { items } = (await cloud.request('GET', `${path}/commits`)).body;
    const receipt = receiptSchema.parse((await cloud.request('GET', `${path}/receipt`)).body);
    async function* commits() {
      yield* items;
    }
    const checked = [];
    for await (const one of checkBundle(bundleOf(arn, commits(), receipt), kms.publicKey)) checked.push(one);
    expect(checked).toMatchObject([{ execution: arn, commits: items.length, faults: [] }]);
  });
});
