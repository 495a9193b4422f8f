import type { Definition } from '../language/definition.ts';
import { coordination } from './detect/coordination.ts';
import { cycles } from './detect/cycles.ts';
import { endings } from './detect/endings.ts';
import { instances } from './detect/instances.ts';
import { joins } from './detect/joins.ts';
import { splits } from './detect/splits.ts';
import type { PatternUse } from './pattern.ts';
import { type Detector, patternId, scopesOf } from './scope.ts';

const DETECTORS: readonly Detector[] = [splits, joins, cycles, instances, coordination, endings];

/**
 * The patterns that a definition uses, in order of number. It goes by what the definition looks like, not by what
 * executions do: where patterns differ only in that (WCP-5 and 8, 3 and 33, 9 and 28), the looks decide, and the more
 * demanding one is named where it cannot be ruled out.
 *
 * @param definition one that the checker has accepted
 */
export function patternsOf(definition: Definition): readonly PatternUse[] {
  const found = new Map<number, Set<string>>();
  const note = (number: number, pointer: string) => {
    const pointers = found.get(number);
    if (pointers === undefined) found.set(number, new Set([pointer]));
    else pointers.add(pointer);
  };
  for (const scope of scopesOf(definition)) for (const detect of DETECTORS) detect(scope, note);
  return [...found]
    .toSorted(([one], [other]) => one - other)
    .map(([number, pointers]) => ({ id: patternId(number), pointers: [...pointers] }));
}
