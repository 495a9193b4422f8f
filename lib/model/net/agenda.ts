import type { Draft } from '../draft.ts';
import type { EventBody, EventType } from '../event.ts';
import type { Plan } from '../plan.ts';
import type { ActivationId, ExecutionState, ScopeId, TokenId } from '../state.ts';
import type { OrJoinDecision } from './or-join.ts';
import { NetView } from './view.ts';

/** A state of a net that can start by itself. */
export interface Enabled {
  readonly scope: ScopeId;
  readonly state: string;
  /** Since when: the next number that the execution would have handed out then. */
  readonly since: number;
}

/** What `before` saw of an event. */
export interface Seen {
  readonly scopes: readonly ScopeId[];
  readonly nextId: number;
}

/**
 * What a decision has still to look at: nets in which something has happened, states in them that can start, and the
 * tokens of plain scopes, each of which starts its state at once.
 */
export class Agenda {
  readonly #plan: Plan;
  readonly #state: ExecutionState;
  /** Of nets in which nothing has happened since. */
  readonly #views = new Map<ScopeId, NetView>();
  /** Nets that something has happened in since it was last seen which of their states can start. */
  readonly changed = new Set<ScopeId>();
  /** Nets that something has happened in since it was last seen what they offer, and whether they are stuck. */
  readonly unsettled = new Set<ScopeId>();
  readonly #enabled = new Map<ScopeId, readonly Enabled[]>();
  readonly #plain: TokenId[] = [];
  #firstPlain = 0;
  /** What OR-joins were found to do, by scope and state, while nothing has happened in their scope. */
  readonly #verdicts = new Map<ScopeId, Map<string, OrJoinDecision>>();

  constructor(plan: Plan, state: ExecutionState) {
    this.#plan = plan;
    this.#state = state;
  }

  /** Everything is to be looked at: an earlier decision has left something, or the execution was taken up again. */
  lookAtAll(): void {
    for (const { id, net } of this.#state.scopes.values()) if (net !== undefined) this.#touch(id);
    for (const token of this.#state.tokens.values()) this.#notePlain(token.id);
  }

  /** To be called with each event before it is applied. */
  before(event: EventBody): Seen {
    return { scopes: scopesOf(this.#state, event), nextId: this.#state.nextId };
  }

  /** To be called once the event has been applied. */
  after({ scopes, nextId }: Seen): void {
    for (const id of scopes) this.#touch(id);
    for (let id = nextId; id < this.#state.nextId; id += 1) {
      this.#touch(id);
      this.#notePlain(id);
    }
  }

  #touch(id: ScopeId): void {
    if (this.#state.scopes.get(id)?.net === undefined) return;
    this.changed.add(id);
    this.unsettled.add(id);
    this.#verdicts.delete(id);
    this.#views.delete(id);
  }

  /** Where the tokens of a net are now. */
  view(id: ScopeId): NetView {
    const known = this.#views.get(id);
    if (known !== undefined) return known;
    const view = new NetView(this.#plan, this.#state, id);
    this.#views.set(id, view);
    return view;
  }

  #notePlain(id: TokenId): void {
    const token = this.#state.tokens.get(id);
    if (token !== undefined && this.#state.scopes.get(token.scope)?.net === undefined) this.#plain.push(id);
  }

  /** The oldest token of a plain scope. */
  plainToken(): TokenId | undefined {
    for (; this.#firstPlain < this.#plain.length; this.#firstPlain += 1) {
      const id = this.#plain[this.#firstPlain];
      if (id !== undefined && this.#state.tokens.has(id)) return id;
    }
    return undefined;
  }

  enabledIn(scope: ScopeId): readonly Enabled[] {
    return this.#enabled.get(scope) ?? [];
  }

  /** In the order in which they are to start, as long as nothing comes in between. */
  setEnabled(scope: ScopeId, enabled: readonly Enabled[]): void {
    if (enabled.length === 0) this.#enabled.delete(scope);
    else this.#enabled.set(scope, enabled);
  }

  /** The state that has been enabled longest; of a net that is gone, none. */
  firstEnabled(): Enabled | undefined {
    let first: Enabled | undefined;
    for (const [scope, [candidate]] of this.#enabled) {
      if (!this.#state.scopes.has(scope)) this.#enabled.delete(scope);
      else if (candidate !== undefined && (first === undefined || candidate.since < first.since)) first = candidate;
    }
    return first;
  }

  verdictsIn(scope: ScopeId): Map<string, OrJoinDecision> {
    const found = this.#verdicts.get(scope);
    if (found !== undefined) return found;
    const none = new Map<string, OrJoinDecision>();
    this.#verdicts.set(scope, none);
    return none;
  }
}

/** Events that move no token, and after which a state is at work as before. */
const QUIET: ReadonlySet<EventType> = new Set<EventType>([
  'CancellationsDone',
  'EvaluationFailed',
  'RetryScheduled',
  'TaskFailed',
  'TaskHeartbeat',
  'TaskReturned',
  'TaskScheduled',
  'TaskStarted',
  'TaskSubmitted',
  'TaskSucceeded',
  'WaitStarted',
]);

/** The scopes that an event is about, apart from those that it opens. */
function scopesOf(state: ExecutionState, event: EventBody): readonly ScopeId[] {
  if (QUIET.has(event.type)) return [];
  const scopes: ScopeId[] = [];
  if ('scope' in event) scopes.push(event.scope);
  if ('id' in event && typeof event.id === 'number') addScopeOf(state, event.id, scopes);
  if (event.type === 'PlaceReached') {
    const token = state.tokens.get(event.token);
    if (token !== undefined) scopes.push(token.scope);
  }
  if (event.type === 'StateEntered') {
    const token = state.tokens.get(event.tokens[0] ?? 0);
    if (token !== undefined) scopes.push(token.scope);
  }
  return scopes;
}

function addScopeOf(state: ExecutionState, id: ActivationId, scopes: ScopeId[]): void {
  const active = state.activations.get(id);
  if (active !== undefined) scopes.push(active.scope);
}

/** Where the tokens of a net are now, as the decision has left them. */
export function viewOf({ agenda, plan, state }: Draft, id: ScopeId): NetView {
  return agenda?.view(id) ?? new NetView(plan, state, id);
}
