import { type Span, SpanKind } from '@opentelemetry/api';
import type { TaskEscalated } from '../../model/allocation-event.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import type { ActivationId, ExecutionIdentity, TraceContext } from '../../model/state.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Meter } from '../../ports/metrics.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { CommitObserver } from '../../state/commit-observer.ts';
import type { LiveExecution } from '../../state/state-manager.ts';
import { linksTo, startSpan, traceOf } from './spans.ts';
import { attributesOf, markFailed, TurnTrace } from './turn-trace.ts';

interface Visit {
  readonly state: string;
  readonly enteredAt: number;
}

interface ObservedTurn {
  readonly trace: TurnTrace;
  /** Open states. Empty where nobody listens. */
  readonly visits: Map<ActivationId, Visit>;
}

/**
 * Turns what this engine does into spans and figures. Where neither an SDK of OpenTelemetry nor a meter is there, a turn
 * costs one span that is nothing, and a commit nothing.
 *
 * Spans of states and executions are made once the commit that ends them is written, from the times in it: a crash
 * before that repeats none, and one right afterwards loses at most those of one commit.
 */
export class Observer implements CommitObserver {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #meter: Meter | undefined;
  readonly #turns = new Map<string, ObservedTurn>();

  constructor({ clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry }) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#meter = telemetry.meter;
  }

  get meter(): Meter | undefined {
    return this.#meter;
  }

  /**
   * An execution is about to be started: the span that everything else hangs on, to be ended once that is durable. It
   * goes on with the trace of whoever starts it; children of a map run begin traces of their own, linked to its.
   */
  starting(born: Omit<ExecutionIdentity, 'startedAt'>, by: TraceContext | undefined): Span {
    const isApart = born.parent?.pattern === 'child';
    return startSpan(`start ${born.workflow.name}`, isApart ? undefined : by, {
      kind: SpanKind.PRODUCER,
      attributes: attributesOf({ ...born, startedAt: 0 }),
      ...(isApart ? { root: true, links: linksTo(by) } : {}),
    });
  }

  /** What the execution keeps of it. */
  born(span: Span, by: TraceContext | undefined): TraceContext | undefined {
    const own = traceOf(span) ?? by;
    return by?.header === undefined ? own : { ...own, header: by.header };
  }

  async turn<E extends { readonly kind: string }>(live: LiveExecution, run: () => Promise<E>): Promise<E> {
    const { id } = live;
    const trace = new TurnTrace(live, this.#clock.now());
    const visits = new Map<ActivationId, Visit>();
    if (this.#meter !== undefined || trace.isRecording) {
      for (const active of live.state.activations.values()) visits.set(active.id, active);
    }
    if (this.#meter !== undefined || trace.trace !== undefined) this.#turns.set(id, { trace, visits });
    let how = 'failed';
    try {
      const end = await run();
      how = end.kind;
      return end;
    } catch (error) {
      trace.failed(error);
      throw error;
    } finally {
      this.#meter?.count('knhk_turns_total', { end: how });
      trace.end(how);
      this.#turns.delete(id);
    }
  }

  /** Of the turn that calls the task; absent: nobody traces. */
  traceOfTask(task: TaskAssignment): TurnTrace | undefined {
    return this.#turns.get(task.execution)?.trace;
  }

  committing(
    live: LiveExecution,
    events: readonly ExecutionEvent[],
  ): ((outcome: 'appended' | 'conflict') => void) | undefined {
    const meter = this.#meter;
    const turn = this.#turns.get(live.id);
    // What starts and ends at once has no turn.
    const isTracedStart = turn === undefined && live.number === -1 && live.state.identity.trace !== undefined;
    if (meter === undefined && turn?.trace.isRecording !== true && !isTracedStart) return undefined;
    const span = turn?.trace.isRecording === true ? turn.trace.commit(events.length) : undefined;
    const began = performance.now();
    return (outcome) => {
      meter?.count('knhk_commits_total', { outcome });
      meter?.observe('knhk_commit_seconds', {}, (performance.now() - began) / 1000);
      span?.setAttribute('knhk.commit.number', live.number);
      if (outcome === 'conflict' && span !== undefined) markFailed(span, 'conflict');
      span?.end();
      if (outcome === 'appended') this.#written(live, events, turn);
    };
  }

  #written(live: LiveExecution, events: readonly ExecutionEvent[], turn: ObservedTurn | undefined): void {
    const workflow = live.state.identity.workflow.name;
    const within = new Map<ActivationId, number>();
    for (const event of events) {
      switch (event.type) {
        case 'ExecutionStarted':
        case 'ExecutionRedriven':
          this.#meter?.count('knhk_executions_started_total', { workflow });
          break;
        case 'StateEntered':
          within.set(event.id, event.at);
          break;
        case 'StateExited':
          this.#left(workflow, event, within.get(event.id), turn);
          break;
        case 'RetryScheduled':
          this.#meter?.count('knhk_retries_total', { workflow });
          break;
        case 'TaskEscalated':
          this.#escalated(live, workflow, event);
          break;
        case 'ExecutionSucceeded':
        case 'ExecutionFailed':
        case 'ExecutionTimedOut':
        case 'ExecutionAborted':
          this.#closed(live, event.at);
          break;
      }
    }
    for (const id of within.keys()) {
      const active = live.state.activations.get(id);
      if (active !== undefined) turn?.visits.set(id, active);
    }
  }

  /** Somebody may want to know: it is said where alarms can hear it. */
  #escalated({ id, state }: LiveExecution, workflow: string, { id: item, step }: TaskEscalated): void {
    this.#meter?.count('knhk_escalations_total', { workflow });
    const open = state.offers.get(item) ?? state.activations.get(item);
    const message = `Nobody has taken the work item of the state ${open?.state ?? ''} in time: it goes to others.`;
    this.#telemetry.log('warn', message, { execution: id, step });
  }

  /** A state that was entered in the same commit took no time, and has no span. */
  #left(
    workflow: string,
    { id, at }: { readonly id: ActivationId; readonly at: number },
    enteredWithin: number | undefined,
    turn: ObservedTurn | undefined,
  ): void {
    this.#meter?.count('knhk_steps_total', { workflow });
    const visit = turn?.visits.get(id);
    turn?.visits.delete(id);
    const enteredAt = visit?.enteredAt ?? enteredWithin;
    if (enteredAt !== undefined)
      this.#meter?.observe('knhk_step_seconds', { workflow }, Math.max(0, at - enteredAt) / 1000);
    if (visit !== undefined && turn?.trace.isRecording === true) turn.trace.state(visit.state, visit.enteredAt, at);
  }

  #closed({ state }: LiveExecution, at: number): void {
    const { identity, status, failure } = state;
    const labels = { workflow: identity.workflow.name, status };
    this.#meter?.count('knhk_executions_closed_total', labels);
    this.#meter?.observe('knhk_execution_seconds', labels, Math.max(0, at - identity.startedAt) / 1000);
    const span = startSpan(`execution ${identity.workflow.name}`, identity.trace, {
      kind: SpanKind.INTERNAL,
      startTime: identity.startedAt,
      attributes: { ...attributesOf(identity), 'knhk.execution.status': status },
    });
    if (status !== 'SUCCEEDED') markFailed(span, failure?.error ?? status);
    span.end(at);
  }
}
