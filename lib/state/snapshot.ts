import { CorruptLog } from '../model/errors.ts';
import { flatten, type OpenState, unflatten } from '../model/open-state.ts';
import type { ActivationId, ExecutionState, Permit } from '../model/state.ts';

/** The state as text and back. */
const FORMAT = 1;

interface Snapshot extends Omit<ExecutionState, keyof OpenState | 'permits'>, OpenState {
  readonly format: number;
  /** Absent: none. */
  readonly permits?: readonly (readonly [ActivationId, Permit])[];
}

export function encodeSnapshot(state: ExecutionState): string {
  const { scopes, activations, tokens, offers, events, requests, permits, ...rest } = state;
  const open = flatten({ scopes, activations, tokens, offers, events, requests });
  const held = permits === undefined || permits.size === 0 ? {} : { permits: [...permits] };
  return JSON.stringify({ format: FORMAT, ...rest, ...open, ...held });
}

/** @throws CorruptLog if the text is of another format. */
export function decodeSnapshot(execution: string, text: string): ExecutionState {
  const {
    format,
    scopes,
    activations,
    tokens,
    offers = [],
    events = [],
    requests = [],
    permits,
    ...rest
  }: Snapshot = JSON.parse(text);
  if (format !== FORMAT) {
    throw new CorruptLog(
      `A snapshot of ${execution} has format ${format}; this version reads ${FORMAT}. Upgrade, or restore the log.`,
    );
  }
  const held = permits === undefined ? {} : { permits: new Map(permits) };
  return { ...rest, ...unflatten({ scopes, activations, tokens, offers, events, requests }), ...held };
}
