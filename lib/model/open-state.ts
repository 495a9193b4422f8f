import type {
  Activation,
  ExecutionState,
  MapRunChild,
  MapRunWork,
  Offer,
  OutsideEvent,
  ScopeState,
  Token,
  Work,
} from './state.ts';

/** What is open in an execution, as plain JSON. Sets and maps are arrays in their order, which is part of the state. */
export interface OpenState {
  readonly scopes: readonly ScopeState[];
  readonly activations: readonly FlatActivation[];
  readonly tokens: readonly Token[];
  /** Absent: none; likewise the two below. */
  readonly offers?: readonly Offer[];
  readonly events?: readonly OutsideEvent[];
  readonly requests?: readonly string[];
}

export type FlatActivation = Omit<Activation, 'work'> & { readonly work: FlatWork };

type Flat<W> = W extends { open: unknown }
  ? Omit<W, 'open'> & { readonly open: readonly number[] }
  : W extends MapRunWork
    ? Omit<W, 'children'> & { readonly children: readonly FlatChild[] }
    : W;
export type FlatWork = Flat<Work>;

/** Without an input that is the very item. */
type FlatChild = Omit<MapRunChild, 'input'> & Partial<Pick<MapRunChild, 'input'>>;

type OpenMaps = Pick<ExecutionState, 'scopes' | 'activations' | 'tokens' | 'offers' | 'events' | 'requests'>;

export function flatten({ scopes, activations, tokens, offers, events, requests }: OpenMaps): OpenState {
  return {
    scopes: [...scopes.values()],
    activations: [...activations.values()].map(flattenActivation),
    tokens: [...tokens.values()],
    ...(offers.size === 0 ? {} : { offers: [...offers.values()] }),
    ...(events.length === 0 ? {} : { events }),
    ...(requests.size === 0 ? {} : { requests: [...requests] }),
  };
}

export function flattenActivation(active: Activation): FlatActivation {
  return { ...active, work: flattenWork(active.work) };
}

function flattenWork(work: Work): FlatWork {
  if ('open' in work) return { ...work, open: [...work.open] };
  if (work.kind !== 'mapRun') return work;
  const { items } = work;
  const children = work.children.map((child): FlatChild => {
    if (child.input !== items?.values[child.item]) return child;
    const { input: _item, ...rest } = child;
    return rest;
  });
  return { ...work, children };
}

export function unflatten(open: OpenState): OpenMaps {
  const { scopes, activations, tokens, offers = [], events = [], requests = [] } = open;
  return {
    scopes: new Map(scopes.map((scope) => [scope.id, scope])),
    activations: new Map(activations.map((active) => [active.id, { ...active, work: openWork(active.work) }])),
    tokens: new Map(tokens.map((token) => [token.id, token])),
    offers: new Map(offers.map((offer) => [offer.id, offer])),
    events,
    requests: new Set(requests),
  };
}

function openWork(work: FlatWork): Work {
  switch (work.kind) {
    case 'branches':
      return { ...work, open: new Set(work.open) };
    case 'items':
      return { ...work, open: new Set(work.open) };
    case 'mapRun': {
      const { items } = work;
      const children = work.children.map((child): MapRunChild => {
        const { input = items?.values[child.item] ?? null, ...rest } = child;
        return { ...rest, input };
      });
      return { ...work, children };
    }
    default:
      return work;
  }
}
