import { abortedByFailure, abortedByWithdrawal, isSilent } from './aborted.ts';
import type { EventBody } from './event.ts';
import { activation, planOf, scope } from './fold.ts';
import type { Plan } from './plan.ts';
import type { ActivationId, ExecutionState, ScopeId } from './state.ts';

/**
 * How many events of a Step Functions history an event of the log stands for, given the state before it. The core
 * counts them because causes quote their numbers; lib/state/history writes them out, and agrees.
 */
export function historyWidth(plan: Plan, state: ExecutionState, event: EventBody): number {
  switch (event.type) {
    case 'ExecutionStarted':
    case 'ExecutionSucceeded':
    case 'ExecutionFailed':
    case 'ExecutionTimedOut':
    case 'ExecutionAborted':
    case 'ExecutionRedriven':
      return 1;
    case 'TaskHeartbeat':
    case 'RetryScheduled':
    case 'WaitStarted':
      return 0;
    case 'StateEntered': {
      const token = state.tokens.get(event.tokens[0] ?? 0);
      return token === undefined || isHidden(state, token.scope) ? 0 : 1;
    }
    case 'TaskScheduled':
      // A function or service is scheduled and started at once; an activity starts when a worker takes it.
      return shown(state, event.id, resourceKind(plan, state, event.id) === 'activity' ? 1 : 2);
    case 'ItemsStarted':
    case 'BranchesSucceeded':
      return shown(state, event.id, isDistributed(plan, state, event.id) ? 2 : 1);
    case 'BranchesFailed':
      if (isSilent(event.error)) return 0;
      return shown(state, event.id, isMapRun(plan, state, event.id) ? 2 : 1);
    case 'ScopeSucceeded':
      return isItem(plan, state, event.scope) && !isHidden(state, event.scope) ? 1 : 0;
    case 'ScopeFailed': {
      if (isSilent(event.error) || isHidden(state, event.scope)) return 0;
      return abortedByFailure(plan, state, event).length + (isItem(plan, state, event.scope) ? 1 : 0);
    }
    case 'BranchesWithdrawn': {
      const itself = activation(state, event.id).work.kind === 'items' ? 1 : 0;
      return abortedByWithdrawal(plan, state, event).reduce((sum, { states }) => sum + itself + states.length, 0);
    }
    case 'ItemStarted':
      return isDistributed(plan, state, event.id) ? 0 : shown(state, event.id, 1);
    case 'TaskStarted':
      return shown(state, event.id, resourceKind(plan, state, event.id) === 'activity' ? 1 : 0);
    case 'TaskSubmitted':
      return shown(state, event.id, resourceKind(plan, state, event.id) === 'service' ? 1 : 0);
    case 'TaskSucceeded':
    case 'TaskFailed':
    case 'BranchesStarted':
    case 'ItemsCounted':
    case 'EvaluationFailed':
    case 'StateExited':
      return shown(state, event.id, 1);
  }
}

function shown(state: ExecutionState, id: ActivationId, width: number): number {
  return isHidden(state, activation(state, id).scope) ? 0 : width;
}

function isHidden(state: ExecutionState, id: ScopeId): boolean {
  return scope(state, id).hidden;
}

function resourceKind(plan: Plan, state: ExecutionState, id: ActivationId): string | undefined {
  const statePlan = planOf(plan, state, activation(state, id));
  return statePlan.type === 'Task' ? statePlan.resource.kind : undefined;
}

/** Whether the state is a Map whose items show in history as one run. */
export function isDistributed(plan: Plan, state: ExecutionState, id: ActivationId): boolean {
  const statePlan = planOf(plan, state, activation(state, id));
  return statePlan.type === 'Map' && statePlan.distributed !== undefined;
}

/** Whether such a run is under way. */
export function isMapRun(plan: Plan, state: ExecutionState, id: ActivationId): boolean {
  return isDistributed(plan, state, id) && activation(state, id).work.kind === 'items';
}

/** Whether the scope is an item of a Map. */
export function isItem(plan: Plan, state: ExecutionState, id: ScopeId): boolean {
  const { parent } = scope(state, id);
  return parent !== undefined && planOf(plan, state, activation(state, parent.activation)).type === 'Map';
}
