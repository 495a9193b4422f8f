import type { AllocationRequest } from '../../model/work-item.ts';
import { fits, type Participant } from './participant.ts';

/** What a choice among several goes by, beside the request. */
export interface Standing {
  /** Whose turn was last, in round robin; absent: nobody's yet. */
  readonly last?: string;
  /** How many items each one has. Absent ones have none. */
  readonly queues?: ReadonlyMap<string, number>;
  /** For a choice by chance: 0 inclusive … 1 exclusive. */
  readonly random?: number;
}

export type Allocation = { readonly assignee: string } | { readonly candidates: readonly string[] };

/**
 * Who may be given the item, in ascending order of id: available, of its role, with its capabilities, and not kept apart
 * from it. Those who gave it back are left out where there is anybody else.
 *
 * @param known all participants. Candidates that are named, and are none of them, count as available where neither a role
 * nor capabilities are asked for.
 */
export function eligible(request: AllocationRequest, known: readonly Participant[]): readonly string[] {
  const { role, capabilities, candidates, excluded, avoided } = request;
  const fitting = known.filter((one) => one.available && fits(one, request)).map(({ id }) => id);
  const asksForMore = role !== undefined || (capabilities?.length ?? 0) > 0;
  const strangers = asksForMore ? [] : (candidates ?? []).filter((name) => !known.some(({ id }) => id === name));
  const allowed = [...new Set([...fitting, ...strangers])].filter(
    (id) => candidates?.includes(id) !== false && !excluded.includes(id),
  );
  const willing = allowed.filter((id) => !avoided.includes(id));
  return (willing.length > 0 ? willing : allowed).sort(byCodePoint);
}

/** Chooses, by the strategy of the request; the same for the same arguments. No candidates: nobody fits. */
export function allocate(
  request: AllocationRequest,
  known: readonly Participant[],
  { last, queues, random = 0 }: Standing,
): Allocation {
  const { strategy, familiar } = request;
  const able = eligible(request, known);
  const [first] = able;
  if (first === undefined) return { candidates: [] };
  if (familiar !== undefined && able.includes(familiar)) return { assignee: familiar };
  switch (strategy) {
    case 'offer':
      return { candidates: able };
    case 'roundRobin':
      return { assignee: able.find((id) => last === undefined || byCodePoint(id, last) > 0) ?? first };
    case 'shortestQueue': {
      const lengthOf = (id: string) => queues?.get(id) ?? 0;
      return { assignee: able.reduce((best, id) => (lengthOf(id) < lengthOf(best) ? id : best), first) };
    }
    case 'random':
      return { assignee: able[Math.floor(random * able.length)] ?? first };
  }
}

/** As stores order their keys. */
function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
