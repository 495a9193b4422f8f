import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { STSClient } from '@aws-sdk/client-sts';
import type { Retries } from '../../ports/retries.ts';
import { LatestUsed } from './latest-used.ts';
import { never, retryStrategy } from './retry-strategy.ts';
import { isTransient } from './unavailable.ts';

export interface AwsSettings {
  /** Absent: what the SDK finds in the environment. */
  readonly region?: string;
  /** Base URLs in the place of the services': emulators. */
  readonly endpoints?: AwsEndpoints;
  /** Absent: the SDK's default chain; none at all for endpoints on this machine. */
  readonly credentials?: AwsCredentials;
  /** Whether requests of the engine's own are sent again, asked for once per service; absent: they are not. Calls for tasks never are. */
  readonly retries?: (service: keyof AwsEndpoints) => Retries;
  /** Told of each request of the engine's own that has been answered or given up; not of calls of functions and services for tasks. */
  readonly onRequest?: (service: keyof AwsEndpoints) => void;
}

export interface AwsEndpoints {
  readonly dynamodb?: string;
  readonly events?: string;
  readonly kms?: string;
  readonly lambda?: string;
  readonly logs?: string;
  readonly s3?: string;
  readonly scheduler?: string;
  readonly secrets?: string;
  readonly sqs?: string;
  readonly sts?: string;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** STS does not let the engine act as this role. */
export class RoleRefused extends Error {
  override readonly name = 'RoleRefused';
  readonly code = 'Knhk.RoleRefused';
}

/** Waiting for a free connection counts as well. */
const CONNECT_MS = 3_000;
/** An answer of DynamoDB takes some ms; one that takes this long is lost. */
const ANSWER_MS = 5_000;
const BLOB_ANSWER_MS = 30_000;
/** Lambda's own limit is 15 minutes; the rest is for the answer to arrive. */
const LAMBDA_ANSWER_MS = 15 * 60_000 + 10_000;
/** Models may think for minutes. */
const TASK_ANSWER_MS = 10 * 60_000;
/** Some 10,000 requests of DynamoDB's 5 ms per second; more connections opened at once only hold each other up. */
const MAX_SOCKETS = 50;
const MAX_LAMBDA_SOCKETS = 1_000;
/** Roles whose credentials and connections are kept. */
const MAX_ROLES = 100;
const ROLE_SECONDS = 3_600;

/**
 * The SDK's clients: each is loaded and made when it is first used, so that a function pays only for the services it
 * calls, and one machine that invokes no Lambda function does not load the SDK at all.
 */
export class AwsClients {
  readonly #settings: AwsSettings;
  #dynamo?: Promise<DynamoDBClient>;
  #sqs?: Promise<SQSClient>;
  #s3?: Promise<S3Client>;
  #scheduler?: Promise<SchedulerClient>;
  #sts?: Promise<STSClient>;
  #kms?: Promise<KMSClient>;
  #lambda?: Promise<LambdaClient>;
  #events?: Promise<EventBridgeClient>;
  #secrets?: Promise<SecretsManagerClient>;
  #logs?: Promise<CloudWatchLogsClient>;
  readonly #lambdaAs = new LatestUsed<Promise<LambdaClient>>(
    MAX_ROLES,
    (client) => void client.then((c) => c.destroy()),
  );

  constructor(settings: AwsSettings = {}) {
    this.#settings = settings;
  }

  dynamo(): Promise<DynamoDBClient> {
    this.#dynamo ??= import('@aws-sdk/client-dynamodb').then(
      ({ DynamoDBClient }) => new DynamoDBClient(this.#config('dynamodb', ANSWER_MS)),
    );
    return this.#dynamo;
  }

  sqs(): Promise<SQSClient> {
    this.#sqs ??= import('@aws-sdk/client-sqs').then(({ SQSClient }) => new SQSClient(this.#config('sqs', ANSWER_MS)));
    return this.#sqs;
  }

