import type { TraceContext } from '../model/state.ts';

/** A span of a trace, as the two headers name it. */
export interface SpanName {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;
const XRAY_ROOT = /^1-([\da-f]{8})-([\da-f]{24})$/;
const SPAN_DIGITS = 16;
/** W3C asks for room for 512 characters; more is left out. */
const MAX_TRACESTATE = 512;

/** The headers `traceparent` and `tracestate` of W3C Trace Context, level 1. `undefined`: there are none, or they are malformed. */
export function fromTraceparent(traceparent: string | null, tracestate?: string | null): TraceContext | undefined {
  const trimmed = traceparent?.trim() ?? '';
  if (spanOf(trimmed) === undefined) return undefined;
  const keepsState = tracestate && tracestate.length <= MAX_TRACESTATE;
  return { traceparent: trimmed, ...(keepsState ? { tracestate } : {}) };
}

/**
 * The header `X-Amzn-Trace-Id` of X-Ray, as in `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`.
 * A root without a parent names no span: the last digits of the trace stand for one. A header that is neither is only kept.
 */
export function fromXRay(header: string): TraceContext {
  const fields = new Map(header.split(';').map((field): [string, string] => [fieldName(field), fieldValue(field)]));
  const [, time, random] = XRAY_ROOT.exec(fields.get('Root') ?? '') ?? [];
  const traceId = `${time ?? ''}${random ?? ''}`;
  const spanId = fields.get('Parent') ?? traceId.slice(-SPAN_DIGITS);
  const traceparent = `00-${traceId}-${spanId}-${fields.get('Sampled') === '0' ? '00' : '01'}`;
  return { header, ...(spanOf(traceparent) === undefined ? {} : { traceparent }) };
}

function fieldName(field: string): string {
  return field.slice(0, field.indexOf('=')).trim();
}

function fieldValue(field: string): string {
  return field.slice(field.indexOf('=') + 1).trim();
}

/** `undefined`: malformed, or one of the ids that W3C calls invalid. */
export function spanOf(traceparent: string | undefined): SpanName | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags || traceparent?.startsWith('ff')) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function traceparentOf({ traceId, spanId, isSampled }: SpanName): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** As X-Ray writes it; a trace id of another origin has the same form there, with a time that means nothing. */
export function xrayHeaderOf(traceparent: string | undefined): string | undefined {
  const span = spanOf(traceparent);
  if (span === undefined) return undefined;
  const { traceId, spanId, isSampled } = span;
  return `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${isSampled ? '1' : '0'}`;
}
