import { itemFailed } from './branches.ts';
import { StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { withdrawalEffects } from './effects.ts';
import { randomFraction } from './environment.ts';
import { ErrorName } from './errors.ts';
import { evaluate } from './evaluate.ts';
import { activation, planOf, scope } from './fold.ts';
import type { JsonObject } from './json.ts';
import { exitState } from './leave.ts';
import type { Catcher, Failure, Retrier, StatePlan } from './plan.ts';
import type { Activation, ScopeId } from './state.ts';

/** A state failed: what is open within it is withdrawn; then its first retrier that matches and has attempts left, else its first catcher that matches, else its scope fails. */
export function failState(draft: Draft, active: Activation, state: StatePlan, failure: Failure): void {
  if (!('retry' in state)) return failScope(draft, active.scope, failure);
  const { work } = active;
  const hadScopes = work.kind === 'branches' || work.kind === 'items';
  if (hadScopes) for (const open of [...work.open]) withdrawScope(draft, open);
  const retrier = state.retry.findIndex(({ errorEquals }) => matches(errorEquals, failure.error));
  const rule = state.retry[retrier];
  const used = active.retries[retrier] ?? 0;
  if (rule !== undefined && used < rule.maxAttempts) {
    const dueAt = draft.occasion.at + retryDelay(rule, used, randomFraction(draft.occasion));
    draft.emit({ type: 'RetryScheduled', id: active.id, retrier, dueAt });
    return;
  }
  if (hadScopes) draft.emit({ type: 'BranchesFailed', id: active.id, ...failure });
  const catcher = state.catch.find(({ errorEquals }) => matches(errorEquals, failure.error));
  if (catcher === undefined) failScope(draft, active.scope, failure);
  else takeOver(draft, active, state, catcher, failure);
}

function takeOver(draft: Draft, active: Activation, state: StatePlan, catcher: Catcher, failure: Failure): void {
  const errorOutput: JsonObject = {
    Error: failure.error ?? null,
    Cause: failure.cause ?? null,
  };
  const env = new StateEnvironment(draft, active, errorOutput);
  // An error in the catcher itself has nobody left to catch it.
  const uncaught: StatePlan = 'retry' in state ? { ...state, retry: [], catch: [] } : state;
  evaluate(
    draft,
    active,
    uncaught,
    () => catcher.produce(env),
    (result) => exitState(draft, active, result, catcher.next),
  );
}

/** Fails a scope: the execution, a branch, or an item of a Map. All that is left in it is withdrawn. */
export function failScope(draft: Draft, id: ScopeId, failure: Failure): void {
  const failed = scope(draft.state, id);
  draft.effects.push(...withdrawalEffects(draft.plan, draft.state, id));
  if (failed.parent === undefined) {
    draft.emit({ type: 'ExecutionFailed', ...failure });
    return;
  }
  const parent = activation(draft.state, failed.parent.activation);
  draft.emit({ type: 'ScopeFailed', scope: id, ...failure });
  if (parent.work.kind === 'items') itemFailed(draft, parent, failure);
  else failState(draft, parent, planOf(draft.plan, draft.state, parent), failure);
}

function withdrawScope(draft: Draft, id: ScopeId): void {
  draft.effects.push(...withdrawalEffects(draft.plan, draft.state, id));
  draft.emit({ type: 'ScopeWithdrawn', scope: id });
}

/** Errors that no wildcard covers: who wants to handle one must name it. */
const NAMED_ONLY: ReadonlySet<string> = new Set([ErrorName.runtime, ErrorName.dataLimitExceeded]);

/** Whether an `ErrorEquals` covers an error. `States.TaskFailed` covers every error of a task but a timeout. */
export function matches(errorEquals: readonly string[], error: string | undefined): boolean {
  return errorEquals.some((pattern) => {
    if (pattern === error) return true;
    if (error !== undefined && NAMED_ONLY.has(error)) return false;
    return pattern === ErrorName.all || (pattern === ErrorName.taskFailed && error !== ErrorName.timeout);
  });
}

/** Delay before retry number `used + 1`, ms: IntervalSeconds × BackoffRate^used, at most MaxDelaySeconds, with full jitter if asked for. */
export function retryDelay(rule: Retrier, used: number, fraction: number): number {
  const backedOff = rule.intervalSeconds * rule.backoffRate ** used;
  const seconds = Math.min(backedOff, rule.maxDelaySeconds ?? Number.POSITIVE_INFINITY, 99_999_999);
  return Math.round(seconds * 1000 * (rule.jitter === 'FULL' ? fraction : 1));
}
