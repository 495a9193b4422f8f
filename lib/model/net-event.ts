import type { Json } from './json.ts';
import type { Source } from './net-plan.ts';
import type { ActivationId, Offer, OutsideEvent, ScopeId, TokenId } from './state.ts';

/** What happens in scopes that are nets, and to Maps that do not simply wait for all their items. */

/** A token has reached a place, and rests there. */
export interface PlaceReached {
  readonly type: 'PlaceReached';
  readonly token: TokenId;
}

/**
 * Tokens have become one, which starts the state alone: a join that counts has its branches, or an event from outside
 * came for a state that somebody outside is to start then.
 */
export interface TokensJoined {
  readonly type: 'TokensJoined';
  readonly scope: ScopeId;
  readonly state: string;
  /** Of the new token. */
  readonly id: TokenId;
  /** In the order in which their values stand in its value. */
  readonly tokens: readonly TokenId[];
  /** Its round of the join goes on: the branches that have arrived in it. Absent: the next one begins, if the join has rounds. */
  readonly arrived?: readonly Source[];
  /** Id of the event that is taken with them; it is among those that wait. */
  readonly event?: string;
}

/** Tokens came too late for a round of a join, which has fired; they are gone. */
export interface TokensAbsorbed {
  readonly type: 'TokensAbsorbed';
  readonly scope: ScopeId;
  readonly state: string;
  readonly tokens: readonly TokenId[];
  /** As for `TokensJoined`. */
  readonly arrived?: readonly Source[];
}

/** How many branches or tokens a join waits for, where an expression says so. */
export interface JoinCounted {
  readonly type: 'JoinCounted';
  readonly scope: ScopeId;
  readonly state: string;
  readonly count: number;
}

/** An OR-join could not be decided within its budget of search steps, and goes on waiting. Said once for each time that it waits. */
export interface JoinUndecided {
  readonly type: 'JoinUndecided';
  readonly scope: ScopeId;
  readonly state: string;
  readonly steps: number;
}

/** Nothing else could happen in the scope: of the OR-joins that wait for one another, the first in the document fires. */
export interface JoinTieBroken {
  readonly type: 'JoinTieBroken';
  readonly scope: ScopeId;
  readonly state: string;
}

/** A state that completes, or a join that fires, withdraws what is in some states of its scope. */
export interface StatesWithdrawn {
  readonly type: 'StatesWithdrawn';
  readonly scope: ScopeId;
  /** The state that withdraws them. */
  readonly by: string;
  readonly tokens: readonly TokenId[];
  readonly activations: readonly ActivationId[];
  /** States whose joins begin a new round. */
  readonly rounds: readonly string[];
}

/** What may be started from outside, or by time, has changed in a scope. */
export interface OffersChanged {
  readonly type: 'OffersChanged';
  readonly scope: ScopeId;
  readonly withdrawn: readonly ActivationId[];
  readonly made: readonly Omit<Offer, 'scope' | 'offeredAt'>[];
}

export interface EventReceived extends Omit<OutsideEvent, 'at'> {
  readonly type: 'EventReceived';
  /** kept: it waits among the events until a state takes it. discarded: nobody waited, and nobody keeps it. */
  readonly outcome: 'kept' | 'discarded';
}

/** Whoever had taken a work item gave it back: it is offered again. */
export interface TaskReturned {
  readonly type: 'TaskReturned';
  readonly id: ActivationId;
}

export interface ItemsAdded {
  readonly type: 'ItemsAdded';
  readonly id: ActivationId;
  /** Of the request. */
  readonly request: string;
  readonly items: readonly Json[];
}

/** A Map has enough, and is completed with the results so far; items that are open run on, and come to nothing. */
export interface ItemsReleased {
  readonly type: 'ItemsReleased';
  readonly id: ActivationId;
}

/** The last item that a completed Map had left open has ended. */
export interface ItemsClosed {
  readonly type: 'ItemsClosed';
  readonly id: ActivationId;
}
