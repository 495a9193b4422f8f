import { fairnessGroup } from '../model/tenant.ts';
import type { ExecutionIndex } from '../ports/execution-index.ts';
import type { StreamedChange } from '../ports/streamed-change.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkQueue } from '../ports/work-queue.ts';

export interface ProjectionParts {
  readonly index: ExecutionIndex;
  readonly queue: WorkQueue;
  readonly telemetry: Telemetry;
}

/** Whoever deposits a fact or redrives an execution sends a message for it; this one is for those who died in between, and mostly finds nothing to do. */
const MESSAGE_DELAY_SECONDS = 30;
const PARALLEL_WRITES = 32;

/**
 * Keeps the lists of executions by what a stream says, which may come twice and in any order, and sees to it that no fact
 * is overlooked. Resolves with how many records were done before the first that failed; those from there on are to come again.
 * @param read what a record means; `undefined`: nothing here.
 */
export async function project<Change>(
  parts: ProjectionParts,
  records: readonly Change[],
  read: (record: Change) => StreamedChange | undefined,
): Promise<number> {
  const woken = new Set<string>();
  const outcomes: boolean[] = [];
  for (let i = 0; i < records.length; i += PARALLEL_WRITES) {
    const some = records.slice(i, i + PARALLEL_WRITES);
    outcomes.push(...(await Promise.all(some.map((record) => applied(parts, () => read(record), woken)))));
  }
  await parts.queue.send(
    [...woken].map((execution) => ({
      execution,
      group: fairnessGroup(execution),
      delaySeconds: MESSAGE_DELAY_SECONDS,
    })),
  );
  const failed = outcomes.indexOf(false);
  return failed === -1 ? records.length : failed;
}

async function applied(
  { index, telemetry }: ProjectionParts,
  read: () => StreamedChange | undefined,
  woken: Set<string>,
): Promise<boolean> {
  try {
    const change = read();
    if (change?.kind === 'fact') woken.add(change.execution);
    if (change?.kind !== 'row') return true;
    await index.put(change.row);
    // It has been redriven, and who did it may have died before it could tell anybody.
    if (change.row.status === 'RUNNING' && change.row.commit > 0) woken.add(change.row.execution);
    return true;
  } catch (error) {
    telemetry.log('error', 'A change could not be projected; the batch comes again from there.', { error });
    return false;
  }
}
