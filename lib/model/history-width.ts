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
      return 1;
    case 'ExecutionRedriven':
      return 1 + event.activations.filter(({ work }) => work.kind === 'mapRun').length;
    case 'TaskHeartbeat':
    case 'RetryScheduled':
    case 'WaitStarted':
    case 'ItemsRead':
    case 'ChildrenStarted':
    case 'ChildrenLaunched':
    case 'ChildEnded':
    case 'MapRunFailing':
    case 'MapRunUpdated':
    case 'ResultsWritten':
    case 'CancellationsOwed':
    case 'CancellationsDone':
      return 0;
    case 'TaskScheduled':
      // A function or service is scheduled and started at once; an activity starts when a worker takes it.
      return resourceKind(plan, state, event.id) === 'activity' ? 1 : 2;
    case 'MapRunStarted':
      return 2;
    case 'BranchesSucceeded':
      return isMapRun(state, event.id) ? 2 : 1;
    case 'BranchesFailed':
      if (isSilent(event.error)) return 0;
      return isMapRun(state, event.id) ? 2 : 1;
    case 'ScopeSucceeded':
      return isItem(plan, state, event.scope) ? 1 : 0;
    case 'ScopeFailed': {
      if (isSilent(event.error)) return 0;
      return abortedByFailure(plan, state, event).length + (isItem(plan, state, event.scope) ? 1 : 0);
    }
    case 'BranchesWithdrawn': {
      const itself = activation(state, event.id).work.kind === 'items' ? 1 : 0;
      return abortedByWithdrawal(plan, state, event).reduce((sum, { states }) => sum + itself + states.length, 0);
    }
    case 'TaskStarted':
      return resourceKind(plan, state, event.id) === 'activity' ? 1 : 0;
    case 'TaskSubmitted':
      return resourceKind(plan, state, event.id) === 'service' ? 1 : 0;
    case 'StateEntered':
    case 'ItemsStarted':
    case 'ItemStarted':
    case 'TaskSucceeded':
    case 'TaskFailed':
    case 'BranchesStarted':
    case 'ItemsCounted':
    case 'EvaluationFailed':
    case 'StateExited':
      return 1;
  }
}

function resourceKind(plan: Plan, state: ExecutionState, id: ActivationId): string | undefined {
  const statePlan = planOf(plan, state, activation(state, id));
  return statePlan.type === 'Task' ? statePlan.resource.kind : undefined;
}

/** Whether the state is a distributed Map at work. */
export function isMapRun(state: ExecutionState, id: ActivationId): boolean {
  return activation(state, id).work.kind === 'mapRun';
}

/** Whether the scope is an item of a Map. */
export function isItem(plan: Plan, state: ExecutionState, id: ScopeId): boolean {
  const { parent } = scope(state, id);
  return parent !== undefined && planOf(plan, state, activation(state, parent.activation)).type === 'Map';
}
