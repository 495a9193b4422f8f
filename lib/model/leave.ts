import { branchSucceeded, completeItems, itemSucceeded } from './branches.ts';
import { cancel } from './cancellations.ts';
import { StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { workWithin } from './effects.ts';
import { evaluate } from './evaluate.ts';
import { activation, lastValue, planOf, scope } from './fold.ts';
import { hasOffers } from './net/fold-net.ts';
import { withdraw } from './net/withdrawal.ts';
import type { PlacePlan, StatePlan, StateResult, Targets } from './plan.ts';
import type { Activation, ScopeState } from './state.ts';

/** A state that has work, and leaves when that is done. */
type Completable = Exclude<Extract<StatePlan, { next: Targets }>, PlacePlan>;

/** Completes a state whose work is done: makes its output of the raw result, and leaves. */
export function completeState(draft: Draft, active: Activation, state: Completable): void {
  const env = new StateEnvironment(draft, active);
  const expression = () =>
    state.type === 'Task' || state.type === 'Parallel' || state.type === 'Map'
      ? state.complete(env)
      : state.produce(env);
  evaluate(draft, active, state, expression, (result) => exitState(draft, active, result, state.next));
}

/** Leaves a state with its result; if that was the last life in its scope, the scope ends. */
export function exitState(
  draft: Draft,
  active: Activation,
  result: StateResult,
  next: Targets,
  options: { readonly keepScope?: boolean; readonly isCaught?: boolean } = {},
): void {
  const within = scope(draft.state, active.scope);
  if (within.net !== undefined && options.isCaught !== true) {
    draft.leaving.add(active);
    clearAway(draft, active, within);
    draft.leaving.delete(active);
    // A Map that it completed may have failed, and the scope with it.
    if (!draft.isOpen(active)) return;
  }
  draft.emit({
    type: 'StateExited',
    id: active.id,
    next,
    ...(result.output === lastValue(active) ? {} : { output: result.output }),
    ...(result.assign === undefined ? {} : { assign: result.assign }),
  });
  if (within.live === 0 && options.keepScope !== true) endScope(draft, within);
}

/** What the completion of a state does to others of its scope, before it produces its own tokens. */
function clearAway(draft: Draft, active: Activation, within: ScopeState): void {
  const { cancels = [], completes = [] } = planOf(draft.plan, draft.state, active);
  if (cancels.length > 0) withdraw(draft, within, { by: active.state, states: cancels, isCompletion: true });
  for (const name of completes) completeItems(draft, within, name);
}

/** A scope succeeds; whatever is left in it is withdrawn. Its output is that of the last token that ended in it. */
export function endScope(draft: Draft, ended: ScopeState): void {
  if (ended.live > 0 || hasOffers(ended)) cancel(draft, workWithin(draft.plan, draft.state, [ended.id]));
  if (ended.parent === undefined) {
    draft.emit({ type: 'ExecutionSucceeded' });
    return;
  }
  const parent = activation(draft.state, ended.parent.activation);
  draft.emit({ type: 'ScopeSucceeded', scope: ended.id });
  if (parent.work.kind === 'branches') branchSucceeded(draft, parent);
  else itemSucceeded(draft, parent);
}
