import { abandonItems, itemFailed } from './branches.ts';
import { cancel } from './cancellations.ts';
import { StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { workOutside, workWithin } from './effects.ts';
import { randomFraction } from './environment.ts';
import { ErrorName } from './errors.ts';
import { evaluate } from './evaluate.ts';
import { activation, failureOf, planOf, scope } from './fold.ts';
import { isLeft } from './item-control.ts';
import type { JsonObject } from './json.ts';
import { exitState } from './leave.ts';
import { hasOffers } from './net/fold-net.ts';
import type { Catcher, Failure, StatePlan } from './plan.ts';
import { retryDelay } from './retry.ts';
import type { Activation, ActivationId, ScopeState } from './state.ts';

/** A state failed: what is open within it is withdrawn; then its first retrier that matches and has attempts left, else its first catcher that matches, else its scope fails. */
export function failState(draft: Draft, active: Activation, state: StatePlan, failure: Failure): void {
  if (isLeft(active)) return abandonItems(draft, active);
  if (!('retry' in state)) return failScope(draft, active, reported(failure));
  withdrawBranches(draft, active, failure);
  const retrier = state.retry.findIndex(({ errorEquals }) => matches(errorEquals, failure.error));
  const rule = state.retry[retrier];
  const used = active.retries[retrier] ?? 0;
  if (rule !== undefined && used < rule.maxAttempts) {
    const dueAt = draft.occasion.at + retryDelay(rule, used, randomFraction(draft.occasion));
    draft.emit({ type: 'RetryScheduled', id: active.id, retrier, dueAt });
    return;
  }
  const shown = reported(failure);
  if (state.type !== 'Task') draft.emit({ type: 'BranchesFailed', id: active.id, ...shown });
  const catcher = state.catch.find(({ errorEquals }) => matches(errorEquals, failure.error));
  if (catcher === undefined) failScope(draft, active, shown);
  else takeOver(draft, active, state, catcher, shown);
}

function withdrawBranches(draft: Draft, active: Activation, { error }: Failure): void {
  const { work } = active;
  if (work.kind === 'mapRun') {
    const children = workOutside(draft.plan, draft.state, active);
    if (children === undefined) return;
    cancel(draft, [children]);
  } else if ((work.kind === 'branches' || work.kind === 'items') && work.open.size > 0) {
    cancel(draft, workWithin(draft.plan, draft.state, work.open));
  } else return;
  draft.emit({ type: 'BranchesWithdrawn', id: active.id, ...(error === undefined ? {} : { error }) });
}

function takeOver(draft: Draft, active: Activation, state: StatePlan, catcher: Catcher, failure: Failure): void {
  // As on Step Functions, what a failure does not say is an empty text.
  const errorOutput: JsonObject = { Error: failure.error ?? '', Cause: failure.cause ?? '' };
  const env = new StateEnvironment(draft, active, errorOutput);
  // An error in the catcher itself has nobody left to catch it.
  const uncaught: StatePlan = 'retry' in state ? { ...state, retry: [], catch: [] } : state;
  evaluate(
    draft,
    active,
    uncaught,
    () => catcher.produce(env),
    (result) => exitState(draft, active, result, catcher.next, { isCaught: true }),
  );
}

/** A state fails its scope: the execution, a branch, or an item of a Map. All that is left in it is withdrawn. */
export function failScope(draft: Draft, active: Activation, failure: Failure): void {
  endInFailure(draft, scope(draft.state, active.scope), { id: active.id, ...failure });
}

/** A scope fails, and none of its states did. */
export function failNet(draft: Draft, failed: ScopeState, failure: Failure): void {
  endInFailure(draft, failed, failure);
}

function endInFailure(draft: Draft, failed: ScopeState, end: Failure & { readonly id?: ActivationId }): void {
  if (failed.live > 1 || hasOffers(failed)) cancel(draft, workWithin(draft.plan, draft.state, [failed.id]));
  if (failed.parent === undefined) {
    draft.emit({ type: 'ExecutionFailed', ...end });
    return;
  }
  const parent = activation(draft.state, failed.parent.activation);
  draft.emit({ type: 'ScopeFailed', scope: failed.id, ...end });
  const failure = failureOf(end);
  if (parent.work.kind === 'items') itemFailed(draft, parent, failure);
  else failState(draft, parent, planOf(draft.plan, draft.state, parent), failure);
}

/** Errors that no wildcard covers: who wants to handle one must name it. */
const NAMED_ONLY: ReadonlySet<string> = new Set([ErrorName.runtime, ErrorName.dataLimitExceeded]);

/**
 * A failure as everybody sees it. A missing heartbeat shows as `States.Timeout`, as on Step Functions; only rules can tell
 * it apart, by the name `States.HeartbeatTimeout`.
 */
export function reported(failure: Failure): Failure {
  return failure.error === ErrorName.heartbeatTimeout ? { ...failure, error: ErrorName.timeout } : failure;
}

/** Whether an `ErrorEquals` covers an error. `States.Timeout` covers missing heartbeats, `States.TaskFailed` all but timeouts. */
export function matches(errorEquals: readonly string[], error: string | undefined): boolean {
  return errorEquals.some((pattern) => {
    if (pattern === error) return true;
    if (error !== undefined && NAMED_ONLY.has(error)) return false;
    const late = error === ErrorName.timeout || error === ErrorName.heartbeatTimeout;
    return pattern === ErrorName.all || (late ? pattern === ErrorName.timeout : pattern === ErrorName.taskFailed);
  });
}
