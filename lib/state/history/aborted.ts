import type { Aborted, AbortedScope } from '../../model/aborted.ts';
import { scope } from '../../model/fold.ts';
import { isItem } from '../../model/history-width.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Activation, ScopeId } from '../../model/state.ts';
import type { Scribe } from './scribe.ts';
import { endOf } from './thread.ts';

/**
 * What was given up. Step Functions chains these events to the one that is to blame, and names no state in them; where
 * several tokens are on their way that would not tell enough: in a net each follows on its own, and has a name.
 */

export interface Blame {
  /** Where the state is not in a net: the event that these follow. */
  readonly previous?: number;
  /** The state that withdrew it. */
  readonly by?: string;
}

/** Everything that was open in a scope, and in the scopes within. */
export function writeAborted(scribe: Scribe, { states, tokens }: Aborted, blame: Blame): void {
  for (const active of states) stateAborted(scribe, active, blame);
  for (const token of tokens) {
    scribe.write(scribe.threads.originOf(scribe.state, token), 'PlaceStateAborted', named(token.to, blame));
  }
}

/** Branches and items, one after the other, each with everything in it. */
export function writeAbortedScopes(scribe: Scribe, scopes: readonly AbortedScope[], blame: Blame): void {
  for (const aborted of scopes) {
    const { parent } = scope(scribe.state, aborted.scope);
    const opener = parent === undefined ? 0 : endOf(scribe.threadOf(parent.activation));
    const isOfMap = isItem(scribe.plan, scribe.state, aborted.scope);
    if (isOfMap) scribe.write(blame.previous ?? opener, 'MapIterationAborted', itemDetails(scribe, aborted.scope));
    writeAborted(scribe, aborted, blame);
  }
}

export function stateAborted(scribe: Scribe, active: Activation, blame: Blame): void {
  const isInNet = scope(scribe.state, active.scope).net !== undefined;
  const type = `${scribe.planOf(active).type}StateAborted` as const;
  if (!isInNet && blame.previous !== undefined) {
    scribe.write(blame.previous, type);
    return;
  }
  const thread = scribe.threads.ofVisit(active);
  scribe.write(endOf(thread), type, named(active.state, blame));
}

export function itemDetails(scribe: Scribe, id: ScopeId): JsonObject {
  const { parent } = scope(scribe.state, id);
  return parent === undefined ? {} : { name: scribe.activation(parent.activation).state, index: parent.index };
}

function named(name: string, { by }: Blame): JsonObject {
  return { name, ...(by === undefined ? {} : { by }) };
}
