import type { Draft } from './draft.ts';
import type { CancelTask, TaskAssignment } from './effect.ts';
import { MAP_RUN_SERVICE, type StartChildren, type StopChildren } from './map-run-request.ts';

/**
 * Tells those who do work that was given up, as far as that is possible. Work that would run on unheeded, child
 * executions and jobs, stays in the state as owed until it has been told: a crash may come in between.
 */
export function cancel(draft: Draft, tasks: readonly TaskAssignment[]): void {
  const left = tasks.filter((task) => !isStillHere(draft, task));
  const owed = left.filter(runsOn);
  for (const task of left) {
    const effect: CancelTask = { type: 'CancelTask', task };
    draft.effects.push(runsOn(task) ? { ...effect, owed: true } : effect);
  }
  if (owed.length > 0) draft.emit({ type: 'CancellationsOwed', tasks: owed });
}

function runsOn({ resource }: TaskAssignment): boolean {
  return resource.kind === 'service' && (resource.pattern.startsWith('sync') || isMapRun({ resource }));
}

function isMapRun({ resource }: Pick<TaskAssignment, 'resource'>): boolean {
  return resource.kind === 'service' && resource.service === MAP_RUN_SERVICE;
}

/** Whether the work was handed out in this very decision: then it never leaves. */
function isStillHere({ effects }: Draft, task: TaskAssignment): boolean {
  const asked = effects.find(
    (effect) =>
      (effect.type === 'InvokeTask' || effect.type === 'OfferTask') &&
      effect.task.activation === task.activation &&
      effect.task.attempt === task.attempt,
  );
  if (asked === undefined || !('task' in asked)) return false;
  if (!isMapRun(task)) return true;
  // Made by the core, each of the type that belongs to its action. Children of earlier requests have left.
  const { children: starting = [] } = asked.task.input as unknown as Partial<StartChildren>;
  const { children } = task.input as unknown as StopChildren;
  const here = new Set(starting.map(({ child }) => child));
  return children.every(({ child }) => here.has(child));
}
