import type { Draft } from './draft.ts';
import type { EventType, ExecutionEvent, ExecutionRedriven } from './event.ts';
import { attemptsMade, planOf, scopePlan } from './fold.ts';
import { isLeft } from './item-control.ts';
import { completeState } from './leave.ts';
import { takeNewLimits } from './map-run.ts';
import { flatten, flattenActivation } from './open-state.ts';
import type { Plan } from './plan.ts';
import { run } from './settle.ts';
import type { Activation, ExecutionState, MapRunChild, MapRunWork, ScopeState, Work } from './state.ts';

/**
 * Redrive: an execution that has failed, timed out or been aborted goes on where it was. What has succeeded is kept:
 * states that were left, branches and items that are through. What was at work begins again with the same input and
 * fresh retries.
 */

export type Redrivability =
  | { readonly status: 'REDRIVABLE' }
  /** The child of a map run is redriven with the execution that the run belongs to; an express one is started anew. */
  | { readonly status: 'REDRIVABLE_BY_MAP_RUN' }
  | { readonly status: 'NOT_REDRIVABLE'; readonly reason: string };

/** How long after its end Step Functions redrives an execution: 14 days, in ms. */
export const REDRIVABLE_PERIOD_MS = 14 * 86_400_000;
/** How long after its start it may go on at all: a year, in ms. */
const LONGEST_EXECUTION_MS = 365 * 86_400_000;

