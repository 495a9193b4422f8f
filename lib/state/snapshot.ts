import { CorruptLog } from '../model/errors.ts';
import type { Activation, ExecutionState, ScopeState, Token, Work } from '../model/state.ts';

/** The state as text and back. Sets and maps become arrays in their order, which is part of the state. */
const FORMAT = 1;

interface Snapshot extends Omit<ExecutionState, 'scopes' | 'activations' | 'tokens'> {
  readonly format: number;
  readonly scopes: readonly ScopeState[];
  readonly activations: readonly (Omit<Activation, 'work'> & { readonly work: FlatWork })[];
  readonly tokens: readonly Token[];
}

type Flat<W> = W extends { open: unknown } ? Omit<W, 'open'> & { readonly open: readonly number[] } : W;
type FlatWork = Flat<Work>;

export function encodeSnapshot(state: ExecutionState): string {
  return JSON.stringify({
    format: FORMAT,
    ...state,
    scopes: [...state.scopes.values()],
    activations: [...state.activations.values()].map((active) =>
      'open' in active.work ? { ...active, work: { ...active.work, open: [...active.work.open] } } : active,
    ),
    tokens: [...state.tokens.values()],
  });
}

/** @throws CorruptLog if the text is of another format. */
export function decodeSnapshot(execution: string, text: string): ExecutionState {
  const { format, scopes, activations, tokens, ...rest }: Snapshot = JSON.parse(text);
  if (format !== FORMAT) {
    throw new CorruptLog(
      `A snapshot of ${execution} has format ${format}; this version reads ${FORMAT}. Upgrade, or restore the log.`,
    );
  }
  return {
    ...rest,
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
