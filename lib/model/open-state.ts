import type { Activation, ExecutionState, ScopeState, Token, Work } from './state.ts';

/** What is open in an execution, as plain JSON. Sets and maps are arrays in their order, which is part of the state. */
export interface OpenState {
  readonly scopes: readonly ScopeState[];
  readonly activations: readonly FlatActivation[];
  readonly tokens: readonly Token[];
}

export type FlatActivation = Omit<Activation, 'work'> & { readonly work: FlatWork };

type Flat<W> = W extends { open: unknown } ? Omit<W, 'open'> & { readonly open: readonly number[] } : W;
export type FlatWork = Flat<Work>;

type OpenMaps = Pick<ExecutionState, 'scopes' | 'activations' | 'tokens'>;

export function flatten({ scopes, activations, tokens }: OpenMaps): OpenState {
  return {
    scopes: [...scopes.values()],
    activations: [...activations.values()].map(flattenActivation),
    tokens: [...tokens.values()],
  };
}

export function flattenActivation(active: Activation): FlatActivation {
  const { work } = active;
  return 'open' in work ? { ...active, work: { ...work, open: [...work.open] } } : { ...active, work };
}

export function unflatten({ scopes, activations, tokens }: OpenState): OpenMaps {
  return {
    scopes: new Map(scopes.map((scope) => [scope.id, scope])),
    activations: new Map(activations.map((active) => [active.id, { ...active, work: openWork(active.work) }])),
    tokens: new Map(tokens.map((token) => [token.id, token])),
  };
}

function openWork(work: FlatWork): Work {
  switch (work.kind) {
    case 'branches':
      return { ...work, open: new Set(work.open) };
    case 'items':
      return { ...work, open: new Set(work.open) };
    default:
      return work;
  }
}
