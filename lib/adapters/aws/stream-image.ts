import type { StreamedChange } from '../../ports/streamed-change.ts';
import { type CommitImage, commitRow } from './commit-item.ts';
import { inboxExecution, PARTITION_KEY, type ShortArns } from './keys.ts';

/** `undefined`: a commit that changes nothing in the lists. */
export function readStreamImage(image: CommitImage, arns: ShortArns): StreamedChange | undefined {
  const execution = inboxExecution(image[PARTITION_KEY]?.S ?? '');
  if (execution !== undefined) return { kind: 'fact', execution: arns.executionArn(execution) };
  const row = commitRow(image, arns);
  return row === undefined ? undefined : { kind: 'row', row };
}
