import type { Net, NetArc, NetTask } from './net.ts';

/** What leads where in a net. */

export interface Target extends NetArc {
  readonly n: number;
}

export function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

export function targetsOf({ out = [] }: NetTask): readonly Target[] {
  return out.map((target) => (typeof target === 'string' ? { to: target, n: 1 } : { ...target, n: target.n ?? 1 }));
}

export function placesOf({ in: places = [] }: NetTask): readonly { readonly p: string; readonly n: number }[] {
  return places.map((place) => (typeof place === 'string' ? { p: place, n: 1 } : { p: place.p, n: place.n ?? 1 }));
}

/** Arcs of which any, or some, are enough, for a task that needs places as well. */
export function needsMerge({ join, in: places = [] }: NetTask, arcs: number): boolean {
  const isAll = join === 'all' || (arcs === 1 && typeof join !== 'object');
  return places.length > 0 && arcs > 0 && !isAll;
}

/** An arc needs no place of its own where the state it leads to is named as well. */
export function namedArcs({ tasks, mutex = {} }: Net): ReadonlySet<string> {
  const lists = Object.entries(tasks).flatMap(([name, { cancels = [], join, read = [] }]) => {
    const region = typeof join === 'object' ? [...(join.region ?? []), name] : [];
    return [[...cancels], region, list(read)];
  });
  const groups = Object.values(mutex).flat();
  const free = (members: readonly string[], also: (from: string) => boolean) =>
    members.filter((member) => {
      const [from = '', to = ''] = member.split('>');
      return member.includes('>') && !(members.includes(to) && also(from));
    });
  return new Set([
    ...lists.flatMap((members) => free(members, () => true)),
    ...groups.flatMap((group) => free(list(group), (from) => list(group).includes(from))),
  ]);
}