/** Whether an execution can be redriven, in the words of Step Functions where it cannot. */
export function redrivability(state: ExecutionState, now: number, periodMs = REDRIVABLE_PERIOD_MS): Redrivability {
  const reason = obstacle(state, now, periodMs);
  if (reason !== undefined) return { status: 'NOT_REDRIVABLE', reason };
  return { status: state.identity.mapRun === undefined ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN' };
}

function obstacle(state: ExecutionState, now: number, periodMs: number): string | undefined {
  const { identity, status, closedAt, erasedAt } = state;
  if (erasedAt !== undefined) return 'Payloads of the execution have been erased';
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  if (identity.workflow.type === 'EXPRESS' && identity.mapRun === undefined)
    return 'Execution of an EXPRESS state machine cannot be redriven';
  if (now - identity.startedAt > LONGEST_EXECUTION_MS) return 'Execution has exceeded the max execution time';
  return now - (closedAt ?? now) > periodMs ? 'Execution redrivable period exceeded' : undefined;
}

/** How often an execution has been taken up again: by itself or, as the child of a map run, started anew in its place. */
export function timesTakenUp({ identity, redriven }: Pick<ExecutionState, 'identity' | 'redriven'>): number {
  return (identity.mapRun?.redrives ?? 0) + (redriven?.count ?? 0);
}

/** The events by which a failure goes from the state that failed out to the execution. */
const ENDING: ReadonlySet<EventType> = new Set<EventType>([
  'TaskFailed',
  'EvaluationFailed',
  'ItemsCounted',
  'CancellationsOwed',
  'MapRunFailing',
  'ResultsWritten',
  'ScopeFailed',
  'BranchesWithdrawn',
  'BranchesFailed',
]);

/** Whether the execution did not succeed, and this is how it ended. */
export function closes({ type }: ExecutionEvent): boolean {
  return type === 'ExecutionFailed' || type === 'ExecutionTimedOut' || type === 'ExecutionAborted';
}

/** Of the events of the last commit of an execution that failed, timed out or was aborted: how many came before its end began. */
export function countBeforeEnd(events: readonly ExecutionEvent[]): number {
  let before = events.findLastIndex(closes);
  if (events[before]?.type !== 'ExecutionFailed') return before;
  for (; before > 0; before -= 1) {
    const previous = events[before - 1];
    if (previous === undefined || !ENDING.has(previous.type)) break;
  }
  return before;
}

export interface RedriveRequest {
  /** The execution as it was right before its end began. */
  readonly open: ExecutionState;
  /** The plan it ran by. */
  readonly plan: Plan;
  /** How often it has been redriven before. */
  readonly redriveCount: number;
  readonly clientToken?: string;
  /** Another definition to go on with; `matchOpenStates` has said that it fits. */
  readonly change?: {
    readonly plan: Plan;
    readonly revision: string;
    readonly roleArn: string;
    /** Of the child of a map run: index of its processor in `plan.scopes`. */
    readonly processor?: number;
  };
  /** ms since the epoch. */
  readonly at: number;
}

/** The event that takes up a closed execution again. */
export function redrive(request: RedriveRequest): ExecutionRedriven & { readonly at: number } {
  const { open, plan, at, clientToken, change } = request;
  // What is offered is offered anew by the turn that comes.
  const { scopes, activations: _open, requests: _seen, offers: _offered, ...waiting } = flatten(open);
  const indices = change === undefined ? undefined : matchOpenStates(open, plan, change.plan, change.processor).scopes;
  // That of the definition is for the whole workflow.
  const { timeoutSeconds } = open.identity.mapRun === undefined ? (change?.plan ?? plan) : {};
  return {
    type: 'ExecutionRedriven',
    at,
    redriveCount: request.redriveCount + 1,
    ...(timeoutSeconds === undefined ? {} : { timeoutAt: at + timeoutSeconds * 1000 }),
    ...(clientToken === undefined ? {} : { clientToken }),
    ...(change === undefined ? {} : { definition: { revision: change.revision, roleArn: change.roleArn } }),
    scopes: scopes.map((within) => scopeAfter(within, indices?.get(within.id) ?? within.plan, request)),
    activations: [...open.activations.values()].map((active) => flattenActivation(putBack(active, request))),
    ...waiting,
  };
}

/** The scope as another definition has it; joins begin a new round where that no longer says how they count. */
function scopeAfter({ net, ...within }: ScopeState, index: number, { open, plan, change }: RedriveRequest): ScopeState {
  const after = scopePlan(change?.plan ?? plan, index);
  if (after.net === undefined) return { ...within, plan: index };
  const inScope = (parts: ReadonlyMap<number, { readonly id: number; readonly scope: number }>) =>
    [...parts.values()].filter(({ scope }) => scope === within.id).map(({ id }) => id);
  const { tokens, activations, rounds } = net ?? {
    tokens: inScope(open.tokens),
    activations: inScope(open.activations),
    rounds: {},
  };
  const kept = Object.entries(rounds).filter(([name]) => after.states.get(name)?.start?.join?.kind === 'count');
  return { ...within, plan: index, net: { tokens, activations, rounds: Object.fromEntries(kept), offers: [] } };
}

/** The activation with its work back at the start; branches and items keep what they have. */
function putBack(active: Activation, { plan, open, at, change }: RedriveRequest): Activation {
  const { work } = active;
  const attempts = attemptsMade(active);
  const isTask = planOf(plan, open, active).type === 'Task';
  const hasBegun = work.kind === 'task' || (work.kind === 'succeeded' && isTask);
  const earlierAttempts = hasBegun ? attempts + 1 : attempts;
  return {
    ...active,
    retries: [],
    ...(earlierAttempts === 0 ? {} : { earlierAttempts }),
    work:
      work.kind === 'mapRun' ? anew(work, at, change !== undefined) : isKept(work, isTask) ? work : { kind: 'entered' },
  };
}

/** A map run with every child that did not succeed to be taken up again. */
function anew(work: MapRunWork, at: number, isChanged: boolean): MapRunWork {
  const children = work.children.map((child): MapRunChild => {
    if (child.status === 'SUCCEEDED') return child;
    const { item, count, input, startedAt, redrives } = child;
    return { item, count, input, startedAt, redrives: redrives + 1, status: 'RUNNING' };
  });
  const toLaunch = children.flatMap(({ status }, index) => (status === 'RUNNING' ? [index] : []));
  const redriven = { count: (work.redriven?.count ?? 0) + 1, at };
  // The request under way at the end, and the one for the results of a run that failed, have had the next two numbers.
  const answered = work.answered + 2;
  const { failing: _failing, written: _written, ...kept } = work;
  const changed = isChanged ? { hasNewDefinition: true as const } : {};
  return { ...kept, ...changed, answered, children, toLaunch, running: toLaunch.length, failedItems: 0, redriven };
}

/** A Parallel or Map whose branches have all succeeded only has to make its output again. */
function isKept(work: Work, isTask: boolean): boolean {
  switch (work.kind) {
    case 'branches':
    case 'items':
    case 'mapRun':
      return true;
    case 'succeeded':
      return !isTask;
    case 'entered':
    case 'task':
    case 'queued':
    case 'retrying':
    case 'waiting':
      return false;
  }
}

/** Runs the states that a redrive or a fork has put back to their start, as far as the draft's budget goes. */
export function resume(draft: Draft): void {
  const { state, plan } = draft;
  if (state.redriven === undefined && state.forkedFrom === undefined) return;
  for (const active of [...state.activations.values()]) {
    if (draft.budget <= 0) return;
    if (!draft.isOpen(active)) continue;
    const statePlan = planOf(plan, state, active);
    if (active.work.kind === 'entered') run(draft, active, statePlan);
    else if (active.work.kind === 'mapRun' && statePlan.type === 'Map') takeNewLimits(draft, active, statePlan);
    else if (isToComplete(active) && 'complete' in statePlan) completeState(draft, active, statePlan);
    else continue;
    draft.budget -= 1;
  }
}

/** Whether its work is through, or need not be: it failed to make its output. */
function isToComplete(active: Activation): boolean {
  const { work } = active;
  return (
    work.kind === 'succeeded' || (work.kind === 'items' && work.control?.released !== undefined && !isLeft(active))
  );
}

/** How the open part of an execution fits into another definition. */
export interface OpenStateMatch {
  /** What does not fit, one sentence each; empty: it fits. */
  readonly problems: readonly string[];
  /** For each open scope, its index in the other plan. */
  readonly scopes: ReadonlyMap<number, number>;
}

/**
 * Whether an execution can go on with another definition: each state that is open must be there, with the same type
 * and in the same place: the same states around it, with the same number of branches.
 */
export function matchOpenStates(open: ExecutionState, before: Plan, after: Plan, top = 0): OpenStateMatch {
  const problems: string[] = [];
  const scopes = new Map<number, number>();
  // Scopes stand in the order in which they were opened: outer ones first.
  for (const within of open.scopes.values()) {
    const index = within.parent === undefined ? top : indexAfter(open, after, within.parent, scopes);
    if (index === undefined) continue;
    scopes.set(within.id, index);
  }
  for (const active of open.activations.values()) {
    const index = scopes.get(active.scope);
    const problem = index === undefined ? undefined : misfit(open, before, after, index, active);
    if (problem !== undefined) problems.push(problem);
  }
  for (const token of open.tokens.values()) {
    const index = scopes.get(token.scope);
    const target = index === undefined ? undefined : after.scopes[index]?.states.get(token.to);
    if (index !== undefined && target === undefined) problems.push(missing(token.to));
    if (token.resting === true && target !== undefined && target.type !== 'Place')
      problems.push(`A token rests in "${token.to}", which was a Place and is a ${target.type} now.`);
  }
  for (const { id, net } of open.scopes.values()) {
    const index = net === undefined ? undefined : scopes.get(id);
    if (index !== undefined && after.scopes[index]?.net === undefined)
      problems.push('A scope that has several tokens would be plain Amazon States Language, with one.');
  }
  return { problems: [...new Set(problems)], scopes };
}

/** `undefined`: the state around it does not fit, which is said of that one. */
function indexAfter(
  open: ExecutionState,
  after: Plan,
  parent: NonNullable<ScopeState['parent']>,
  known: ReadonlyMap<number, number>,
): number | undefined {
  const opener = open.activations.get(parent.activation);
  const around = opener === undefined ? undefined : known.get(opener.scope);
  if (opener === undefined || around === undefined) return undefined;
  const state = after.scopes[around]?.states.get(opener.state);
  if (state?.type === 'Parallel') return state.branches[parent.index];
  return state?.type === 'Map' ? state.processor : undefined;
}

function misfit(
  open: ExecutionState,
  before: Plan,
  after: Plan,
  index: number,
  active: Activation,
): string | undefined {
  const was = planOf(before, open, active);
  const is = after.scopes[index]?.states.get(active.state);
  if (is === undefined) return missing(active.state);
  if (is.type !== was.type) return `State "${active.state}" was a ${was.type} and is a ${is.type} now.`;
  if (active.work.kind === 'branches' && is.type === 'Parallel') {
    const { length } = active.work.results;
    if (length !== is.branches.length)
      return `State "${active.state}" had ${length} branches and has ${is.branches.length} now.`;
  }
  if (is.type === 'Map' && was.type === 'Map' && (is.distributed === undefined) !== (was.distributed === undefined)) {
    return `State "${active.state}" has changed between INLINE and DISTRIBUTED.`;
  }
  return undefined;
}

export function missing(state: string): string {
  return `State "${state}" is open and not in the new definition, or not in the same place.`;
}
