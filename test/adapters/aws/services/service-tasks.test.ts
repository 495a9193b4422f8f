import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwsClients } from '../../../../lib/adapters/aws/clients.ts';
import { ServiceTasks } from '../../../../lib/adapters/aws/services/service-tasks.ts';
import type { Json } from '../../../../lib/model/json.ts';
import { DYNAMO_EMULATORS, type Emulator, freePort } from '../emulators.ts';
import { EXECUTION, never, serviceTask } from './assignment.ts';
import { FakeAws } from './fake-aws.ts';

const TABLE = 'orders';

describe('ServiceTasks', () => {
  const aws = new FakeAws();
  const clients = new AwsClients();
  const tasks = new ServiceTasks({ clients, now: Date.now });
  let dynamo: Emulator;
  let queues: FauxqsServer;

  beforeAll(async () => {
    const [dynalite] = DYNAMO_EMULATORS;
    if (dynalite === undefined) throw new Error('There is no emulator of DynamoDB.');
    dynamo = await dynalite.start();
    queues = await startFauxqs({ port: 0, logger: false });
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_ENDPOINT_URL', await aws.start());
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamo.endpoint);
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', queues.address);
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', queues.address);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', queues.address);
    const setUp = new AwsClients({ endpoints: { dynamodb: dynamo.endpoint } });
    await (await setUp.dynamo()).send(
      new CreateTableCommand({
        TableName: TABLE,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    setUp.destroy();
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    clients.destroy();
    aws.stop();
    await dynamo.stop();
    await queues.stop();
  });

  beforeEach(() => {
    aws.requests.length = 0;
    aws.answers.clear();
  });

  const call = (resource: string, input: Json) => tasks.invoke(serviceTask(resource, input), never);

  describe('DynamoDB', () => {
    const item = { id: { S: 'A-1' }, open: { BOOL: true }, tags: { SS: ['new'] }, note: { NULL: true } };

    it('answers with what the SDK adds, in the optimised integration', async () => {
      const put = await call('dynamodb:putItem', { TableName: TABLE, Item: item });
      expect(put).toMatchObject({
        kind: 'succeeded',
        output: { SdkHttpMetadata: { HttpStatusCode: 200, HttpHeaders: { 'Content-Length': '2' } } },
      });
      const got = await call('dynamodb:getItem', { TableName: TABLE, Key: { id: { S: 'A-1' } } });
      expect(got).toMatchObject({ output: { Item: item, SdkResponseMetadata: { RequestId: expect.any(String) } } });
    });

    it('names types as the SDK for Java does, in the SDK integration, and takes either name', async () => {
      const named = { id: { S: 'A-2' }, open: { Bool: true }, tags: { Ss: ['new'] }, note: { Nul: true } };
      expect(await call('aws-sdk:dynamodb:putItem', { TableName: TABLE, Item: { ...item, id: { S: 'A-2' } } })).toEqual(
        {
          kind: 'succeeded',
          output: {},
        },
      );
      const key = { TableName: TABLE, Key: { id: { S: 'A-2' } } };
      expect(await call('aws-sdk:dynamodb:getItem', key)).toEqual({ kind: 'succeeded', output: { Item: named } });
      const again = { TableName: TABLE, Item: named };
      expect(await call('aws-sdk:dynamodb:putItem', again)).toEqual({ kind: 'succeeded', output: {} });
    });

    it('names a failed condition', async () => {
      const parameters = { TableName: TABLE, Item: item, ConditionExpression: 'attribute_not_exists(id)' };
      await call('dynamodb:putItem', { TableName: TABLE, Item: item });
      expect(await call('dynamodb:putItem', parameters)).toMatchObject({
        kind: 'failed',
        reason: 'failed',
        error: 'DynamoDB.ConditionalCheckFailedException',
        cause: expect.stringMatching(
          /^The conditional request failed \(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException; Request ID: \S+; Proxy: null\)$/,
        ),
      });
      expect(await call('aws-sdk:dynamodb:putItem', parameters)).toMatchObject({
        error: 'DynamoDb.ConditionalCheckFailedException',
        cause: expect.stringMatching(
          /^The conditional request failed \(Service: DynamoDb, Status Code: 400, Request ID: \S+\) \(SDK Attempt Count: 1\)$/,
        ),
      });
    });

    it('gives errors that the service does not declare the name of the service', async () => {
      expect(await call('aws-sdk:dynamodb:putItem', { TableName: TABLE, Item: null })).toMatchObject({
        error: 'DynamoDb.DynamoDbException',
      });
      expect(await call('dynamodb:putItem', { TableName: TABLE, Item: null })).toMatchObject({
        error: 'DynamoDB.AmazonDynamoDBException',
      });
    });

    it('refuses a parameter that the action does not have', async () => {
      const parameters = { TableName: TABLE, Itme: {} };
      expect(await call('aws-sdk:dynamodb:putItem', parameters)).toEqual({
        kind: 'failed',
        reason: 'notScheduled',
        error: 'States.Runtime',
        cause: `The Parameters '${JSON.stringify(parameters)}' could not be used to start the Task: [The field "Itme" is not supported by Step Functions]`,
      });
    });
  });

  describe('SQS and SNS', () => {
    it('sends objects as JSON text', async () => {
      const { queueUrl } = queues.createQueue('orders');
      const sent = await call('sqs:sendMessage', { QueueUrl: queueUrl, MessageBody: { order: 7, open: [true] } });
      expect(sent).toMatchObject({
        kind: 'succeeded',
        output: { MD5OfMessageBody: expect.any(String), MessageId: expect.any(String) },
      });
      const received = await call('aws-sdk:sqs:receiveMessage', { QueueUrl: queueUrl });
      expect(received).toMatchObject({
        output: { Messages: [{ Body: '{"order":7,"open":[true]}', Md5OfBody: expect.any(String) }] },
      });
    });

    it('waits for a callback once the message is accepted', async () => {
      const { queueUrl } = queues.createQueue('asked');
      const sent = await call('sqs:sendMessage.waitForTaskToken', { QueueUrl: queueUrl, MessageBody: 'x' });
      expect(sent).toMatchObject({ kind: 'submitted', output: { MessageId: expect.any(String) } });
      expect(sent).not.toHaveProperty('askAfterMs');
    });

    it('names queues that do not exist, and requests that lack something', async () => {
      const gone = `${queues.address}/000000000000/gone`;
      expect(await call('sqs:sendMessage.waitForTaskToken', { QueueUrl: gone, MessageBody: 'x' })).toMatchObject({
        kind: 'failed',
        reason: 'notSubmitted',
        error: 'SQS.QueueDoesNotExistException',
      });
      const { queueUrl } = queues.createQueue('strict');
      expect(await call('sqs:sendMessage', { QueueUrl: queueUrl, MessageBody: null })).toMatchObject({
        error: 'SQS.AmazonSQSException',
        cause: expect.stringContaining('MissingParameter; Request ID: '),
      });
    });

    it('publishes', async () => {
      const { topicArn } = queues.createTopic('news');
      expect(await call('sns:publish', { TopicArn: topicArn, Message: { text: 'hello' } })).toMatchObject({
        kind: 'succeeded',
        output: { MessageId: expect.any(String), SdkHttpMetadata: { HttpStatusCode: 200 } },
      });
    });
  });

  it('writes objects of S3 as text or JSON, and reads them as text', async () => {
    const { bucketName } = queues.createBucket('files');
    await call('aws-sdk:s3:putObject', { Bucket: bucketName, Key: 'a.txt', Body: 'plain' });
    await call('aws-sdk:s3:putObject', { Bucket: bucketName, Key: 'a.json', Body: { a: 1 } });
    const read = (Key: string) => call('aws-sdk:s3:getObject', { Bucket: bucketName, Key });
    expect(await read('a.txt')).toMatchObject({ output: { Body: 'plain', LastModified: expect.stringMatching(/Z$/) } });
    expect(await read('a.json')).toMatchObject({ output: { Body: '{"a":1}', ContentLength: 7 } });
    expect(await read('gone')).toMatchObject({ error: 'S3.NoSuchKeyException' });
  });

  describe('EventBridge', () => {
    it('names the execution and its workflow in each event', async () => {
      aws.answers.set('AWSEvents.PutEvents', () => ({ body: { FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] } }));
      const entry = { Source: 'shop', DetailType: 'Sold', Detail: { order: 7 }, Resources: ['arn:aws:s3:::files'] };
      expect(await call('events:putEvents', { Entries: [entry] })).toEqual({
        kind: 'succeeded',
        output: { FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] },
      });
      const workflow = 'arn:aws:states:us-east-1:123456789012:stateMachine:order';
      expect(aws.requests[0]?.body).toEqual({
        Entries: [{ ...entry, Detail: '{"order":7}', Resources: ['arn:aws:s3:::files', EXECUTION, workflow] }],
      });
    });

    it('fails with the answer if an event was not taken', async () => {
      const body = { FailedEntryCount: 1, Entries: [{ ErrorCode: 'MalformedDetail', ErrorMessage: 'Not so.' }] };
      aws.answers.set('AWSEvents.PutEvents', () => ({ body }));
      const failed = await call('events:putEvents', {
        Entries: [{ Source: 'shop', DetailType: 'Sold', Detail: '"x"' }],
      });
      expect(failed).toMatchObject({ kind: 'failed', error: 'EventBridge.FailedEntry' });
      expect(failed.kind === 'failed' ? JSON.parse(failed.cause ?? '') : undefined).toEqual(body);
    });
  });

  it('gives the same token to the same attempt, where the service knows tokens', async () => {
    aws.answers.set('secretsmanager.CreateSecret', () => ({
      body: { Name: 'key', ARN: 'arn:aws:secretsmanager:::x' },
    }));
    const parameters = { Name: 'key', SecretString: 'open' };
    expect(await call('aws-sdk:secretsmanager:createSecret', parameters)).toEqual({
      kind: 'succeeded',
      output: { Name: 'key', Arn: 'arn:aws:secretsmanager:::x' },
    });
    await call('aws-sdk:secretsmanager:createSecret', parameters);
    await tasks.invoke(serviceTask('aws-sdk:secretsmanager:createSecret', parameters, { attempt: 2 }), never);
    const tokens = aws.requests.map(({ body }) => (body as { ClientRequestToken?: string }).ClientRequestToken);
    expect(tokens[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(tokens[1]).toBe(tokens[0]);
    expect(tokens[2]).not.toBe(tokens[0]);
  });

  it('calls once, whatever the service answers', async () => {
    aws.answers.set('secretsmanager.GetSecretValue', () => ({
      status: 500,
      type: 'InternalServiceError',
      body: { Message: 'Later.' },
    }));
    const failed = await call('aws-sdk:secretsmanager:getSecretValue', { SecretId: 'key' });
    expect(failed).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^SecretsManager\.InternalServiceError/),
    });
    expect(aws.requests).toHaveLength(1);
  });

  it('says what to install, and what is wrong with an action', async () => {
    expect(await call('aws-sdk:appmesh:listMeshes', {})).toMatchObject({
      reason: 'notScheduled',
      error: 'States.Runtime',
      cause: expect.stringContaining('install the package @aws-sdk/client-app-mesh'),
    });
    expect(await call('aws-sdk:sqs:sendMesage', {})).toMatchObject({
      cause: expect.stringContaining("no action 'sendMesage'"),
    });
  });

  it('names what could not be reached', async () => {
    const port = await freePort();
    vi.stubEnv('AWS_ENDPOINT_URL_SCHEDULER', `http://127.0.0.1:${port}`);
    expect(await call('aws-sdk:scheduler:listSchedules', {})).toMatchObject({
      error: 'Scheduler.SdkClientException',
      cause: `Unable to execute HTTP request: Connect to 127.0.0.1:${port} failed: Connection refused (SDK Attempt Count: 1)`,
    });
  });
});
