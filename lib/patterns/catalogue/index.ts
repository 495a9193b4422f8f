import type { Pattern, PatternEntry, PatternGroup } from '../pattern.ts';
import { basic } from './basic.ts';
import { cancellation, iteration, termination, triggers } from './control.ts';
import { instances } from './instances.ts';
import { stateBased } from './state-based.ts';
import { synchronization } from './synchronization.ts';

const GROUPS: Readonly<Record<PatternGroup, readonly PatternEntry[]>> = {
  Basic: basic,
  'Branching and synchronization': synchronization,
  'Multiple instances': instances,
  'State-based': stateBased,
  Cancellation: cancellation,
  Iteration: iteration,
  Termination: termination,
  Trigger: triggers,
};

/** All 43, in order of number. */
export const patterns: readonly Pattern[] = Object.entries(GROUPS)
  .flatMap(([group, entries]) =>
    // Asserted: `Object.entries` forgets that the keys are groups.
    entries.map((entry) => patternOf(entry, group as PatternGroup)),
  )
  .toSorted((one, other) => one.number - other.number);

function patternOf(entry: PatternEntry, group: PatternGroup): Pattern {
  const { number, slug } = entry;
  const file = `wcp-${String(number).padStart(2, '0')}-${slug}`;
  return {
    ...entry,
    id: `WCP-${number}`,
    group,
    example: `examples/patterns/${file}.asl.json`,
    page: `docs/patterns/${file}.md`,
  };
}
