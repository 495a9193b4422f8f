import type { ScopePlan } from '../../model/plan.ts';

/** The groups of OR-joins that lie on cycles with one another, in document order. */
export function orJoinCycles({ states, net }: ScopePlan): readonly (readonly string[])[] {
  const joins = [...states.values()].filter(({ start }) => start?.join?.kind === 'active').map(({ name }) => name);
  if (joins.length < 2 || net === undefined) return [];
  const before = new Map(joins.map((name) => [name, allBefore(name, net.sources)]));
  const groups: string[][] = [];
  const grouped = new Set<string>();
  for (const name of joins) {
    if (grouped.has(name)) continue;
    const group = joins.filter((other) => before.get(name)?.has(other) && before.get(other)?.has(name));
    for (const other of group) grouped.add(other);
    if (group.length > 1) groups.push(group);
  }
  return groups;
}

/** The states from which one can get to a state. */
function allBefore(name: string, sources: NonNullable<ScopePlan['net']>['sources']): ReadonlySet<string> {
  const found = new Set<string>();
  const work = [name];
  for (const state of work) {
    for (const source of sources.get(state) ?? []) {
      if (source === null || found.has(source)) continue;
      found.add(source);
      work.push(source);
    }
  }
  return found;
}
