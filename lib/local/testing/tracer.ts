import type * as Event from '../../model/event.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { evolve } from '../../model/evolve.ts';
import { matches } from '../../model/failure.ts';
import { lastValue } from '../../model/fold.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Failure, Plan, StatePlan, StateType } from '../../model/plan.ts';
import type { Activation, ActivationId, ExecutionState, ScopeId, TokenId } from '../../model/state.ts';
import type { Coverage } from './coverage.ts';
import { type Call, type Visit, type VisitEnd, workflowNamed } from './visit.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type OpenCall = Writable<Call>;
type OpenVisit = Omit<Writable<Visit>, 'calls'> & { calls: OpenCall[]; failure?: Failure | undefined };

/** Reads the log of one execution as visits to states. */
export class Tracer {
  readonly #plan: Plan;
  readonly #startedAt: number;
  readonly #coverage: Coverage;
  /** Of states by activation, of places by token: all have numbers of their own. */
  readonly #visits = new Map<ActivationId | TokenId, OpenVisit>();
  #state: ExecutionState | undefined;

  /** @param startedAt of the test, ms since the epoch. */
  constructor(plan: Plan, startedAt: number, coverage: Coverage) {
    this.#plan = plan;
    this.#startedAt = startedAt;
    this.#coverage = coverage;
  }

  /** As of the last event. @throws Error before the first. */
  get state(): ExecutionState {
    if (this.#state === undefined) throw new Error('The log of an execution does not begin with ExecutionStarted.');
    return this.#state;
  }

  /** @returns the visit that begins with the event, if one does; what follows completes it. */
  push(event: ExecutionEvent): Visit | undefined {
    if (event.type === 'StateEntered') {
      this.#leavePlaces(event.tokens, event.at, event.state ?? this.#destination(event.tokens[0]));
      this.#evolve(event);
      return this.#enter(event);
    }
    if (event.type === 'PlaceReached') {
      this.#evolve(event);
      return this.#rest(event.token, event.at);
    }
    if (this.#state !== undefined) this.#note(event);
    this.#evolve(event);
    return undefined;
  }

  /** Says of visits that nothing ended how they stand. */
  close(): void {
    for (const [id, visit] of this.#visits) {
      const { status, activations, tokens } = this.state;
      const isOpen = status === 'RUNNING' && (activations.has(id) || tokens.has(id));
      if (visit.end === 'open' && !isOpen) visit.end = 'withdrawn';
    }
  }

  #evolve(event: ExecutionEvent): void {
    this.#state = evolve(this.#plan, this.#state, event);
  }

  #enter({ id, at }: Event.StateEntered & { readonly at: number }): Visit | undefined {
    const active = this.state.activations.get(id);
    const plan = this.#planOf(active);
    if (active === undefined || plan === undefined) return undefined;
    return this.#begin(id, at, { ...active, type: plan.type });
  }

