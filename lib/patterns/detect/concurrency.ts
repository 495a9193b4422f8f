import { joinOf, type Scope, splitsOf } from '../scope.ts';

/**
 * Which states may have several tokens at a time, from what the definition looks like. Guards and data are not looked
 * at: tokens of a parallel split are taken to be able to overtake one another until a join waits for them. So a state
 * may be named here which never has two tokens in any execution.
 */
export interface Concurrency {
  /** Several tokens may be on their way to the state without a join. */
  readonly meets: (state: string) => boolean;
  /** The state may start several times for one start of its scope without a cycle of choices alone. */
  readonly repeats: (state: string) => boolean;
}

export function concurrencyOf(scope: Scope): Concurrency {
  const splits = splitsOf(scope);
  const waiting = new Set(scope.graph.nodes.filter((name) => isWaiting(scope, name)));
  const meeting = new Set<string>();
  const repeating = new Set<string>();
  for (const groups of splits.values()) {
    for (const targets of groups) {
      const reached = [...new Set(targets)].map((target) => scope.graph.from(target, waiting));
      for (const name of scope.graph.nodes) {
        if (waiting.has(name)) continue;
        if (reached.filter((branch) => branch.has(name)).length > 1) meeting.add(name);
      }
      for (const target of targets.filter((name, index) => targets.indexOf(name) !== index)) repeating.add(target);
    }
  }
  for (const name of rounds(scope, waiting, splits)) repeating.add(name);
  for (const name of meeting) repeating.add(name);
  for (const name of repeating) for (const next of scope.graph.after(name)) repeating.add(next);
  return { meets: (state) => meeting.has(state) || repeating.has(state), repeats: (state) => repeating.has(state) };
}

function isWaiting(scope: Scope, name: string): boolean {
  const join = joinOf(scope.states.get(name));
  return join !== undefined && !(typeof join === 'object' && 'Threads' in join);
}

/** Targets of splits on a cycle on which no join waits: each time round sends another token. */
function rounds(
  scope: Scope,
  waiting: ReadonlySet<string>,
  splits: ReadonlyMap<string, readonly (readonly string[])[]>,
): readonly string[] {
  const cycles = scope.graph.without(waiting).cycles();
  return [...splits].flatMap(([name, groups]) => {
    const cycle = cycles.find((members) => members.has(name));
    if (cycle === undefined) return [];
    const distinct = groups.map((targets) => [...new Set(targets)]);
    const going = distinct.filter((targets) => targets.some((target) => cycle.has(target)) && targets.length > 1);
    return going.flatMap((targets) => {
      const outside = targets.filter((target) => !cycle.has(target));
      return targets.length - outside.length > 1 ? targets : outside;
    });
  });
}
