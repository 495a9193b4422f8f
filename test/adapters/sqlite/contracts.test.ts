import { describeBlobStore } from '../../contracts/blob-store.ts';
import { describeEventStore } from '../../contracts/event-store.ts';
import { describeExecutionIndex } from '../../contracts/execution-index.ts';
import { describeInbox } from '../../contracts/inbox.ts';
import { describeKeyValueStore } from '../../contracts/key-value-store.ts';
import { describeResourcePools } from '../../contracts/resource-pools.ts';
import { opened } from './data-dir.ts';

describeEventStore('SQLite', () => opened((stores) => stores.events));
describeInbox('SQLite', () => opened((stores) => stores.inbox));
describeExecutionIndex('SQLite', () => opened((stores) => stores.index));
describeKeyValueStore('SQLite', () => opened((stores) => stores.keyValues));
describeResourcePools('SQLite', () => opened((stores) => stores.keyValues));
describeBlobStore('SQLite', () => opened((stores) => stores.blobs));
