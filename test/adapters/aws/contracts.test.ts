import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe } from 'vitest';
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { DynamoEventStore } from '../../../lib/adapters/aws/dynamo-event-store.ts';
import { DynamoExecutionIndex } from '../../../lib/adapters/aws/dynamo-execution-index.ts';
import { DynamoInbox } from '../../../lib/adapters/aws/dynamo-inbox.ts';
import { DynamoKeyValueStore } from '../../../lib/adapters/aws/dynamo-key-value-store.ts';
import type { ConsumedUnits, DynamoTable, DynamoTableOptions } from '../../../lib/adapters/aws/dynamo-table.ts';
import type { S3BlobStore } from '../../../lib/adapters/aws/s3-blob-store.ts';
import { S3ObjectStore } from '../../../lib/adapters/aws/s3-object-store.ts';
import { EVENT_TABLE, STATE_TABLE, type TableSchema } from '../../../lib/adapters/aws/tables.ts';
import { describeBlobStore } from '../../contracts/blob-store.ts';
import { describeEventStore } from '../../contracts/event-store.ts';
import { describeExecutionIndex } from '../../contracts/execution-index.ts';
import { describeInbox } from '../../contracts/inbox.ts';
import { describeKeyValueStore } from '../../contracts/key-value-store.ts';
import { describeObjectStore } from '../../contracts/object-store.ts';
import { describeResourcePools } from '../../contracts/resource-pools.ts';
import { createTable, type Emulator, emulatedClients, onEachDynamo, startBlobs } from './emulators.ts';
import { ARNS, CLOCK } from './fixtures.ts';

onEachDynamo(describe, (kind) => {
  let emulator: Emulator;
  let s3: FauxqsServer;
  let clients: AwsClients;

  beforeAll(async () => {
    [emulator, s3] = await Promise.all([kind.start(), startFauxqs({ port: 0, logger: false })]);
    clients = emulatedClients({ dynamodb: emulator.endpoint, s3: s3.address });
  });

  afterAll(async () => {
    clients.destroy();
    await Promise.all([emulator.stop(), s3.stop()]);
  });

  /** Opens a store on a table of its own. */
  function opener<T>(
    schema: TableSchema,
    make: (table: DynamoTable, blobs: S3BlobStore) => T,
    options: Pick<DynamoTableOptions, 'onConsumed'> = {},
  ) {
    return async () => {
      const table = await createTable(clients, schema, { expires: kind.expires, ...options });
      const blobs = startBlobs(s3, clients);
      return {
        store: make(table, blobs),
        reopen: async () => make(table, blobs),
        close: async () => {},
      };
    };
  }

  describeEventStore(
    'DynamoDB',
    opener(EVENT_TABLE, (table, blobs) => new DynamoEventStore({ table, blobs, arns: ARNS })),
  );
  describeInbox(
    'DynamoDB',
    opener(EVENT_TABLE, (table, blobs) => new DynamoInbox({ table, blobs, arns: ARNS, clock: CLOCK })),
  );
  describeKeyValueStore(
    'DynamoDB',
    opener(STATE_TABLE, (table, blobs) => new DynamoKeyValueStore({ table, blobs })),
  );
  let written = 0;
  const counted = { onConsumed: ({ kind: of, units }: ConsumedUnits) => (written += of === 'write' ? units : 0) };
  describeResourcePools(
    'DynamoDB',
    opener(STATE_TABLE, (table, blobs) => new DynamoKeyValueStore({ table, blobs }), counted),
    () => written,
  );
  describeExecutionIndex(
    'DynamoDB',
    opener(STATE_TABLE, (table) => new DynamoExecutionIndex({ table, arns: ARNS })),
  );
});

describeBlobStore('S3', async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  const clients = emulatedClients({ s3: server.address });
  const store = startBlobs(server, clients);
  return {
    store,
    reopen: async () => store,
    close: async () => {
      clients.destroy();
      await server.stop();
    },
  };
});

describeObjectStore('S3', async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  const clients = emulatedClients({ s3: server.address });
  return {
    store: new S3ObjectStore(() => clients.s3()),
    createBucket: async (name) => void server.createBucket(name),
    close: async () => {
      clients.destroy();
      await server.stop();
    },
  };
});
