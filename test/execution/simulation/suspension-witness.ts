import type { EventType, ExecutionEvent } from '../../../lib/model/event.ts';
import type { ExecutionState } from '../../../lib/model/state.ts';

const BEGINNINGS: ReadonlySet<EventType> = new Set([
  'StateEntered',
  'TaskScheduled',
  'WaitStarted',
  'BranchesStarted',
  'ItemsStarted',
  'ItemStarted',
  'ChildrenStarted',
]);

/** What an event says that must not happen in an execution that is suspended. */
export function breachOfSuspension(before: ExecutionState | undefined, event: ExecutionEvent): readonly string[] {
  if (before?.suspended === undefined) return [];
  const isOverdue = event.type === 'TaskFailed' && event.reason === 'timedOut';
  if (!isOverdue && !BEGINNINGS.has(event.type)) return [];
  return [`${before.identity.id} is suspended, and goes on: ${event.type}.`];
}
