import type { ExecutionRow } from '../../ports/execution-index.ts';
import { type CommitImage, commitRow } from './commit-item.ts';
import { inboxExecution, PARTITION_KEY, type ShortArns } from './keys.ts';

/** What an item that is new in the event table means to those who follow its stream. */
export type StreamedChange =
  | { readonly kind: 'row'; readonly row: ExecutionRow }
  /** A fact came for the execution. */
  | { readonly kind: 'fact'; readonly execution: string };

/** `undefined`: a commit that changes nothing in the lists. */
export function readStreamImage(image: CommitImage, arns: ShortArns): StreamedChange | undefined {
  const execution = inboxExecution(image[PARTITION_KEY]?.S ?? '');
  if (execution !== undefined) return { kind: 'fact', execution: arns.executionArn(execution) };
  const row = commitRow(image, arns);
  return row === undefined ? undefined : { kind: 'row', row };
}
