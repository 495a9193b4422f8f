import type { ScopePlan, StatePlan } from '../../model/plan.ts';

/**
 * The states of a plain scope that a token passes at once and leaves for one other state: `Pass` and `Choice`, unless they
 * wait for a permit. The core takes it through those in a row in one go.
 */
export function fusedStates(states: ScopePlan['states']): ReadonlySet<string> {
  return new Set([...states.values()].filter(isFused).map(({ name }) => name));
}

function isFused(state: StatePlan): boolean {
  if (state.pool !== undefined) return false;
  return state.type === 'Choice' || (state.type === 'Pass' && state.next.length === 1);
}

/**
 * The fused states by chains: states that follow on one another by some way, in document order, two at least. A state on
 * its own gains nothing by what it is.
 */
export function chainsIn({ states, fused = new Set() }: ScopePlan): readonly (readonly string[])[] {
  const order = [...states.keys()];
  const neighbours = new Map([...fused].map((name) => [name, new Set<string>()]));
  for (const name of fused) {
    for (const to of waysOf(states.get(name))) {
      neighbours.get(to)?.add(name);
      if (fused.has(to)) neighbours.get(name)?.add(to);
    }
  }
  const seen = new Set<string>();
  const chains: (readonly string[])[] = [];
  for (const name of fused) {
    if (seen.has(name)) continue;
    const chain = new Set([name]);
    for (const member of chain) for (const other of neighbours.get(member) ?? []) chain.add(other);
    for (const member of chain) seen.add(member);
    if (chain.size > 1) chains.push(order.filter((member) => chain.has(member)));
  }
  return chains;
}

function waysOf(state: StatePlan | undefined): readonly string[] {
  if (state?.type === 'Choice') return state.ways.flat();
  return state?.type === 'Pass' ? state.next : [];
}
