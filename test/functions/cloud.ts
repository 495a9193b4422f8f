import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CreateTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  SQSBatchResponse,
  SQSEvent,
  SQSRecord,
} from 'aws-lambda';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { vi } from 'vitest';
import type { DeliverEvent, StartEvent, SweepEvent } from '../../functions/events.ts';
import type { AwsClients } from '../../lib/adapters/aws/clients.ts';
import { createTableInput, EVENT_TABLE, STATE_TABLE } from '../../lib/adapters/aws/tables.ts';
import { type Emulator, type EmulatorKind, emulatedClients } from '../adapters/aws/emulators.ts';

const REGION = 'us-east-1';
const ACCOUNT = '123456789012';
/** Whom API Gateway has authorised. */
export const TESTER = `arn:aws:iam::${ACCOUNT}:user/tester`;

export type Handler<E, R> = (event: E, context: Context) => Promise<R>;
/** `key`: the idempotency key of the task. */
export type Functions = Readonly<Record<string, (payload: Record<string, unknown>, key: string) => unknown>>;

/**
 * The three handlers as Lambda would run them, between a DynamoDB and an SQS on this machine: this class does what AWS
 * does between them, and nothing that the engine should do.
 */
export class Cloud {
  readonly #dynamo: Emulator;
  readonly #streams: boolean;
  readonly #queues: FauxqsServer;
  readonly #lambda: Server;
  readonly #clients: AwsClients;
  readonly #queueUrl: string;
  /** Messages that the executor gets at a time, at most. */
  batchSize = 10;
  /** Where invocations go. */
  handlers: Handlers;
  readonly #projected = new Set<string>();
  #iterator: string | undefined;

  private constructor(parts: Parts) {
    this.#dynamo = parts.dynamo;
    this.#streams = parts.streams;
    this.#queues = parts.queues;
    this.#lambda = parts.lambda;
    this.#clients = parts.clients;
    this.#queueUrl = parts.queueUrl;
    this.handlers = parts.handlers;
  }

