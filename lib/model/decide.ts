import { addItems, itemsToStart, startItems } from './branches.ts';
import { cancel } from './cancellations.ts';
import type { Command, PermitsGranted, StartExecution } from './command.ts';
import { Draft } from './draft.ts';
import { happenDue } from './due.ts';
import type { Effect } from './effect.ts';
import { closingEffects, isSuspended, workWithin } from './effects.ts';
import type { Occasion } from './environment.ts';
import type { EventBody, ExecutionEvent } from './event.ts';
import { evolve } from './evolve.ts';
import { failureOf, planOf, scopePlan } from './fold.ts';
import { applyChildEnded, goOnWithMapRuns, updateMapRun } from './map-run.ts';
import { requestNumber } from './map-run-request.ts';
import { receiveEvent } from './net/events.ts';
import { givenUp, isHeldBack, requestPermits, WHOLE_EXECUTION } from './permits.ts';
import type { Plan } from './plan.ts';
import { resume, timesTakenUp } from './redrive.ts';
import { run, settle } from './settle.ts';
import type { Activation, ExecutionState } from './state.ts';
import { applyTaskCommand } from './task.ts';

export interface Decision {
  /** The state after the events. */
  readonly state: ExecutionState;
  /** In the order they happened; none if the command no longer applies. */
  readonly events: readonly ExecutionEvent[];
  readonly effects: readonly Effect[];
  /** Not everything that can start has started: commit, then go on with `Wake`. */
  readonly more: boolean;
  /** Size of what its expressions have made; as of `sizeOf`. */
  readonly weight: number;
}

/** A decision starts at most so many states and items, so that a commit stays small and a loop of `Pass` states hangs nothing. */
const STARTS_PER_DECISION = 1_000;

/**
 * What a command does to an execution: applies it, then starts all that can start by itself.
 *
 * Pure: everything it depends on is in the arguments. Total: an error in a definition becomes an event, a command
 * that no longer applies has no events. The state is handed over as in `evolve`; if the decision cannot be committed,
 * drop it and load the state from the log.
 */
export function decide(
  plan: Plan,
  state: ExecutionState,
  command: Exclude<Command, StartExecution>,
  occasion: Occasion,
): Decision {
  const draft = new Draft(plan, state, occasion, STARTS_PER_DECISION);
  if (command.type === 'CancellationsDone' && state.owed.length > 0) {
    draft.emit({ type: 'CancellationsDone', count: command.count });
  }
  if (state.status !== 'RUNNING') return decisionOf(draft);
  switch (command.type) {
    case 'Wake':
      goOn(draft);
      break;
    case 'StopExecution':
      if ((command.redriveCount ?? 0) !== timesTakenUp(state)) break;
      cancel(draft, workWithin(plan, state));
      draft.emit({ type: 'ExecutionAborted', ...failureOf(command) });
      break;
    case 'ChildEnded':
      applyChildEnded(draft, command);
      break;
    case 'UpdateMapRun':
      updateMapRun(draft, command);
      break;
    case 'SendEvent':
      receiveEvent(draft, command);
      break;
    case 'AddItems':
      addItems(draft, command);
      break;
    case 'PermitsGranted':
      goOnWithPermits(draft, command);
      break;
    case 'CancellationsDone':
      break;
    default:
      applyTaskCommand(draft, command);
  }
  settle(draft);
  return decisionOf(draft);
}

/** Lets happen what is due, and goes on with what a full decision, a redrive or a suspension has left over. */
function goOn(draft: Draft): void {
  draft.agenda?.lookAtAll();
  happenDue(draft);
  if (isHeldBack(draft.state)) return;
  resume(draft);
  for (const active of draft.state.activations.values()) {
    if (itemsToStart(draft.state, active)) startItems(draft, active);
    else if (hasNotBegun(draft.state, active) && draft.budget > 0) {
      draft.budget -= 1;
      run(draft, active, planOf(draft.plan, draft.state, active));
    }
  }
  goOnWithMapRuns(draft);
}

/** What waited for permits begins to work; or everything, where the execution itself waited. */
function goOnWithPermits(draft: Draft, { activation: id, attempt }: PermitsGranted): void {
  const { state, plan } = draft;
  const permit = state.permits?.get(id);
  if (permit?.attempt !== attempt || permit.grantedAt !== undefined) return;
  draft.emit({ type: 'PermitsGranted', id });
  if (isHeldBack(state)) return;
  const active = state.activations.get(id);
  if (id === WHOLE_EXECUTION) goOn(draft);
  else if (active !== undefined) run(draft, active, planOf(plan, state, active));
}

/** It was granted its permits while the execution was suspended. */
function hasNotBegun({ permits }: ExecutionState, { id, work }: Activation): boolean {
  return work.kind === 'entered' && permits?.get(id)?.grantedAt !== undefined;
}

/** The first decision of an execution: its birth, and all that can start at once. */
export function begin(plan: Plan, command: StartExecution, occasion: Occasion): Decision {
  const born: EventBody = {
    type: 'ExecutionStarted',
    identity: command.identity,
    input: command.input,
    startAt: scopePlan(plan, command.identity.mapRun?.processor ?? 0).startAt,
    ...(command.search === undefined ? {} : { search: command.search }),
    // The time of a workflow is not that of the children of its maps.
    ...(plan.timeoutSeconds === undefined || command.identity.mapRun !== undefined
      ? {}
      : { timeoutAt: occasion.at + plan.timeoutSeconds * 1000 }),
  };
  const event: ExecutionEvent = { ...born, at: occasion.at };
  const draft = new Draft(plan, evolve(plan, undefined, event), occasion, STARTS_PER_DECISION);
  draft.events.push(event);
  draft.agenda?.lookAtAll();
  const { limits } = occasion;
  if (limits !== undefined && command.pools !== undefined && command.pools.length > 0) {
    requestPermits(draft, limits, WHOLE_EXECUTION, timesTakenUp(draft.state), command.pools);
  }
  settle(draft);
  return decisionOf(draft);
}

function decisionOf(draft: Draft): Decision {
  const { state, events } = draft;
  const effects = draft.effects.filter((effect) => isWanted(state, effect));
  if (events.length > 0) effects.push(...closingEffects(state));
  if (draft.permitsBefore !== undefined) effects.push(...givenUp(draft.permitsBefore, state));
  return { state, events, effects, more: state.status === 'RUNNING' && draft.isSpent, weight: draft.weight };
}

/** Whether an effect still is when the decision is through: what was handed out and withdrawn in it never left. */
function isWanted(state: ExecutionState, effect: Effect): boolean {
  if (effect.type === 'AcquirePermits') return state.permits?.get(effect.activation)?.attempt === effect.attempt;
  if (isSuspended(state, effect)) return false;
  if (effect.type !== 'InvokeTask' && effect.type !== 'OfferTask') return true;
  if (state.offers.has(effect.task.activation)) return true;
  const work = state.activations.get(effect.task.activation)?.work;
  if (work?.kind === 'mapRun') return requestNumber(work) === effect.task.attempt;
  return work?.kind === 'task' && work.attempt === effect.task.attempt;
}
