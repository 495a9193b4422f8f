import { branchSucceeded, itemSucceeded } from './branches.ts';
import { cancel } from './cancellations.ts';
import { StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { workWithin } from './effects.ts';
import { evaluate } from './evaluate.ts';
import { activation, lastValue, scope } from './fold.ts';
import type { StatePlan, StateResult, Targets } from './plan.ts';
import type { Activation, ScopeState } from './state.ts';

/** Completes a state whose work is done: makes its output of the raw result, and leaves. */
export function completeState(draft: Draft, active: Activation, state: Extract<StatePlan, { next: Targets }>): void {
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
  options: { readonly keepScope?: boolean } = {},
): void {
  const within = scope(draft.state, active.scope);
  draft.emit({
    type: 'StateExited',
    id: active.id,
    next,
    ...(result.output === lastValue(active) ? {} : { output: result.output }),
    ...(result.assign === undefined ? {} : { assign: result.assign }),
  });
  if (within.live === 0 && options.keepScope !== true) endScope(draft, within);
}

/** A scope succeeds; whatever is left in it is withdrawn. Its output is that of the last token that ended in it. */
export function endScope(draft: Draft, ended: ScopeState): void {
  if (ended.live > 0) cancel(draft, workWithin(draft.plan, draft.state, [ended.id]));
  if (ended.parent === undefined) {
    draft.emit({ type: 'ExecutionSucceeded' });
    return;
  }
  const parent = activation(draft.state, ended.parent.activation);
  draft.emit({ type: 'ScopeSucceeded', scope: ended.id });
  if (parent.work.kind === 'branches') branchSucceeded(draft, parent);
  else itemSucceeded(draft, parent);
}
