import { cancel } from '../cancellations.ts';
import type { Draft } from '../draft.ts';
import { workOutside, workWithin } from '../effects.ts';
import { scopePlan } from '../fold.ts';
import { scopesOpenedBy } from '../fold-scopes.ts';
import type { ScopePlan } from '../plan.ts';
import type { ScopeState, Token } from '../state.ts';

export interface Withdrawal {
  /** The state that withdraws. */
  readonly by: string;
  /** In which everything goes: what runs, what waits on the arcs into them, what rests in them. */
  readonly states: readonly string[];
  /** Further tokens that go. */
  readonly others?: readonly Token[];
  /** It withdraws by completing; otherwise its join does, by firing, and what it has itself started stays. */
  readonly isCompletion?: boolean;
}

/** Withdraws what is in some states of a scope; work that goes on outside is told so. */
export function withdraw(
  draft: Draft,
  within: ScopeState,
  { by, states, others = [], isCompletion = false }: Withdrawal,
): void {
  const { state, plan } = draft;
  const { net } = within;
  if (net === undefined) return;
  const named = new Set(states);
  const { states: plans } = scopePlan(plan, within.plan);
  const gone = new Set(others.map(({ id }) => id));
  const tokens = net.tokens.filter(
    (id) => gone.has(id) || isNamed(plans, state.tokens.get(id), by, named, isCompletion),
  );
  const activations = net.activations
    .flatMap((id) => state.activations.get(id) ?? [])
    .filter((active) => {
      return !draft.leaving.has(active) && named.has(active.state) && (isCompletion || active.state !== by);
    });
  const rounds = [...named].filter((name) => Object.hasOwn(net.rounds, name));
  if (tokens.length + activations.length + rounds.length === 0) return;
  const inside = scopesOpenedBy(
    state,
    activations.map(({ id }) => id),
  );
  cancel(draft, [
    ...activations.flatMap((active) => workOutside(plan, state, active) ?? []),
    ...(inside.size === 0 ? [] : workWithin(plan, state, inside)),
  ]);
  draft.emit({
    type: 'StatesWithdrawn',
    scope: within.id,
    by,
    tokens,
    activations: activations.map(({ id }) => id),
    rounds,
  });
}

/** A token that rests in a place waits on every arc that leads out of it. */
function isNamed(
  plans: ScopePlan['states'],
  token: Token | undefined,
  by: string,
  named: ReadonlySet<string>,
  isCompletion: boolean,
): boolean {
  if (token === undefined) return false;
  const place = token.resting === true ? plans.get(token.to) : undefined;
  if (place?.type === 'Place' && place.next.some((name) => named.has(name))) return true;
  if (!named.has(token.to)) return false;
  return isCompletion || token.to !== by || token.joined === undefined;
}
