import type { BlobStore } from '../../ports/blob-store.ts';
import type { EventStore, Inbox } from '../../ports/event-store.ts';
import type { ExecutionIndex, LoggedRows } from '../../ports/execution-index.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { MemoryBlobStore } from './memory-blob-store.ts';
import { MemoryEventStore } from './memory-event-store.ts';
import { MemoryExecutionIndex } from './memory-execution-index.ts';
import { MemoryInbox } from './memory-inbox.ts';
import { MemoryKeyValueStore } from './memory-key-value-store.ts';

export interface MemoryStores {
  readonly events: EventStore & LoggedRows;
  readonly inbox: Inbox;
  readonly index: ExecutionIndex;
  readonly keyValues: KeyValueStore;
  readonly blobs: BlobStore;
}

/** All stores, empty; nothing outlives the process. */
export function memoryStores(): MemoryStores {
  const index = new MemoryExecutionIndex();
  const keyValues = new MemoryKeyValueStore();
  return {
    events: new MemoryEventStore(index, keyValues),
    inbox: new MemoryInbox(),
    index,
    keyValues,
    blobs: new MemoryBlobStore(),
  };
}
