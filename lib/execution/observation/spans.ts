import {
  type Context,
  createTraceState,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { TraceContext } from '../../model/state.ts';
import { spanOf, traceparentOf } from '../../ports/trace-context.ts';

/**
 * The tracer of whatever SDK is registered in this process; without one its spans are nothing and cost next to nothing.
 * Asked for with every span, because an SDK may be registered later.
 */
export function tracer(): Tracer {
  return trace.getTracer('knhk');
}

/** @param parent `undefined`: the span begins a trace. */
export function startSpan(name: string, parent: TraceContext | undefined, options: SpanOptions): Span {
  return tracer().startSpan(name, options, contextOf(parent));
}

/** Whatever is active in this process is of no interest: an execution's spans hang on the execution alone. */
function contextOf(parent: TraceContext | undefined): Context {
  const context = spanContextOf(parent);
  return context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
}

function spanContextOf(parent: TraceContext | undefined): SpanContext | undefined {
  const span = spanOf(parent?.traceparent);
  if (span === undefined) return undefined;
  const { traceId, spanId, isSampled } = span;
  return {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(parent?.tracestate === undefined ? {} : { traceState: createTraceState(parent.tracestate) }),
  };
}

export function linksTo(other: TraceContext | undefined): Link[] {
  const context = spanContextOf(other);
  return context === undefined ? [] : [{ context }];
}

/** What others can hang their spans on. `undefined`: nobody traces. */
export function traceOf(span: Span): TraceContext | undefined {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = context;
  const tracestate = traceState?.serialize();
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return { traceparent: traceparentOf({ traceId, spanId, isSampled }), ...(tracestate ? { tracestate } : {}) };
}
