import type { Json } from '../../model/json.ts';
import { builtins, type CompiledJsonata, type EvaluateOptions, JsonataError, references } from '../jsonata/index.ts';
import { CONSTANT_WORK, type Constant, isFoldable } from './constant.ts';

/** Functions that look at the clock, or at chance, with some arguments or with all. */
const IMPURE: ReadonlySet<string> = new Set(['now', 'millis', 'toMillis', 'random', 'shuffle', 'uuid']);

/**
 * Evaluates an expression of a definition that depends on nothing outside: no variables, no clock, no chance. `undefined`:
 * it does, or it fails, or costs too much; then it is evaluated at run time, and fails there if it must.
 *
 * @param spent is told what looking at it cost.
 */
export function foldJsonata(
  expression: CompiledJsonata,
  hash: EvaluateOptions['hash'],
  spent: (units: number) => void,
): Constant | undefined {
  const { functions, variables } = references(expression.tree);
  const names = [...new Set([...functions, ...variables])];
  if (names.some((name) => !builtins.has(name) || IMPURE.has(name))) return undefined;
  let units = 0;
  let value: Json | undefined;
  try {
    value = expression.evaluate(undefined, {
      now: 0,
      random: () => 0,
      hash,
      limits: { fuel: CONSTANT_WORK },
      spent: (fuel) => {
        units = fuel;
        spent(fuel);
      },
    });
  } catch (error) {
    if (error instanceof JsonataError) return undefined;
    throw error;
  }
  return value === undefined || !isFoldable(value, units) ? undefined : { value, units, names };
}
