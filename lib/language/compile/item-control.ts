import type { Json } from '../../model/json.ts';
import type { ItemControlPlan } from '../../model/net-plan.ts';
import type { CompletionDefinition, MapDefinition } from '../definition.ts';
import { compileTyped, scopeMaker } from './jsonata.ts';
import { compileCount } from './net.ts';
import type { StateCompilation } from './options.ts';

/** How a Map takes the ends of its items; `undefined` for one that simply waits for all of them. */
export function compileItemControl(
  { Completion, Rest, Dynamic, Synchronize }: MapDefinition,
  state: StateCompilation,
): ItemControlPlan | undefined {
  const waits = Completion === undefined && Dynamic !== true && Synchronize !== false;
  if (waits && !state.isCompletedByOthers) return undefined;
  return {
    ...compileCompletion(Completion, state),
    rest: Rest ?? 'keep',
    dynamic: Dynamic ?? false,
    synchronize: Synchronize ?? true,
  };
}

function compileCompletion(
  { Count, Condition }: CompletionDefinition = {},
  state: StateCompilation,
): Pick<ItemControlPlan, 'count' | 'condition'> {
  if (Count !== undefined) {
    const count = compileCount('Completion/Count', Count, Number.POSITIVE_INFINITY, state);
    return { count: typeof count === 'number' ? () => count : count };
  }
  if (Condition === undefined) return {};
  const evaluate = compileTyped(Condition, 'Completion/Condition', 'boolean', asBoolean, state);
  const scope = scopeMaker([Condition]);
  return { condition: (env) => evaluate(scope(env)) };
}

function asBoolean(value: Json): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
