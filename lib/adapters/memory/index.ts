export { MemoryArchiveStore } from './memory-archive-store.ts';
export { MemoryBlobStore } from './memory-blob-store.ts';
export { MemoryEventStore } from './memory-event-store.ts';
export { MemoryExecutionIndex } from './memory-execution-index.ts';
export { MemoryInbox } from './memory-inbox.ts';
export { MemoryKeyValueStore } from './memory-key-value-store.ts';
export { MemoryObjectStore } from './memory-object-store.ts';
export { type MemoryStores, memoryStores } from './memory-stores.ts';
export { MemoryTimerService } from './memory-timer-service.ts';
export {
  type ConsumeOptions,
  type DeadLetter,
  MemoryWorkQueue,
  type MemoryWorkQueueOptions,
  type WorkHandler,
} from './memory-work-queue.ts';
export { SeededIds } from './seeded-ids.ts';
export { type RunOptions, SimulatedClock } from './simulated-clock.ts';