  static async start(
    kind: EmulatorKind,
    functions: Functions,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Cloud> {
    const [dynamo, queues, lambda] = await Promise.all([
      kind.start(),
      startFauxqs({ port: 0, logger: false }),
      startLambda(functions),
    ]);
    const clients = emulatedClients({ dynamodb: dynamo.endpoint, sqs: queues.address });
    // Time to live and streams come together in the emulators.
    const streams = kind.expires;
    const client = await clients.dynamo();
    for (const [name, schema] of [
      ['events', EVENT_TABLE],
      ['state', STATE_TABLE],
    ] as const) {
      const { StreamSpecification, ...input } = createTableInput(name, schema);
      await client.send(new CreateTableCommand(streams ? { ...input, StreamSpecification } : input));
      while ((await client.send(new DescribeTableCommand({ TableName: name }))).Table?.TableStatus !== 'ACTIVE');
    }
    const { queueUrl } = queues.createQueue('work');
    const { bucketName } = queues.createBucket('blobs');
    const environment = {
      ...{ AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ KNHK_PARTITION: 'aws', KNHK_ACCOUNT: ACCOUNT, KNHK_LOG_RETENTION_DAYS: '90' },
      ...{ KNHK_EVENT_TABLE: 'events', KNHK_STATE_TABLE: 'state', KNHK_BLOB_BUCKET: bucketName },
      ...{ KNHK_QUEUE_URL: queueUrl, KNHK_QUEUE_ARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:work` },
      ...{ KNHK_SCHEDULER_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/timers`, KNHK_SCHEDULE_GROUP: 'timers' },
      ...{ KNHK_DYNAMODB_ENDPOINT: dynamo.endpoint, KNHK_SQS_ENDPOINT: queues.address },
      // Where tasks find SQS.
      AWS_ENDPOINT_URL_SQS: queues.address,
      ...{ KNHK_S3_ENDPOINT: queues.address, KNHK_LAMBDA_ENDPOINT: urlOf(lambda) },
      ...{ POWERTOOLS_TRACE_ENABLED: 'false', POWERTOOLS_LOG_LEVEL: 'SILENT', KNHK_METRICS: 'off' },
      ...variables,
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    return new Cloud({ dynamo, streams, queues, lambda, clients, queueUrl, handlers: await loadHandlers() });
  }

  async stop(): Promise<void> {
    vi.unstubAllEnvs();
    this.#clients.destroy();
    this.#lambda.closeAllConnections();
    await new Promise((resolve) => this.#lambda.close(resolve));
    await Promise.all([this.#dynamo.stop(), this.#queues.stop()]);
  }

  /** A request through the HTTP API. */
  request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#request(method, path, body, headers, true);
  }

  /** A request through a route without an authorizer. */
  openRequest(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
    return this.#request(method, path, body, headers, false);
  }

  async #request(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
    byIam: boolean,
  ): Promise<Answer> {
    const [rawPath = '', rawQueryString = ''] = path.split('?');
    const result = await this.handlers.api(
      httpEvent({ method, rawPath, rawQueryString, headers, body: JSON.stringify(body), byIam }),
      context('api'),
    );
    return { status: result.statusCode ?? 0, body: result.body ? JSON.parse(result.body) : undefined };
  }

  /** As API Gateway does it: the whole request, then the whole response; with IAM or without. */
  async fetch(request: Request, byIam = true): Promise<Response> {
    const { method, url } = request;
    const { pathname, search } = new URL(url);
    const headers = Object.fromEntries(request.headers);
    const body = Buffer.from(await request.arrayBuffer());
    const result = await this.handlers.api(
      httpEvent({ method, rawPath: pathname, rawQueryString: search.slice(1), headers, body, byIam }),
      context('api'),
    );
    const content = Buffer.from(result.body ?? '', result.isBase64Encoded === true ? 'base64' : 'utf8');
    const answered = Object.entries(result.headers ?? {}).map(([name, value]): [string, string] => [name, `${value}`]);
    return new Response(content.length === 0 ? null : content, { status: result.statusCode ?? 0, headers: answered });
  }

  /** As `request`, while the executor runs what comes into the queue. */
  async requestWhileRunning(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = this.request(method, path, body, { 'content-type': 'application/json' });
    for (let waits = true; waits; ) {
      await this.runQueue();
      const pause = new Promise((resolve) => setTimeout(resolve, 5));
      waits = (await Promise.race([answer, pause])) === undefined;
    }
    return answer;
  }

  /** An action of Step Functions through the HTTP API. */
  call(action: string, body: object): Promise<Answer> {
    return this.request('POST', '/', body, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AWSStepFunctions.${action}`,
    });
  }

  /** An event of a rule. */
  async startBy(event: DeliverEvent | StartEvent): Promise<void> {
    await this.handlers.api(event, context('api'));
  }

  async sweep(): Promise<void> {
    await this.handlers.projector({ sweep: true }, context('projector'));
  }

  async send(body: string): Promise<void> {
    this.#queues.sendMessage('work', body);
  }

  /** The messages that are visible now: received, and not yet deleted. */
  async receive(): Promise<readonly Message[]> {
    const messages: Message[] = [];
    const request = {
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 960,
      MessageSystemAttributeNames: ['All' as const],
    };
    for (;;) {
      const { Messages = [] } = await (await this.#clients.sqs()).send(new ReceiveMessageCommand(request));
      if (Messages.length === 0) return messages;
      messages.push(...Messages);
    }
  }

  /**
   * What the event source mapping does: batches to the executor, and deletes what it did not report as failed.
   * @param deliveries what the queue says of how often each has been delivered; absent: what is so.
   */
  async runQueue(deliveries?: number): Promise<SQSBatchResponse['batchItemFailures']> {
    const failures: SQSBatchResponse['batchItemFailures'] = [];
    for (let messages = await this.receive(); messages.length > 0; messages = await this.receive()) {
      for (let from = 0; from < messages.length; from += this.batchSize) {
        const batch = messages.slice(from, from + this.batchSize);
        const { batchItemFailures } = await this.handlers.executor(
          { Records: batch.map((message) => sqsRecord(message, deliveries)) },
          context('executor'),
        );
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        for (const message of batch) if (!failed.has(message.MessageId ?? '')) await this.discard(message);
        failures.push(...batchItemFailures);
      }
    }
    return failures;
  }

  async discard({ ReceiptHandle }: Message): Promise<void> {
    await (await this.#clients.sqs()).send(new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle }));
  }

  /**
   * Hands what is new in the event table to the projector: from its stream, or from the table where it has none.
   * @param order what becomes of the order: shards of a stream are read side by side, and again after a failure.
   */
  async runStream(order: 'kept' | 'reversed twice' = 'kept'): Promise<DynamoDBBatchResponse> {
    const records = this.#streams ? await this.#streamed() : await this.#scanned();
    if (order === 'reversed twice') {
      for (const record of [...records.toReversed(), ...records.toReversed()]) {
        await this.handlers.projector({ Records: [record] }, context('projector'));
      }
      return { batchItemFailures: [] };
    }
    const response = await this.handlers.projector({ Records: records }, context('projector'));
    return response ?? { batchItemFailures: [] };
  }

  async #streamed(): Promise<DynamoDBRecord[]> {
    this.#iterator ??= await this.#openStream();
    const records: DynamoDBRecord[] = [];
    for (;;) {
      const page = await this.#wire('DynamoDBStreams_20120810.GetRecords', { ShardIterator: this.#iterator });
      const some = page['Records'] as DynamoDBRecord[];
      this.#iterator = page['NextShardIterator'] as string;
      if (some.length === 0) return records;
      records.push(...some.filter(({ eventName }) => eventName === 'INSERT'));
    }
  }

  async #openStream(): Promise<string> {
    const { Streams } = await this.#wire('DynamoDBStreams_20120810.ListStreams', { TableName: 'events' });
    const [{ StreamArn } = { StreamArn: '' }] = Streams as { StreamArn: string }[];
    const { StreamDescription } = await this.#wire('DynamoDBStreams_20120810.DescribeStream', { StreamArn });
    const [{ ShardId } = { ShardId: '' }] = (StreamDescription as { Shards: { ShardId: string }[] }).Shards;
    const request = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = await this.#wire('DynamoDBStreams_20120810.GetShardIterator', request);
    return ShardIterator as string;
  }

  async #scanned(): Promise<DynamoDBRecord[]> {
    const { Items } = await this.#wire('DynamoDB_20120810.Scan', { TableName: 'events' });
    const items = Items as NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>[];
    return items.flatMap((NewImage) => {
      const key = `${NewImage['pk']?.S} ${NewImage['sk']?.S}`;
      if (this.#projected.has(key)) return [];
      this.#projected.add(key);
      const SequenceNumber = String(this.#projected.size);
      const ApproximateCreationDateTime = Math.floor(Date.now() / 1000);
      return [{ eventName: 'INSERT' as const, dynamodb: { NewImage, SequenceNumber, ApproximateCreationDateTime } }];
    });
  }

  /** DynamoDB's own JSON, which is that of a function's event as well. */
  async #wire(target: string, body: object): Promise<Record<string, unknown>> {
    const credential = `test/20260101/${REGION}/dynamodb/aws4_request`;
    const response = await fetch(this.#dynamo.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': target,
        'x-amz-date': '20260101T000000Z',
        authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${target}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a body of any form, which the assertions look at.
  readonly body: any;
}

interface Parts {
  readonly dynamo: Emulator;
  readonly streams: boolean;
  readonly queues: FauxqsServer;
  readonly lambda: Server;
  readonly clients: AwsClients;
  readonly queueUrl: string;
  readonly handlers: Handlers;
}

export interface Handlers {
  readonly api: Handler<APIGatewayProxyEventV2 | DeliverEvent | StartEvent, APIGatewayProxyStructuredResultV2>;
  readonly executor: Handler<SQSEvent, SQSBatchResponse>;
  readonly projector: Handler<DynamoDBStreamEvent | SweepEvent, DynamoDBBatchResponse | undefined>;
}

/** New instances of the functions, which read their environment when they are loaded. */
async function loadHandlers(): Promise<Handlers> {
  vi.resetModules();
  const [api, executor, projector] = await Promise.all([HANDLERS.api(), HANDLERS.executor(), HANDLERS.projector()]);
  return { api, executor, projector };
}

/** Load one, which reads its environment if its module has not been loaded. */
export const HANDLERS: { readonly [K in keyof Handlers]: () => Promise<Handlers[K]> } = {
  api: async () => (await import('../../functions/api/index.ts')).handler,
  executor: async () => (await import('../../functions/executor/index.ts')).handler,
  projector: async () => (await import('../../functions/projector/index.ts')).handler,
};

/** Lambda's Invoke API in front of functions of this process. */
async function startLambda(functions: Functions): Promise<Server> {
  const server = createServer((request, response) => {
    void invoke(functions, request).then(
      (output) => response.end(JSON.stringify(output ?? null)),
      (error: Error) => {
        response.setHeader('x-amz-function-error', 'Unhandled');
        response.end(JSON.stringify({ errorType: error.name, errorMessage: error.message }));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function invoke(functions: Functions, request: IncomingMessage): Promise<unknown> {
  const [, name = ''] = /\/functions\/([^/]+)\/invocations/.exec(decodeURIComponent(request.url ?? '')) ?? [];
  const implementation = functions[name.split(':').at(-1) ?? ''];
  if (implementation === undefined) throw new Error(`No function ${name}`);
  const context = JSON.parse(
    Buffer.from(String(request.headers['x-amz-client-context'] ?? 'e30='), 'base64').toString(),
  );
  return implementation(JSON.parse(await text(request)), context.custom?.['knhk-idempotency-key'] ?? '');
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function httpEvent(request: {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | undefined;
  readonly byIam: boolean;
}): APIGatewayProxyEventV2 {
  const { method, rawPath, rawQueryString, headers, body, byIam } = request;
  const domainName = 'api.example.com';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: { 'content-type': 'application/json', ...headers },
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'api',
      domainName,
      domainPrefix: 'api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey: '$default',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 0,
      ...(byIam ? { authorizer: { iam: { userArn: TESTER, accessKey: 'AKIATESTER' } } } : {}),
    },
    // What is not plain JSON or text comes in base64.
    isBase64Encoded: body !== undefined,
    ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64') }),
  };
}

function sqsRecord(message: Message, deliveries?: number): SQSRecord {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} } = message;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: {
      ApproximateReceiveCount: String(deliveries ?? Attributes.ApproximateReceiveCount ?? 1),
      SentTimestamp: Attributes.SentTimestamp ?? '0',
      SenderId: Attributes.SenderId ?? '',
      ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:work`,
    awsRegion: REGION,
  };
}

function context(name: string): Context {
  return {
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
    memoryLimitInMB: '512',
    awsRequestId: 'request',
    logGroupName: name,
    logStreamName: name,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => 900_000,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
