import type { Targets } from '../../model/plan.ts';
import type { TargetField, Transition } from '../definition.ts';

const NOWHERE: Targets = [];

/** Where the tokens of a state go; nowhere at an `End`. */
export function compileTargets({ Next }: Transition): Targets {
  return Next === undefined ? NOWHERE : targetsIn(Next);
}

export function targetsIn(field: TargetField): Targets {
  return typeof field === 'string' ? [field] : field;
}
