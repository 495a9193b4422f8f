import type { Draft } from './draft.ts';
import type { CancelTask, TaskAssignment } from './effect.ts';
import { MAP_RUN_SERVICE } from './map-run-request.ts';

/**
 * Tells those who do work that was given up, as far as that is possible. Work that would run on unheeded, child
 * executions and jobs, stays in the state as owed until it has been told: a crash may come in between.
 */
export function cancel(draft: Draft, tasks: readonly TaskAssignment[]): void {
  const owed = tasks.filter(runsOn);
  for (const task of tasks) {
    const effect: CancelTask = { type: 'CancelTask', task };
    draft.effects.push(runsOn(task) ? { ...effect, owed: true } : effect);
  }
  if (owed.length > 0) draft.emit({ type: 'CancellationsOwed', tasks: owed });
}

function runsOn({ resource }: TaskAssignment): boolean {
  return resource.kind === 'service' && (resource.pattern.startsWith('sync') || resource.service === MAP_RUN_SERVICE);
}
