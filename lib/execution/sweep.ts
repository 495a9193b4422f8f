import { isJsonObject } from '../model/json.ts';
import { fairnessGroup } from '../model/tenant.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExecutionIndex, ExecutionRow } from '../ports/execution-index.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { StateManager } from '../state/state-manager.ts';

export interface SweepParts {
  readonly index: ExecutionIndex;
  readonly states: StateManager;
  readonly queue: WorkQueue;
  readonly store: KeyValueStore;
  readonly clock: Clock;
}

/** Younger executions may still be on their way through the queue. */
const GRACE_MS = 60_000;
/** An execution is looked at again for so long, since its row may come late to the list. */
const OVERLAP_MS = 120_000;
/** How far the first sweep looks back. */
const FIRST_MS = 24 * 3_600_000;
const PAGE = 1_000;
const PARALLEL_READS = 32;

const COLLECTION = 'sweeps';
const STARTS = 'starts';

/**
 * Sends the messages of young executions that nobody works on: whose first turn has not come, because their message was
 * lost or the process that started them died; and whose first turn died with its process, so that its lease ran out. Goes on where the last sweep ended, however long ago
 * that was.
 */
export async function sweepStarts(parts: SweepParts): Promise<number> {
  const { index, queue, store, clock } = parts;
  const now = clock.now();
  const record = await store.get(COLLECTION, STARTS);
  const sweptTo = isJsonObject(record?.value) ? record.value['to'] : undefined;
  const startedFrom = typeof sweptTo === 'number' ? sweptTo - OVERLAP_MS : now - FIRST_MS;
  const startedTo = now - GRACE_MS;
  let sent = 0;
  let after: string | undefined;
  do {
    const next = after === undefined ? {} : { after };
    const page = await index.list({ status: 'RUNNING', startedFrom, startedTo, limit: PAGE, ...next });
    const left = await leftBehind(parts, page.items);
    await queue.send(left.map((execution) => ({ execution, group: fairnessGroup(execution) })));
    sent += left.length;
    after = page.next;
  } while (after !== undefined);
  await store.put(COLLECTION, STARTS, { to: startedTo }, 'any');
  return sent;
}

/** Those of which the log holds the first commit only, and those whose owner has let its lease run out. */
async function leftBehind({ states, clock }: SweepParts, rows: readonly ExecutionRow[]): Promise<readonly string[]> {
  const left: string[] = [];
  for (let i = 0; i < rows.length; i += PARALLEL_READS) {
    const some = rows.slice(i, i + PARALLEL_READS).map(({ execution }) => execution);
    const heads = await Promise.all(some.map((execution) => states.head(execution)));
    const now = clock.now();
    left.push(
      ...some.filter((_execution, at) => {
        const head = heads[at];
        return head !== undefined && (head.number === 0 || (head.lease?.until ?? now) < now);
      }),
    );
  }
  return left;
}
