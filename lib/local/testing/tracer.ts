import type * as Event from '../../model/event.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { evolve } from '../../model/evolve.ts';
import { matches } from '../../model/failure.ts';
import { lastValue } from '../../model/fold.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Failure, Plan, StatePlan } from '../../model/plan.ts';
import type { Activation, ActivationId, ExecutionState } from '../../model/state.ts';
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
  readonly #visits = new Map<ActivationId, OpenVisit>();
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
      this.#evolve(event);
      return this.#enter(event);
    }
    if (this.#state !== undefined) this.#note(event);
    this.#evolve(event);
    return undefined;
  }

  /** Says of visits that nothing ended how they stand. */
  close(): void {
    for (const [id, visit] of this.#visits) {
      const isOpen = this.state.status === 'RUNNING' && this.state.activations.has(id);
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
    const { identity } = this.state;
    const visit: OpenVisit = {
      state: active.state,
      type: plan.type,
      workflow: this.#workflow,
      execution: identity.id,
      within: this.#around(active),
      input: active.input,
      enteredAt: this.#seconds(at),
      calls: [],
      retries: 0,
      end: 'open',
      next: [],
      assigned: {},
    };
    this.#visits.set(id, visit);
    this.#coverage.entered(this.#workflow, this.#scopeOf(active), active.state);
    return visit;
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
      case 'ScopeFailed':
      case 'ExecutionFailed':
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
    this.#coverage.left(this.#workflow, this.#scopeOf(active), active.state, catcher ?? 'Next');
  }

  #end(id: ActivationId, at: number, end: VisitEnd): void {
    const visit = this.#visits.get(id);
    if (visit === undefined) return;
    visit.end = end;
    visit.leftAt = this.#seconds(at);
  }

  #around(active: Activation): readonly string[] {
    const { parent } = this.state.scopes.get(active.scope) ?? {};
    const outer = parent === undefined ? undefined : this.state.activations.get(parent.activation);
    if (parent === undefined || outer === undefined) return [];
    return [...this.#around(outer), `${outer.state}[${parent.index}]`];
  }

  get #workflow(): string {
    return workflowNamed(this.state.identity.workflow.name);
  }

  #scopeOf(active: Activation): number {
    return this.state.scopes.get(active.scope)?.plan ?? 0;
  }

  #planOf(active: Activation | undefined): StatePlan | undefined {
    return active === undefined ? undefined : this.#plan.scopes[this.#scopeOf(active)]?.states.get(active.state);
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
