import { type Attributes, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { TaskAssignment } from '../../model/effect.ts';
import type { ExecutionIdentity, TraceContext } from '../../model/state.ts';
import type { TaskOutcome } from '../../ports/task-invoker.ts';
import type { LiveExecution } from '../../state/state-manager.ts';
import { linksTo, startSpan, traceOf } from './spans.ts';

/** A trace holds what happens within this time of the start, ms, and about so many spans; what comes later goes into traces of its own. */
const TRACE_MS = 60 * 60_000;
const TRACE_SPANS = 1_000;
/** Entering a state, its task, leaving it: each history event makes less than one span. */
const TRACE_HISTORY = 2_000;

/**
 * The spans of one turn. What all of them hang on is the span of the execution's start, whose name is in the log: so the
 * trace goes on in any process, whatever brought the turn there. A turn late in a long execution begins a trace of its
 * own, linked to that first one, and so does a turn that goes on for long, again and again.
 */
export class TurnTrace {
  readonly #identity: ExecutionIdentity;
  #span: Span;
  #spans = 0;
  #isApart: boolean;

  constructor({ state }: LiveExecution, now: number) {
    const { identity, historyLength } = state;
    this.#identity = identity;
    this.#isApart = now - identity.startedAt > TRACE_MS || historyLength > TRACE_HISTORY;
    this.#span = this.#begin();
  }

  #begin(): Span {
    const { trace, workflow } = this.#identity;
    const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(this.#identity) };
    if (!this.#isApart) return startSpan(`turn ${workflow.name}`, trace, options);
    return startSpan(`turn ${workflow.name}`, undefined, { ...options, root: true, links: linksTo(trace) });
  }

  get isRecording(): boolean {
    return this.#span.isRecording();
  }

  /** What work outside hangs its spans on. */
  get trace(): TraceContext | undefined {
    return traceOf(this.#span) ?? this.#identity.trace;
  }

  commit(events: number): Span {
    return this.#child('commit', { kind: SpanKind.INTERNAL, attributes: { 'knhk.commit.events': events } });
  }

  /** A state that has been left. */
  state(name: string, enteredAt: number, exitedAt: number): void {
    const attributes = { 'knhk.state.name': name };
    this.#child(`state ${name}`, { kind: SpanKind.INTERNAL, startTime: enteredAt, attributes }).end(exitedAt);
  }

  /** One call of a task. */
  task({ state, activation, attempt, resource }: TaskAssignment): Span {
    const attributes = {
      'knhk.state.name': state,
      'knhk.task.activation': activation,
      'knhk.task.attempt': attempt,
      'knhk.task.resource': resource.arn,
      ...(resource.kind === 'lambda' ? { 'faas.invoked_name': resource.functionName } : {}),
    };
    return this.#child(`task ${state}`, { kind: SpanKind.CLIENT, attributes });
  }

  #child(name: string, options: { kind: SpanKind; attributes: Attributes; startTime?: number }): Span {
    this.#spans += 1;
    if (this.#spans > TRACE_SPANS && this.isRecording) {
      this.#span.setAttribute('knhk.turn.end', 'continued');
      this.#span.end();
      this.#spans = 1;
      this.#isApart = true;
      this.#span = this.#begin();
    }
    return startSpan(name, traceOf(this.#span), options);
  }

  failed(error: unknown): void {
    markFailed(this.#span, error instanceof Error ? error.name : 'fault');
  }

  end(how: string): void {
    this.#span.setAttribute('knhk.turn.end', how);
    this.#span.end();
  }
}

/** The semantic conventions have no names for workflows yet: `knhk.` stands before what they lack. */
export function attributesOf({ id, name, workflow, parent }: ExecutionIdentity): Attributes {
  return {
    'knhk.execution.arn': id,
    'knhk.execution.name': name,
    'knhk.workflow.name': workflow.name,
    ...(workflow.version === undefined ? {} : { 'knhk.workflow.version': workflow.version }),
    ...(parent === undefined ? {} : { 'knhk.parent.arn': parent.execution }),
  };
}

export function markFailed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}

export function endTask(span: Span, outcome: TaskOutcome): void {
  span.setAttribute('knhk.task.outcome', outcome.kind);
  if (outcome.kind === 'failed') markFailed(span, outcome.error);
  span.end();
}
