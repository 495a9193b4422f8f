import {
  abortedByEnd,
  abortedByFailure,
  abortedByWithdrawal,
  abortedCount,
  abortedStates,
  isSilent,
  restingAmong,
} from './aborted.ts';
import type { EventBody } from './event.ts';
import { activation, planOf, rootScope, scope } from './fold.ts';
import type { StatesWithdrawn } from './net-event.ts';
import type { Plan, TaskResource } from './plan.ts';
import type { ActivationId, ExecutionState, ScopeId } from './state.ts';

/**
 * How many events of a Step Functions history an event of the log stands for, given the state before it. The core
 * counts them because causes quote their numbers; lib/state/history writes them out, and agrees.
 */
export function historyWidth(plan: Plan, state: ExecutionState, event: EventBody): number {
  switch (event.type) {
    case 'ExecutionStarted':
    case 'PermitsRequested':
    case 'PermitsGranted':
    case 'TaskAllocated':
    case 'TaskDelegated':
    case 'TaskEscalated':
    case 'ExecutionTimedOut':
    case 'ExecutionAborted':
    case 'ExecutionForked':
    case 'ExecutionMigrated':
    case 'ExecutionSuspended':
    case 'ExecutionResumed':
      return 1;
    case 'ExecutionSucceeded':
      return 1 + abortedCount(abortedByEnd(plan, state, rootScope(state).id));
    case 'ExecutionFailed':
      if (isSilent(event.error)) return 1;
      return 1 + abortedCount(abortedByEnd(plan, state, rootScope(state).id, event.id));
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
    case 'JoinCounted':
    case 'OffersChanged':
    case 'ItemsClosed':
    case 'PayloadsErased':
      return 0;
    case 'TaskScheduled':
      // A function or service is scheduled and started at once; what somebody takes starts when he does.
      return isTaken(resourceKind(plan, state, event.id)) ? 1 : 2;
    case 'MapRunStarted':
      return 2;
    case 'BranchesSucceeded':
      return isMapRun(state, event.id) ? 2 : 1;
    case 'BranchesFailed':
      if (isSilent(event.error)) return 0;
      return isMapRun(state, event.id) ? 2 : 1;
    case 'ScopeSucceeded':
      return abortedCount(abortedByEnd(plan, state, event.scope)) + (isItem(plan, state, event.scope) ? 1 : 0);
    case 'ScopeFailed': {
      if (isSilent(event.error)) return 0;
      const itself = (event.id === undefined ? 1 : 0) + (isItem(plan, state, event.scope) ? 1 : 0);
      return itself + abortedCount(abortedByFailure(plan, state, event));
    }
    case 'BranchesWithdrawn':
      return withdrawnWidth(plan, state, event);
    case 'StatesWithdrawn':
      return statesWithdrawnWidth(plan, state, event);
    case 'TaskStarted':
      return isTaken(resourceKind(plan, state, event.id)) ? 1 : 0;
    case 'TaskReturned':
      return resourceKind(plan, state, event.id) === 'workItem' ? 1 : 0;
    case 'TaskSubmitted':
      return resourceKind(plan, state, event.id) === 'service' ? 1 : 0;
    case 'StateEntered':
      // Tokens that rested leave their places.
      return 1 + restingAmong(state, event.tokens).length;
    case 'TokensJoined':
    case 'TokensAbsorbed':
      return restingAmong(state, event.tokens).length;
    case 'PlaceReached':
    case 'JoinUndecided':
    case 'JoinTieBroken':
    case 'EventReceived':
    case 'ItemsAdded':
    case 'ItemsReleased':
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

type ResourceKind = TaskResource['kind'];

function resourceKind(plan: Plan, state: ExecutionState, id: ActivationId): ResourceKind | undefined {
  const statePlan = planOf(plan, state, activation(state, id));
  return statePlan.type === 'Task' ? statePlan.resource.kind : undefined;
}

/** Whether the start of such a task is that somebody outside takes it. */
export function isTaken(kind: ResourceKind | undefined): boolean {
  return kind === 'activity' || kind === 'workItem';
}

/** The branches or items of a state that are given up: those of a Map are shown themselves. */
function withdrawnWidth(
  plan: Plan,
  state: ExecutionState,
  event: { readonly id: ActivationId; readonly error?: string },
): number {
  const itself = activation(state, event.id).work.kind === 'items' ? 1 : 0;
  return abortedByWithdrawal(plan, state, event).reduce((sum, aborted) => sum + itself + abortedCount(aborted), 0);
}

function statesWithdrawnWidth(plan: Plan, state: ExecutionState, event: StatesWithdrawn): number {
  const states = abortedStates(plan, state, event).reduce((sum, { active, isShown }) => {
    const itself = (isShown ? 1 : 0) + (isMapRun(state, active.id) ? 1 : 0);
    return sum + itself + withdrawnWidth(plan, state, { id: active.id });
  }, 0);
  return states + restingAmong(state, event.tokens).length;
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
