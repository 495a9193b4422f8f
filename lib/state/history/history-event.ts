import type { Json, JsonObject } from '../../model/json.ts';
import type { Failure, StateType } from '../../model/plan.ts';

/** An event of an execution's history in the form of Step Functions: API reference, `HistoryEvent`. */
export interface HistoryEvent {
  /** 1, 2, 3, … */
  readonly id: number;
  /** The event that led to this one, in its own branch or item; 0: none. */
  readonly previousEventId: number;
  readonly type: HistoryEventType;
  /** ms since the epoch. */
  readonly timestamp: number;
  /** `stateEnteredEventDetails` and so on: at most one, by type. Payloads stand in it as JSON text. */
  readonly [details: `${string}EventDetails`]: JsonObject | undefined;
}

type RecoverableType = 'Parallel' | 'Map';

export type HistoryEventType =
  | `Execution${'Started' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Aborted' | 'Redriven'}`
  | `${StateType}State${'Entered' | 'Exited' | 'Aborted'}`
  | `${RecoverableType}State${'Started' | 'Succeeded' | 'Failed'}`
  | `MapIteration${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | `MapRun${'Started' | 'Succeeded' | 'Failed' | 'Aborted' | 'Redriven'}`
  | `LambdaFunction${'Scheduled' | 'Started' | 'Succeeded' | TaskEnd | 'ScheduleFailed' | 'StartFailed'}`
  | `Activity${'Scheduled' | 'Started' | 'Succeeded' | TaskEnd | 'ScheduleFailed'}`
  | `Task${'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | TaskEnd | 'StartFailed' | 'SubmitFailed'}`
  | 'EvaluationFailed'
  | AddedType;

/** What Step Functions has no word for, in words like its own. */
type AddedType =
  | `WorkItem${'Scheduled' | 'Started' | 'Returned' | 'Allocated' | 'Delegated' | 'Escalated' | 'Succeeded' | TaskEnd | 'ScheduleFailed'}`
  | 'EventReceived'
  | 'ItemsAdded'
  | `Join${'TieBroken' | 'Undecided'}`
  | `Permits${'Requested' | 'Granted'}`
  | `Execution${'Forked' | 'Migrated' | 'Suspended' | 'Resumed'}`
  /** A branch or item failed, and no state of it is to blame. */
  | 'NetFailed';

type TaskEnd = 'Failed' | 'TimedOut';

/** The name of the field that has the details of an event. */
export function detailsField(type: HistoryEventType): `${string}EventDetails` {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  if (type.endsWith('StateAborted')) return 'stateAbortedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

const WHOLE: JsonObject = { truncated: false };

export function inputDetails(input: Json): JsonObject {
  return { input: JSON.stringify(input), inputDetails: WHOLE };
}

export function outputDetails(output: Json): JsonObject {
  return { output: JSON.stringify(output), outputDetails: WHOLE };
}

export function payloadDetails(payload: Json): JsonObject {
  return { payload: JSON.stringify(payload), payloadDetails: WHOLE };
}

export function failureDetails({ error, cause }: Failure): JsonObject {
  return { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}

export function assignDetails(assign: JsonObject | undefined): JsonObject {
  const variables = Object.entries(assign ?? {});
  if (variables.length === 0) return {};
  const assignedVariables = Object.fromEntries(variables.map(([name, value]) => [name, JSON.stringify(value)]));
  return { assignedVariables, assignedVariablesDetails: WHOLE };
}

/** The event without its payloads, and marked so: it is too large to be shown. */
export function truncated(event: HistoryEvent): HistoryEvent {
  const { id, previousEventId, type, timestamp } = event;
  const field = detailsField(type);
  const details = event[field];
  if (details === undefined) return event;
  const { input, output, assignedVariables, cause, parameters, payload, ...rest } = details;
  const left: JsonObject = {
    ...rest,
    ...(input === undefined ? {} : { inputDetails: CUT }),
    ...(output === undefined ? {} : { outputDetails: CUT }),
    ...(assignedVariables === undefined ? {} : { assignedVariablesDetails: CUT }),
    ...(payload === undefined ? {} : { payloadDetails: CUT }),
    ...(typeof cause === 'string' ? { cause: `${cause.slice(0, MAX_CAUSE)}…` } : {}),
  };
  return { id, previousEventId, type, timestamp, ...{ [field]: left } };
}

const CUT: JsonObject = { truncated: true };
const MAX_CAUSE = 32_000;
