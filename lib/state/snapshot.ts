import { CorruptLog } from '../model/errors.ts';
import { flatten, type OpenState, unflatten } from '../model/open-state.ts';
import type { ExecutionState } from '../model/state.ts';

/** The state as text and back. */
const FORMAT = 1;

interface Snapshot extends Omit<ExecutionState, keyof OpenState>, OpenState {
  readonly format: number;
}

export function encodeSnapshot(state: ExecutionState): string {
  const { scopes, activations, tokens, offers, events, requests, ...rest } = state;
  const open = flatten({ scopes, activations, tokens, offers, events, requests });
  return JSON.stringify({ format: FORMAT, ...rest, ...open });
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
    ...rest
  }: Snapshot = JSON.parse(text);
  if (format !== FORMAT) {
    throw new CorruptLog(
      `A snapshot of ${execution} has format ${format}; this version reads ${FORMAT}. Upgrade, or restore the log.`,
    );
  }
  return { ...rest, ...unflatten({ scopes, activations, tokens, offers, events, requests }) };
}
