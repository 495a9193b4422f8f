import type { EventBody, EventType } from '../model/event.ts';

type FieldsOf<T extends EventType> = readonly Exclude<keyof Extract<EventBody, { type: T }>, 'type'>[];

const causeOnly = ['cause'] as const;
const outputOnly = ['output'] as const;

/**
 * The fields of each event in which users' data may stand: values, texts about failures, names of people. They can be
 * erased without breaking the chain of hashes. All other fields are structure, and stay: names of workflows, executions,
 * states, pools and errors, ids, times. What belongs to an event never changes once released: hashes depend on it.
 */
const payloadFields: { readonly [T in EventType]: FieldsOf<T> } = {
  ExecutionStarted: ['input', 'search'],
  StateEntered: [],
  TaskScheduled: ['input'],
  TaskStarted: ['worker'],
  TaskSubmitted: outputOnly,
  TaskHeartbeat: [],
  TaskSucceeded: outputOnly,
  TaskFailed: causeOnly,
  RetryScheduled: [],
  WaitStarted: [],
  BranchesStarted: ['input'],
  ItemsCounted: [],
  ItemsStarted: ['items'],
  ItemStarted: ['input'],
  MapRunStarted: ['source', 'items', 'batches', 'target'],
  ItemsRead: ['items', 'origins'],
  ChildrenStarted: ['inputs'],
  ChildrenLaunched: [],
  ChildEnded: ['output', 'cause'],
  MapRunFailing: causeOnly,
  MapRunUpdated: [],
  ResultsWritten: outputOnly,
  PlaceReached: [],
  TokensJoined: [],
  TokensAbsorbed: [],
  JoinCounted: [],
  JoinUndecided: [],
  JoinTieBroken: [],
  StatesWithdrawn: [],
  OffersChanged: ['made'],
  EventReceived: ['payload'],
  TaskReturned: [],
  TaskAllocated: ['assignee', 'candidates'],
  TaskDelegated: ['by', 'to'],
  TaskEscalated: [],
  ItemsAdded: ['items'],
  ItemsReleased: [],
  ItemsClosed: [],
  PermitsRequested: [],
  PermitsGranted: [],
  CancellationsOwed: ['tasks'],
  CancellationsDone: [],
  ScopeSucceeded: [],
  ScopeFailed: causeOnly,
  BranchesWithdrawn: [],
  BranchesSucceeded: [],
  BranchesFailed: causeOnly,
  EvaluationFailed: ['cause', 'location'],
  StateExited: ['output', 'assign'],
  ExecutionSucceeded: outputOnly,
  ExecutionFailed: causeOnly,
  ExecutionTimedOut: causeOnly,
  ExecutionAborted: causeOnly,
  ExecutionRedriven: ['scopes', 'activations', 'tokens', 'offers', 'events', 'requests'],
  ExecutionForked: ['scopes', 'activations', 'tokens', 'offers', 'events', 'requests', 'deeds'],
  ExecutionMigrated: [],
  ExecutionSuspended: ['reason'],
  ExecutionResumed: [],
  PayloadsErased: [],
};

const byType = new Map<string, ReadonlySet<string>>(
  Object.entries(payloadFields).map(([type, fields]) => [type, new Set<string>(fields)]),
);
const none: ReadonlySet<string> = new Set();

/** Of an event: none for types that this version does not know. */
export function payloadFieldsOf(type: string): ReadonlySet<string> {
  return byType.get(type) ?? none;
}
