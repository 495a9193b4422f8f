import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_DELIVERIES } from '../../functions/environment.ts';
import type { AwsClients } from '../../lib/adapters/aws/clients.ts';
import { commitKey, ShortArns } from '../../lib/adapters/aws/keys.ts';
import { workBody } from '../../lib/adapters/aws/work-message.ts';
import { DYNAMO_EMULATORS, emulatedClients } from '../adapters/aws/emulators.ts';
import { Cloud } from './cloud.ts';

const STATES = 'arn:aws:states:us-east-1:123456789012:';
const JSON_BODY = { 'content-type': 'application/json' };
const work = {
  StartAt: 'Do',
  States: { Do: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:123456789012:function:do', End: true } },
};
const arnOf = (name: string) => `${STATES}execution:work:${name}`;

describe('a message whose turn fails because of the engine itself', () => {
  let cloud: Cloud;
  let clients: AwsClients;
  const done: string[] = [];

  beforeAll(async () => {
    const [dynalite] = DYNAMO_EMULATORS;
    if (dynalite === undefined) throw new Error('There is no emulator of DynamoDB.');
    cloud = await Cloud.start(dynalite, { do: ({ name }) => void done.push(String(name)) });
    clients = emulatedClients({ dynamodb: process.env['KNHK_DYNAMODB_ENDPOINT'] ?? '' });
    await cloud.request('PUT', '/v1/workflows/work', { definition: work }, JSON_BODY);
  });

  afterAll(async () => {
    clients.destroy();
    await cloud.stop();
  });

  const start = (name: string) =>
    cloud.request('POST', '/v1/workflows/work/executions', { name, input: { name } }, JSON_BODY);
  const status = async (name: string) =>
    (await cloud.request('GET', `/v1/workflows/work/executions/${name}`)).body.status;
  const letters = async () => (await cloud.request('GET', '/v1/dead-letters')).body.items;

  /** Makes the first commit of an execution unreadable, until the result is called. */
  async function spoil(name: string): Promise<() => Promise<void>> {
    const client = await clients.dynamo();
    const { pk, sk } = commitKey(new ShortArns(STATES).execution(arnOf(name)), 0);
    const request = { TableName: 'events', Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true };
    const { Item } = await client.send(new GetItemCommand(request));
    if (Item === undefined) throw new Error(`There is no commit of ${name}.`);
    const garbage = (value: AttributeValue) => (value.B === undefined ? value : { B: Uint8Array.of(1, 2, 3) });
    const spoilt = Object.fromEntries(Object.entries(Item).map(([key, value]) => [key, garbage(value)]));
    await client.send(new PutItemCommand({ TableName: 'events', Item: spoilt }));
    return async () => void (await client.send(new PutItemCommand({ TableName: 'events', Item })));
  }

  it('holds up no other, is given up with its cause, and goes on once that is removed', async () => {
    for (const name of ['one', 'poison', 'two', 'three']) expect((await start(name)).status).toBe(201);
    const mend = await spoil('poison');
    expect(await cloud.runQueue()).toHaveLength(1);
    expect(done.toSorted()).toEqual(['one', 'three', 'two']);
    for (const name of ['one', 'two', 'three']) expect(await status(name)).toBe('SUCCEEDED');
    expect(await letters()).toEqual([]);

    await cloud.send(workBody(arnOf('poison'), 'work', undefined));
    expect(await cloud.runQueue(MAX_DELIVERIES)).toEqual([]);
    const [letter, ...others] = await letters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ execution: arnOf('poison'), failures: MAX_DELIVERIES });
    expect(letter.error.message).not.toBe('');
    expect(letter.error.code).not.toBe('Knhk.TurnUnended');

    await mend();
    const answer = await cloud.request('POST', '/v1/dead-letters/redrive', {}, JSON_BODY);
    expect(answer).toEqual({ status: 200, body: { redriven: [arnOf('poison')], more: false } });
    expect(await cloud.runQueue()).toEqual([]);
    expect(await status('poison')).toBe('SUCCEEDED');
    expect(done.filter((name) => name === 'poison')).toHaveLength(1);
    expect(await letters()).toEqual([]);
  });

  it('is no longer on record when its last turn ends well after all', async () => {
    await start('late');
    expect(await cloud.runQueue(MAX_DELIVERIES)).toEqual([]);
    expect(await status('late')).toBe('SUCCEEDED');
    expect(await letters()).toEqual([]);
  });

  it('of which nothing can be read stays in the queue, which has one for such', async () => {
    await cloud.send('no message of the engine');
    expect(await cloud.runQueue(MAX_DELIVERIES)).toHaveLength(1);
    expect(await letters()).toEqual([]);
  });

  it('that is redriven although its execution is in order changes nothing', async () => {
    const named = { executions: [arnOf('one')] };
    const refused = await cloud.request('POST', '/v1/dead-letters/redrive', named, JSON_BODY);
    expect(refused).toMatchObject({ status: 404, body: { detail: expect.stringContaining('nothing has to be done') } });
    await start('fine');
    const mend = await spoil('fine');
    expect(await cloud.runQueue(MAX_DELIVERIES)).toEqual([]);
    await mend();
    // Something else has got it going meanwhile.
    await cloud.send(workBody(arnOf('fine'), 'work', undefined));
    await cloud.runQueue();
    expect(await status('fine')).toBe('SUCCEEDED');
    expect(await letters()).toEqual([]);
    await cloud.send(workBody(arnOf('fine'), 'work', undefined));
    expect(await cloud.runQueue()).toEqual([]);
    expect(done.filter((name) => name === 'fine')).toHaveLength(1);
  });

  it('can be forgotten', async () => {
    await start('gone');
    await spoil('gone');
    await cloud.runQueue(MAX_DELIVERIES);
    const path = `/v1/dead-letters/${encodeURIComponent(arnOf('gone'))}`;
    expect((await cloud.request('DELETE', path)).status).toBe(204);
    expect((await cloud.request('DELETE', path)).status).toBe(404);
    expect(await letters()).toEqual([]);
  });
});
