import { CorruptLog } from '../../model/errors.ts';
import type { Activation, ExecutionState, ScopeId, ScopeState, Token, TokenId } from '../../model/state.ts';

/** Where one visit of a state stands in the history. */
export interface Thread {
  /** The event that the next one of this visit follows. */
  head: number;
  /** Later than `head`: an event that the visit passes by, but that the end of the execution follows. */
  tail?: number;
  /** The event before `head`, while a failed evaluation would follow that one instead. */
  before?: number;
  /** Of a Map: the event that the start of its next item follows. */
  nextItem?: number;
}

/** Where a scope stands: the event that opened it, and the last one of a token that ended in it. */
export interface ScopeThread {
  readonly start: number;
  last: number;
}

/** The event that the failure of a visit follows. */
export function endOf(thread: Thread): number {
  return thread.tail ?? thread.head;
}

/**
 * What leads to what. Step Functions chains each event to the one that led to it, along each branch and item. The
 * chains of states hang on the objects of the state, so that they go when those do. Those of scopes and tokens go when
 * they come to their ends: what was given up may be taken up again.
 */
export class Threads {
  readonly #visits = new WeakMap<Activation, Thread>();
  readonly #scopes = new WeakMap<ScopeState, ScopeThread>();
  readonly #starts = new Map<ScopeId, number>();
  readonly #origins = new Map<TokenId, number>();

  openScope(scope: ScopeState | undefined, start: number): void {
    if (scope === undefined) return;
    this.#scopes.set(scope, { start, last: start });
    this.#starts.set(scope.id, start);
  }

  closeScope(id: ScopeId): void {
    this.#starts.delete(id);
  }

  /** The event that opened a scope, also before a redrive. */
  startOf(id: ScopeId): number | undefined {
    return this.#starts.get(id);
  }

  ofScope(scope: ScopeState): ScopeThread {
    return this.#scopes.get(scope) ?? missing(`scope ${scope.id}`);
  }

  enter(active: Activation | undefined, head: number, before: number): void {
    if (active !== undefined) this.#visits.set(active, { head, before });
  }

  ofVisit(active: Activation): Thread {
    return this.#visits.get(active) ?? missing(`state '${active.state}'`);
  }

  produced(token: Token | undefined, by: number): void {
    if (token !== undefined) this.#origins.set(token.id, by);
  }

  /** The token is no more. */
  consumed(id: TokenId): void {
    this.#origins.delete(id);
  }

  /** The last of the events that brought tokens to where they wait. */
  latestOf(state: ExecutionState, ids: readonly TokenId[]): number {
    return ids.reduce((latest, id) => {
      const token = state.tokens.get(id);
      return token === undefined ? latest : Math.max(latest, this.originOf(state, token));
    }, 0);
  }

  /** The event that brought a token to where it waits. */
  originOf(state: ExecutionState, token: Token): number {
    const scope = state.scopes.get(token.scope);
    return this.#origins.get(token.id) ?? (scope === undefined ? missing('a token') : this.ofScope(scope).start);
  }
}

function missing(what: string): never {
  throw new CorruptLog(`The history has no place for ${what}: the log does not begin at its beginning.`);
}
