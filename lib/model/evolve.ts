import { CorruptLog } from './errors.ts';
import type { EventBody, ExecutionEvent } from './event.ts';
import * as fold from './fold.ts';
import * as allocation from './fold-allocation.ts';
import * as runs from './fold-map-run.ts';
import * as scopes from './fold-scopes.ts';
import { historyWidth } from './history-width.ts';
import * as nets from './net/fold-net.ts';
import type { Plan, StatePlan } from './plan.ts';
import type { ActivationId, ExecutionState } from './state.ts';

/**
 * The state after an event. Total for every event that `decide` produced for this state, and decides nothing.
 *
 * The state is handed over, not shared: `evolve` may change and return the very object it was given, so that an event
 * costs the same in an execution with ten thousand open items as in one with a single token. Whoever still needs
 * the state before makes a copy first (`structuredClone`).
 *
 * @param state `undefined` for the first event, which is `ExecutionStarted`.
 * @throws CorruptLog if the event cannot follow on this state.
 */
export function evolve(plan: Plan, state: ExecutionState | undefined, event: ExecutionEvent): ExecutionState {
  if (event.type === 'ExecutionStarted') return fold.executionStarted(plan, event);
  if (state === undefined) throw new CorruptLog(`The log begins with ${event.type} instead of ExecutionStarted.`);
  state.historyLength += historyWidth(plan, state, event);
  apply(plan, state, event);
  return state;
}

function isJob(state: StatePlan): boolean {
  return state.type === 'Task' && state.resource.kind === 'service' && state.resource.pattern === 'sync';
}

function noteDeed(plan: Plan, state: ExecutionState, id: ActivationId): void {
  const active = fold.activation(state, id);
  const statePlan = fold.planOf(plan, state, active);
  if (statePlan.type === 'Task' && statePlan.resource.kind === 'workItem') allocation.noteDeed(state, active);
}

function apply(
  plan: Plan,
  state: ExecutionState,
  event: Exclude<EventBody, { type: 'ExecutionStarted' }> & { at: number },
): void {
  switch (event.type) {
    case 'StateEntered':
      return fold.stateEntered(plan, state, event);
    case 'TaskScheduled':
      return fold.taskScheduled(state, event);
    case 'TaskStarted':
      return fold.taskStarted(state, event);
    case 'TaskSubmitted':
      return fold.taskSubmitted(state, event, isJob(fold.planOf(plan, state, fold.activation(state, event.id))));
    case 'TaskHeartbeat':
      return fold.taskHeartbeat(state, event);
    case 'TaskSucceeded':
      noteDeed(plan, state, event.id);
      return fold.taskSucceeded(state, event);
    case 'TaskFailed':
      if (event.reason === 'failed') noteDeed(plan, state, event.id);
      return fold.workEnded(state, event.id);
    case 'BranchesFailed':
      return fold.workEnded(state, event.id);
    case 'RetryScheduled':
      return fold.retryScheduled(state, event);
    case 'WaitStarted':
      return fold.waitStarted(state, event);
    case 'BranchesStarted':
      return scopes.branchesStarted(plan, state, event);
    case 'ItemsStarted':
      return scopes.itemsStarted(plan, state, event);
    case 'ItemStarted':
      return scopes.itemStarted(plan, state, event);
    case 'ScopeSucceeded':
      return scopes.scopeSucceeded(state, event.scope);
    case 'ScopeFailed':
      return scopes.scopeFailed(state, event);
    case 'BranchesWithdrawn':
      return scopes.branchesWithdrawn(state, event);
    case 'BranchesSucceeded':
      return scopes.branchesSucceeded(state, event.id);
    case 'MapRunStarted':
      return runs.mapRunStarted(state, event);
    case 'ItemsRead':
      return runs.itemsRead(state, event);
    case 'ChildrenStarted':
      return runs.childrenStarted(state, event);
    case 'ChildrenLaunched':
      return runs.childrenLaunched(state, event);
    case 'ChildEnded':
      return runs.childEnded(state, event);
    case 'MapRunFailing':
      return runs.mapRunFailing(state, event);
    case 'MapRunUpdated':
      return runs.mapRunUpdated(state, event);
    case 'ResultsWritten':
      return runs.resultsWritten(state, event);
    case 'PlaceReached':
      return nets.placeReached(state, event);
    case 'TokensJoined':
      return nets.tokensJoined(plan, state, event);
    case 'TokensAbsorbed':
      return nets.tokensAbsorbed(state, event);
    case 'JoinCounted':
      return nets.joinCounted(state, event);
    case 'JoinUndecided':
      return nets.joinUndecided(state, event);
    case 'JoinTieBroken':
      return nets.joinTieBroken(state, event);
    case 'StatesWithdrawn':
      return nets.statesWithdrawn(plan, state, event);
    case 'OffersChanged':
      return nets.offersChanged(state, event);
    case 'EventReceived':
      return nets.eventReceived(state, event);
    case 'TaskReturned':
      return fold.taskReturned(state, event.id);
    case 'TaskAllocated':
      return allocation.taskAllocated(state, event);
    case 'TaskDelegated':
      return allocation.taskDelegated(state, event);
    case 'TaskEscalated':
      return allocation.taskEscalated(state, event);
    case 'ItemsAdded':
      return scopes.itemsAdded(state, event);
    case 'ItemsReleased':
      return scopes.itemsReleased(state, event.id);
    case 'ItemsClosed':
      return fold.itemsClosed(state, event.id);
    case 'PermitsRequested':
      return fold.permitsRequested(state, event);
    case 'PermitsGranted':
      return fold.permitsGranted(state, event);
    case 'CancellationsOwed':
      state.owed = [...state.owed, ...event.tasks];
      return;
    case 'CancellationsDone':
      state.owed = state.owed.slice(event.count);
      return;
    case 'ItemsCounted':
    case 'EvaluationFailed':
      return;
    case 'StateExited':
      return fold.stateExited(state, event);
    case 'ExecutionSucceeded':
      return fold.executionClosed(state, 'SUCCEEDED', event.at, {
        output: event.output ?? fold.rootScope(state).output,
      });
    case 'ExecutionFailed':
      return fold.executionClosed(state, 'FAILED', event.at, {
        failure: fold.failureOf(event),
      });
    case 'ExecutionTimedOut':
      return fold.executionClosed(state, 'TIMED_OUT', event.at, {
        failure: fold.failureOf(event),
      });
    case 'ExecutionAborted':
      return fold.executionClosed(state, 'ABORTED', event.at, {
        failure: fold.failureOf(event),
      });
    case 'ExecutionRedriven':
      return fold.executionRedriven(state, event);
    case 'ExecutionForked':
      return fold.executionForked(state, event);
    case 'ExecutionMigrated':
      return fold.executionMigrated(state, event);
    case 'ExecutionSuspended':
      return fold.executionSuspended(state, event);
    case 'ExecutionResumed':
      delete state.suspended;
      return;
    case 'PayloadsErased':
      state.erasedAt = event.at;
      return;
  }
}
