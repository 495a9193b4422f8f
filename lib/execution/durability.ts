import type { Command } from '../model/command.ts';
import type { Effect, InvokeTask } from '../model/effect.ts';
import { planOf } from '../model/fold.ts';
import type { LiveExecution } from '../state/state-manager.ts';

/**
 * Whether the outcome of a command may be lost in a crash, because its author said that running the task again is
 * harmless (D4). Everything else must be on disk before anything that follows from it is done.
 */
export function isDeferrable(live: LiveExecution, command: Command): boolean {
  // Whoever holds a permit is granted it again.
  if (command.type === 'Wake' || command.type === 'PermitsGranted') return true;
  if (command.type !== 'TaskSucceeded' && command.type !== 'TaskFailed') return false;
  const active = live.state.activations.get(command.activation);
  // Whoever ends a work item that he has not begun takes its offer with that.
  if (active === undefined) return !live.state.offers.has(command.activation);
  const plan = planOf(live.plan, live.state, active);
  return (
    plan.type === 'Task' &&
    plan.idempotent &&
    plan.resource.kind !== 'activity' &&
    plan.resource.kind !== 'workItem' &&
    active.work.kind === 'task' &&
    active.work.stage === 'scheduled'
  );
}

export function startsWork(effect: Effect): effect is InvokeTask {
  return effect.type === 'InvokeTask';
}
