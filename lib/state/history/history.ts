import { abortedByEnd, isSilent } from '../../model/aborted.ts';
import { qualifiedArn } from '../../model/arn.ts';
import { CorruptLog } from '../../model/errors.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { evolve } from '../../model/evolve.ts';
import { rootScope } from '../../model/fold.ts';
import type { Plan } from '../../model/plan.ts';
import type { ExecutionState } from '../../model/state.ts';
import { writeAborted } from './aborted.ts';
import { writeAllocation } from './allocations.ts';
import * as branches from './branches.ts';
import { failureDetails, type HistoryEvent, inputDetails, outputDetails } from './history-event.ts';
import * as nets from './nets.ts';
import { writePermits } from './permits.ts';
import { Scribe } from './scribe.ts';
import { Threads } from './thread.ts';
import * as visits from './visits.ts';

/** The history of an execution as Step Functions would show it, from all events of its log in order. */
export function* historyOf(plan: Plan, events: Iterable<ExecutionEvent>): Generator<HistoryEvent, void, undefined> {
  const history = new History(plan);
  for (const event of events) yield* history.push(event);
}

/**
 * Turns events of the log into events of a Step Functions history, one by one; their numbers are those that the core
 * counts (history-width.ts). An event costs the same, however long the history is.
 */
export class History {
  #plan: Plan;
  readonly #threads = new Threads();
  #state: ExecutionState | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** The execution was redriven with another definition: what comes is to be read by that one's plan. */
  follow(plan: Plan): void {
    this.#plan = plan;
  }

