import {
  MemoryObjectStore,
  type MemoryStores,
  MemoryTimerService,
  MemoryWorkQueue,
  memoryStores,
  SimulatedClock,
} from '../../../lib/adapters/memory/index.ts';
import { describeBlobStore } from '../../contracts/blob-store.ts';
import { describeEventStore } from '../../contracts/event-store.ts';
import { describeExecutionIndex } from '../../contracts/execution-index.ts';
import { describeInbox } from '../../contracts/inbox.ts';
import { describeKeyValueStore } from '../../contracts/key-value-store.ts';
import { describeObjectStore } from '../../contracts/object-store.ts';
import { describeResourcePools } from '../../contracts/resource-pools.ts';
import { describeTimerService } from '../../contracts/timer-service.ts';
import { describeWorkQueue } from '../../contracts/work-queue.ts';

async function opened<Store>(pick: (stores: MemoryStores) => Store) {
  return { store: pick(memoryStores()), close: async () => {} };
}

describeEventStore('memory', () => opened((stores) => stores.events));
describeInbox('memory', () => opened((stores) => stores.inbox));
describeExecutionIndex('memory', () => opened((stores) => stores.index));
describeKeyValueStore('memory', () => opened((stores) => stores.keyValues));
describeResourcePools('memory', () => opened((stores) => stores.keyValues));
describeBlobStore('memory', () => opened((stores) => stores.blobs));

describeObjectStore('memory', async () => {
  const store = new MemoryObjectStore();
  return { store, createBucket: async (name) => store.createBucket(name), close: async () => {} };
});

/** A queue whose messages are collected as they become visible. */
function collected() {
  const clock = new SimulatedClock();
  const queue = new MemoryWorkQueue(clock);
  let received: string[] = [];
  queue.consume(async (message) => received.push(message.execution), { concurrency: 10, maxDeliveries: 1 });
  const receive = async () => {
    await queue.drain();
    const some = received;
    received = [];
    return some;
  };
  return { clock, queue, receive, close: () => queue.stop() };
}

describeWorkQueue('memory', async () => {
  const { clock, queue, receive, close } = collected();
  return { queue, receive, elapse: async (seconds) => clock.advance(seconds * 1000), close };
});

describeTimerService('memory', async () => {
  const { clock, queue, receive, close } = collected();
  const timers = new MemoryTimerService(clock, queue);
  return { timers, now: () => clock.now(), advanceTo: (until) => clock.run({ until }), woken: receive, close };
});
