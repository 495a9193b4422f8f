import type { JsonObject } from '../../model/json.ts';
import { MAX_LOG_MESSAGE_BYTES } from '../../ports/execution-log.ts';
import { detailsField, type HistoryEvent, type HistoryEventType, truncated } from './history-event.ts';

/** What of an execution's history is logged. */
export type LogLevel = 'ALL' | 'ERROR' | 'FATAL';

export interface LogFormat {
  readonly execution: string;
  /** How often the execution had been redriven when the event happened. */
  readonly redriveCount: number;
  /** `false`: input, output, parameters and variables are left out. */
  readonly includeData: boolean;
}

/**
 * Step Functions Developer Guide, "Using CloudWatch Logs to log execution history": the event types of each level. A join
 * that cannot be decided is an error too: it may wait for ever.
 */
export function isLogged(type: HistoryEventType, level: LogLevel): boolean {
  switch (level) {
    case 'ALL':
      return true;
    case 'ERROR':
      return /^FailStateEntered$|^JoinUndecided$|(?:Failed|TimedOut|Aborted)$/.test(type);
    case 'FATAL':
      return type === 'ExecutionFailed' || type === 'ExecutionTimedOut' || type === 'ExecutionAborted';
  }
}

/**
 * The event as a line of a log, in the form of Step Functions: all numbers are texts, the details of any type stand in
 * `details`. One that is too large comes without its payloads, marked as truncated.
 */
export function logMessage(event: HistoryEvent, format: LogFormat): string {
  const shown = format.includeData ? event : withoutData(event);
  const message = written(shown, detailsOf(shown), format);
  if (fits(message)) return message;
  const cut = truncated(shown);
  const shorter = written(cut, detailsOf(cut), format);
  return fits(shorter) ? shorter : written(cut, {}, format);
}

function written(event: HistoryEvent, details: JsonObject, { execution, redriveCount }: LogFormat): string {
  return JSON.stringify({
    id: String(event.id),
    type: event.type,
    details,
    redrive_count: String(redriveCount),
    previous_event_id: String(event.previousEventId),
    event_timestamp: String(event.timestamp),
    execution_arn: execution,
  });
}

function detailsOf(event: HistoryEvent): JsonObject {
  return event[detailsField(event.type)] ?? {};
}

function withoutData(event: HistoryEvent): HistoryEvent {
  const { id, previousEventId, type, timestamp } = event;
  const field = detailsField(type);
  const left = Object.entries(event[field] ?? {}).filter(([name]) => !DATA.has(name));
  return { id, previousEventId, type, timestamp, ...{ [field]: Object.fromEntries(left) } };
}

const DATA = new Set([
  'assignedVariables',
  'assignedVariablesDetails',
  'input',
  'inputDetails',
  'output',
  'outputDetails',
  'parameters',
  'payload',
  'payloadDetails',
]);

function fits(message: string): boolean {
  return message.length * 3 <= MAX_LOG_MESSAGE_BYTES || Buffer.byteLength(message) <= MAX_LOG_MESSAGE_BYTES;
}