  /** A token has come to rest in a place. */
  #rest(id: TokenId, at: number): Visit | undefined {
    const token = this.state.tokens.get(id);
    if (token === undefined) return undefined;
    return this.#begin(id, at, { scope: token.scope, state: token.to, type: 'Place', input: token.value });
  }

  #begin(
    id: ActivationId | TokenId,
    at: number,
    { state, type, scope, input }: Pick<Activation, 'state' | 'scope' | 'input'> & { readonly type: StateType },
  ): Visit {
    const visit: OpenVisit = {
      state,
      type,
      workflow: this.#workflow,
      execution: this.state.identity.id,
      within: this.#around(scope),
      input,
      enteredAt: this.#seconds(at),
      calls: [],
      retries: 0,
      end: 'open',
      next: [],
      assigned: {},
    };
    this.#visits.set(id, visit);
    this.#coverage.entered(this.#workflow, this.#planIndex(scope), state);
    return visit;
  }

  #destination(id: TokenId | undefined): string | undefined {
    return id === undefined ? undefined : this.#state?.tokens.get(id)?.to;
  }

  /** Tokens that rest in places are taken, if `by` is given by that state. */
  #leavePlaces(tokens: readonly TokenId[], at: number, by?: string): void {
    for (const id of tokens) {
      const visit = this.#visits.get(id);
      const token = this.state.tokens.get(id);
      if (visit === undefined || token === undefined) continue;
      visit.output = token.value;
      visit.next = by === undefined ? [] : [by];
      this.#end(id, at, 'succeeded');
      if (by !== undefined) this.#coverage.taken(this.#workflow, this.#planIndex(token.scope), token.to, by);
    }
  }

  #note(event: ExecutionEvent): void {
    switch (event.type) {
      case 'TaskScheduled':
        return this.#schedule(event);
      case 'TaskSucceeded':
        return this.#endCall(event.id, event.at, { output: event.output });
      case 'TaskFailed':
        this.#endCall(event.id, event.at, failureIn(event));
        return this.#failed(event.id, event);
      case 'BranchesFailed':
      case 'EvaluationFailed':
        return this.#failed(event.id, event);
      case 'BranchesSucceeded':
        return this.#succeeded(event.id);
      case 'RetryScheduled':
        return this.#retried(event.id);
      case 'StateExited':
        return this.#exit(event);
      case 'TokensJoined':
        return this.#leavePlaces(event.tokens, event.at, event.state);
      case 'TokensAbsorbed':
        return this.#leavePlaces(event.tokens, event.at);
      case 'ScopeFailed':
      case 'ExecutionFailed':
        if (event.id === undefined) return;
        this.#failed(event.id, event);
        return this.#end(event.id, event.at, 'failed');
      default:
        return;
    }
  }

  #schedule(event: Event.TaskScheduled & { readonly at: number }): void {
    const visit = this.#visits.get(event.id);
    const active = this.state.activations.get(event.id);
    const plan = this.#planOf(active);
    if (visit === undefined || active === undefined || plan?.type !== 'Task') return;
    const input = event.input === undefined ? active.input : event.input;
    const { attempt, at } = event;
    visit.calls.push({ state: active.state, attempt, resource: plan.resource.arn, input, at: this.#seconds(at) });
    visit.failure = undefined;
  }

  #endCall(
    id: ActivationId,
    at: number,
    how: { readonly output?: Json; readonly error?: string; readonly cause?: string },
  ): void {
    const visit = this.#visits.get(id);
    const call = visit?.calls.at(-1);
    if (visit === undefined || call === undefined) return;
    Object.assign(call, { endedAt: this.#seconds(at), ...how });
    visit.failure = undefined;
  }

  #failed(id: ActivationId, { error, cause }: Failure): void {
    const visit = this.#visits.get(id);
    if (visit === undefined) return;
    visit.failure = failureIn({ error, cause });
    Object.assign(visit, visit.failure);
  }

  #succeeded(id: ActivationId): void {
    const visit = this.#visits.get(id);
    if (visit !== undefined) visit.failure = undefined;
  }

  #retried(id: ActivationId): void {
    const visit = this.#visits.get(id);
    if (visit === undefined) return;
    visit.retries += 1;
    visit.failure = undefined;
  }

  #exit(event: Event.StateExited & { readonly at: number }): void {
    const visit = this.#visits.get(event.id);
    const active = this.state.activations.get(event.id);
    const plan = this.#planOf(active);
    if (visit === undefined || active === undefined || plan === undefined) return;
    visit.output = event.output === undefined ? lastValue(active) : event.output;
    visit.next = event.next;
    visit.assigned = event.assign ?? {};
    const catcher = catcherOf(plan, visit.failure, event.next);
    this.#end(event.id, event.at, catcher === undefined ? 'succeeded' : 'caught');
    this.#coverage.left(this.#workflow, this.#planIndex(active.scope), active.state, catcher ?? 'Next');
  }

  #end(id: ActivationId, at: number, end: VisitEnd): void {
    const visit = this.#visits.get(id);
    if (visit === undefined) return;
    visit.end = end;
    visit.leftAt = this.#seconds(at);
  }

  #around(scope: ScopeId): readonly string[] {
    const { parent } = this.state.scopes.get(scope) ?? {};
    const outer = parent === undefined ? undefined : this.state.activations.get(parent.activation);
    if (parent === undefined || outer === undefined) return [];
    return [...this.#around(outer.scope), `${outer.state}[${parent.index}]`];
  }

  get #workflow(): string {
    return workflowNamed(this.state.identity.workflow.name);
  }

  #planIndex(scope: ScopeId): number {
    return this.state.scopes.get(scope)?.plan ?? 0;
  }

  #planOf(active: Activation | undefined): StatePlan | undefined {
    return active === undefined
      ? undefined
      : this.#plan.scopes[this.#planIndex(active.scope)]?.states.get(active.state);
  }

  /** Seconds since the start of the test. */
  #seconds(at: number): number {
    return (at - this.#startedAt) / 1000;
  }
}

/** Which catcher a failed visit left by; `undefined`: it did not fail. */
function catcherOf(plan: StatePlan, failure: Failure | undefined, next: readonly string[]): number | undefined {
  if (!('catch' in plan)) return undefined;
  const isOwn = next.length === plan.next.length && next.every((target, at) => target === plan.next[at]);
  if (failure === undefined && isOwn) return undefined;
  const leads = (at: number) => plan.catch[at]?.next[0] === next[0];
  const byError = plan.catch.findIndex(({ errorEquals }) => matches(errorEquals, failure?.error));
  if (byError !== -1 && leads(byError)) return byError;
  const byTarget = plan.catch.findIndex((_, at) => leads(at));
  return byTarget === -1 ? undefined : byTarget;
}

function failureIn({
  error,
  cause,
}: {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}): Failure {
  return { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}

/** The variables of the top level, as the last visits left them. */
export function variablesOf(visits: readonly Visit[], execution: string): JsonObject {
  const top = visits.filter((visit) => visit.execution === execution && visit.within.length === 0);
  return Object.assign({}, ...top.map(({ assigned }) => assigned));
}
