import type { Definition } from '../language/index.ts';
import type { Plan } from '../model/plan.ts';
import { type PatternId, patternsOf } from '../patterns/index.ts';

/** For as long as the plan is in use. Which patterns it uses is found out when somebody asks, once. */
const tags = new WeakMap<Plan, { readonly definition: Definition } | readonly PatternId[]>();

/** Remembers what a plan was compiled from. */
export function tagLater(plan: Plan, definition: Definition): void {
  tags.set(plan, { definition });
}

/** The patterns that the definition of a plan uses, in order of number; none of a plan that was compiled elsewhere. */
export function patternTags(plan: Plan): readonly PatternId[] {
  const known = tags.get(plan);
  if (known === undefined) return [];
  if (!('definition' in known)) return known;
  const found = patternsOf(known.definition).map(({ id }) => id);
  tags.set(plan, found);
  return found;
}