  s3(): Promise<S3Client> {
    const emulated = this.#settings.endpoints?.s3 !== undefined;
    this.#s3 ??= import('@aws-sdk/client-s3').then(
      // Emulators have no host name per bucket.
      ({ S3Client }) => new S3Client({ ...this.#config('s3', BLOB_ANSWER_MS), forcePathStyle: emulated }),
    );
    return this.#s3;
  }

  scheduler(): Promise<SchedulerClient> {
    this.#scheduler ??= import('@aws-sdk/client-scheduler').then(
      ({ SchedulerClient }) => new SchedulerClient(this.#config('scheduler', ANSWER_MS)),
    );
    return this.#scheduler;
  }

  events(): Promise<EventBridgeClient> {
    this.#events ??= import('@aws-sdk/client-eventbridge').then(
      ({ EventBridgeClient }) => new EventBridgeClient(this.#config('events', ANSWER_MS)),
    );
    return this.#events;
  }

  kms(): Promise<KMSClient> {
    this.#kms ??= import('@aws-sdk/client-kms').then(({ KMSClient }) => new KMSClient(this.#config('kms', ANSWER_MS)));
    return this.#kms;
  }

  secrets(): Promise<SecretsManagerClient> {
    this.#secrets ??= import('@aws-sdk/client-secrets-manager').then(
      ({ SecretsManagerClient }) => new SecretsManagerClient(this.#config('secrets', ANSWER_MS)),
    );
    return this.#secrets;
  }

  logs(): Promise<CloudWatchLogsClient> {
    this.#logs ??= import('@aws-sdk/client-cloudwatch-logs').then(
      ({ CloudWatchLogsClient }) => new CloudWatchLogsClient(this.#config('logs', ANSWER_MS)),
    );
    return this.#logs;
  }

  /** `roleArn`: the role to call functions as; absent: the process's own. */
  lambda(roleArn?: string): Promise<LambdaClient> {
    if (roleArn === undefined) {
      this.#lambda ??= this.#lambdaClient(this.#credentials('lambda'));
      return this.#lambda;
    }
    return this.#lambdaAs.get(roleArn, () => this.#lambdaClient({ credentials: () => this.#assume(roleArn) }));
  }

  /**
   * For clients that carry out tasks: region and endpoint as the SDK finds them in the environment, one attempt.
   * `roleArn`: the role to call as; absent: the process's own.
   */
  taskConfig(roleArn?: string): object {
    const { region, credentials } = this.#settings;
    const own = credentials === undefined ? {} : { credentials };
    const agent = { maxSockets: MAX_LAMBDA_SOCKETS, keepAlive: true };
    return {
      ...(region === undefined ? {} : { region }),
      ...(roleArn === undefined ? own : { credentials: () => this.#assume(roleArn) }),
      // The engine's retriers decide about a second call, nothing underneath.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        socketTimeout: TASK_ANSWER_MS,
        httpAgent: agent,
        httpsAgent: agent,
      },
    };
  }

  destroy(): void {
    const made = [
      this.#dynamo,
      this.#sqs,
      this.#s3,
      this.#scheduler,
      this.#sts,
      this.#lambda,
      this.#events,
      this.#secrets,
      this.#logs,
    ];
    for (const client of made) {
      void client?.then((made) => made.destroy());
    }
    this.#lambdaAs.clear();
  }

  /** Called by the SDK when it has no credentials of the role or they are about to expire; it keeps them until then. */
  async #assume(roleArn: string) {
    this.#sts ??= import('@aws-sdk/client-sts').then(({ STSClient }) => new STSClient(this.#config('sts', ANSWER_MS)));
    const [{ AssumeRoleCommand, STSServiceException }, sts] = await Promise.all([
      import('@aws-sdk/client-sts'),
      this.#sts,
    ]);
    const request = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'knhk', DurationSeconds: ROLE_SECONDS });
    const { Credentials: found } = await sts.send(request).catch((error: unknown) => {
      if (error instanceof STSServiceException && error.$fault === 'client' && !isTransient(error)) {
        throw new RoleRefused(`The role ${roleArn} cannot be assumed: ${error.message}`, { cause: error });
      }
      throw error;
    });
    if (!found?.AccessKeyId || !found.SecretAccessKey) throw new Error(`STS gave no credentials for ${roleArn}.`);
    return {
      accessKeyId: found.AccessKeyId,
      secretAccessKey: found.SecretAccessKey,
      ...(found.SessionToken ? { sessionToken: found.SessionToken } : {}),
      ...(found.Expiration ? { expiration: found.Expiration } : {}),
    };
  }

  async #lambdaClient(credentials: object): Promise<LambdaClient> {
    const { LambdaClient } = await import('@aws-sdk/client-lambda');
    const agent = { maxSockets: MAX_LAMBDA_SOCKETS, keepAlive: true };
    return new LambdaClient({
      ...this.#place('lambda'),
      ...credentials,
      // The engine's retriers decide about a second call, nothing underneath.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        socketTimeout: LAMBDA_ANSWER_MS,
        httpAgent: agent,
        httpsAgent: agent,
      },
    });
  }

  #config(service: keyof AwsEndpoints, answerMs: number) {
    const agent = { maxSockets: MAX_SOCKETS, keepAlive: true };
    return {
      ...this.#place(service),
      ...this.#credentials(service),
      retryStrategy: retryStrategy(this.#settings.retries?.(service) ?? never),
      ...this.#counting(service),
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: answerMs,
        throwOnRequestTimeout: true,
        httpAgent: agent,
        httpsAgent: agent,
      },
    };
  }

  /** Clients log each command once, at its end. */
  #counting(service: keyof AwsEndpoints) {
    const { onRequest } = this.#settings;
    if (onRequest === undefined) return {};
    const count = (line?: unknown) => {
      if (typeof line === 'object' && line !== null && 'commandName' in line) onRequest(service);
    };
    return { logger: { debug: () => {}, info: count, warn: () => {}, error: count } };
  }

  #place(service: keyof AwsEndpoints) {
    const endpoint = this.#settings.endpoints?.[service];
    const region = this.#settings.region ?? (isLoopback(endpoint) ? EMULATOR_REGION : undefined);
    return { ...(region ? { region } : {}), ...(endpoint ? { endpoint } : {}) };
  }

  #credentials(service: keyof AwsEndpoints) {
    const emulated = isLoopback(this.#settings.endpoints?.[service]) ? EMULATOR_CREDENTIALS : undefined;
    const credentials = this.#settings.credentials ?? emulated;
    return credentials ? { credentials } : {};
  }
}

/** What listens on this machine is no AWS: it needs neither credentials nor a region, but the SDK insists on both. */
function isLoopback(endpoint: string | undefined): boolean {
  return endpoint !== undefined && LOOPBACK_HOSTS.has(new URL(endpoint).hostname);
}

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const EMULATOR_REGION = 'us-east-1';
const EMULATOR_CREDENTIALS: AwsCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };
