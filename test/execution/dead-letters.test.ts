import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll } from 'vitest';
import { DynamoKeyValueStore } from '../../lib/adapters/aws/dynamo-key-value-store.ts';
import { STATE_TABLE } from '../../lib/adapters/aws/tables.ts';
import { memoryStores } from '../../lib/adapters/memory/index.ts';
import {
  createTable,
  DYNAMO_EMULATORS,
  type Emulator,
  emulatedClients,
  startBlobs,
} from '../adapters/aws/emulators.ts';
import { opened } from '../adapters/sqlite/data-dir.ts';
import { describeDeadLetters } from '../contracts/dead-letters.ts';

describeDeadLetters('memory', async () => ({ store: memoryStores().keyValues, close: async () => {} }));
describeDeadLetters('SQLite', () => opened((stores) => stores.keyValues));

let dynamo: Emulator;
let s3: FauxqsServer;

beforeAll(async () => {
  const [dynalite] = DYNAMO_EMULATORS;
  if (dynalite === undefined) throw new Error('There is no emulator of DynamoDB.');
  [dynamo, s3] = await Promise.all([dynalite.start(), startFauxqs({ port: 0, logger: false })]);
});

afterAll(async () => {
  await Promise.all([dynamo.stop(), s3.stop()]);
});

describeDeadLetters('DynamoDB', async () => {
  const clients = emulatedClients({ dynamodb: dynamo.endpoint, s3: s3.address });
  const table = await createTable(clients, STATE_TABLE);
  return {
    store: new DynamoKeyValueStore({ table, blobs: startBlobs(s3, clients) }),
    close: async () => clients.destroy(),
  };
});