  /**
   * @returns what the event shows as: nothing for some, several for others.
   * @throws CorruptLog if the event cannot follow on those before.
   */
  push(event: ExecutionEvent): readonly HistoryEvent[] {
    if (event.type === 'ExecutionStarted') return this.#begin(event);
    if (this.#state === undefined)
      throw new CorruptLog(`The log begins with ${event.type} instead of ExecutionStarted.`);
    const scribe = new Scribe(this.#plan, this.#threads, this.#state, event);
    write(scribe, event);
    return scribe.written;
  }

  #begin(event: Extract<ExecutionEvent, { type: 'ExecutionStarted' }>): readonly HistoryEvent[] {
    const state = evolve(this.#plan, undefined, event);
    this.#state = state;
    // Nothing leads to the first state either.
    this.#threads.openScope(rootScope(state), 0);
    const { id, roleArn, version, alias } = event.identity.workflow;
    const executionStartedEventDetails = {
      ...inputDetails(event.input),
      roleArn,
      ...(version === undefined ? {} : { stateMachineVersionArn: qualifiedArn(id, version) }),
      ...(alias === undefined ? {} : { stateMachineAliasArn: qualifiedArn(id, alias) }),
    };
    return [{ id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: event.at, executionStartedEventDetails }];
  }
}

function write(scribe: Scribe, event: Exclude<ExecutionEvent, { type: 'ExecutionStarted' }>): void {
  switch (event.type) {
    case 'StateEntered':
      return visits.stateEntered(scribe, event);
    case 'StateExited':
      return visits.stateExited(scribe, event);
    case 'EvaluationFailed':
      return visits.evaluationFailed(scribe, event);
    case 'TaskScheduled':
      return visits.scheduled(scribe, event);
    case 'TaskStarted':
      return visits.started(scribe, event);
    case 'TaskSubmitted':
      return visits.submitted(scribe, event);
    case 'TaskSucceeded':
      return visits.succeeded(scribe, event);
    case 'TaskFailed':
      return visits.failed(scribe, event);
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
      return scribe.fold();
    case 'PermitsRequested':
    case 'PermitsGranted':
      return writePermits(scribe, event);
    case 'PlaceReached':
      return nets.placeReached(scribe, event);
    case 'TokensJoined':
      return nets.tokensJoined(scribe, event);
    case 'TokensAbsorbed':
      return nets.tokensAbsorbed(scribe, event);
    case 'JoinUndecided':
      return nets.joinUndecided(scribe, event);
    case 'JoinTieBroken':
      return nets.joinTieBroken(scribe, event);
    case 'StatesWithdrawn':
      return nets.statesWithdrawn(scribe, event);
    case 'EventReceived':
      return nets.eventReceived(scribe, event);
    case 'TaskReturned':
      return visits.returned(scribe, event);
    case 'TaskAllocated':
    case 'TaskDelegated':
    case 'TaskEscalated':
      return writeAllocation(scribe, event);
    case 'ItemsAdded':
      return branches.itemsAdded(scribe, event);
    case 'ItemsReleased':
      return branches.itemsReleased(scribe, event);
    case 'BranchesStarted':
      return branches.branchesStarted(scribe, event);
    case 'ItemsCounted':
      return branches.itemsCounted(scribe, event);
    case 'ItemsStarted':
      return branches.itemsStarted(scribe, event);
    case 'ItemStarted':
      return branches.itemStarted(scribe, event);
    case 'MapRunStarted':
      return branches.mapRunStarted(scribe, event);
    case 'ScopeSucceeded':
      return branches.scopeSucceeded(scribe, event);
    case 'ScopeFailed':
      return branches.scopeFailed(scribe, event);
    case 'BranchesWithdrawn':
      return branches.branchesWithdrawn(scribe, event);
    case 'BranchesSucceeded':
      return branches.branchesSucceeded(scribe, event);
    case 'BranchesFailed':
      return branches.branchesFailed(scribe, event);
    case 'ExecutionRedriven':
      return writeRedrive(scribe, event);
    case 'ExecutionForked':
      return writeFork(scribe, event);
    case 'ExecutionMigrated':
      scribe.write(0, event.type, { ...event.definition });
      return scribe.fold();
    case 'ExecutionSuspended':
      scribe.write(0, event.type, event.reason === undefined ? {} : { reason: event.reason });
      return scribe.fold();
    case 'ExecutionResumed':
      scribe.write(0, event.type);
      return scribe.fold();
    case 'ExecutionSucceeded':
    case 'ExecutionFailed':
    case 'ExecutionTimedOut':
    case 'ExecutionAborted':
      return writeEnd(scribe, event);
  }
}

type EndType = 'ExecutionSucceeded' | 'ExecutionFailed' | 'ExecutionTimedOut' | 'ExecutionAborted';

/** What comes from outside, the end of the time or a stop, follows on nothing. */
function writeEnd(scribe: Scribe, event: Extract<ExecutionEvent, { type: EndType }>): void {
  switch (event.type) {
    case 'ExecutionSucceeded': {
      const root = rootScope(scribe.state);
      const output = event.output === undefined ? root.output : event.output;
      writeAborted(scribe, abortedByEnd(scribe.plan, scribe.state, root.id), {});
      scribe.write(scribe.threads.ofScope(root).last, event.type, outputDetails(output));
      break;
    }
    case 'ExecutionFailed': {
      const root = rootScope(scribe.state);
      const last = branches.failingIn(scribe, root, event.id);
      if (!isSilent(event.error)) writeAborted(scribe, abortedByEnd(scribe.plan, scribe.state, root.id, event.id), {});
      scribe.write(last, event.type, failureDetails(event));
      break;
    }
    case 'ExecutionTimedOut':
    case 'ExecutionAborted':
      scribe.write(0, event.type, failureDetails(event));
  }
  scribe.fold();
}

/**
 * What was open goes on: the next event of each visit follows the one by which its state was entered, so that readers
 * still find the state that it belongs to.
 */
function writeRedrive(scribe: Scribe, event: Extract<ExecutionEvent, { type: 'ExecutionRedriven' }>): void {
  const { state, threads } = scribe;
  const id = scribe.write(state.historyLength, event.type, { redriveCount: event.redriveCount });
  scribe.fold();
  for (const within of state.scopes.values()) {
    const opener = within.parent === undefined ? undefined : state.activations.get(within.parent.activation);
    threads.openScope(within, opener === undefined ? id : (threads.startOf(within.id) ?? opener.enteredEvent));
  }
  for (const active of state.activations.values()) {
    const { work, enteredEvent } = active;
    const details =
      work.kind === 'mapRun' ? { mapRunArn: work.run, redriveCount: work.redriven?.count ?? 0 } : undefined;
    const head = details === undefined ? enteredEvent : scribe.write(enteredEvent, 'MapRunRedriven', details);
    threads.enter(active, head, head);
  }
}

/** All that is open follows the fork: what led there stands in the history of the other execution. */
function writeFork(scribe: Scribe, event: Extract<ExecutionEvent, { type: 'ExecutionForked' }>): void {
  const { state, threads } = scribe;
  const id = scribe.write(state.historyLength, event.type, { ...event.from });
  scribe.fold();
  for (const within of state.scopes.values()) threads.openScope(within, id);
  for (const active of state.activations.values()) threads.enter(active, id, id);
}
