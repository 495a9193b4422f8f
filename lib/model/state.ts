import type { TaskAssignment } from './effect.ts';
import type { Json, JsonObject } from './json.ts';
import type { Source } from './net-plan.ts';
import type { BatchRule, Failure, ItemSource, ResultTarget, ToleratedFailures } from './plan.ts';
import type { SearchFields } from './search.ts';

/** Numbers that the execution hands out: one counter for scopes, activations and tokens, starting at 1; the top level is scope 0. */
export type ScopeId = number;
export type ActivationId = number;
export type TokenId = number;

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/**
 * Everything the engine knows about an execution: the fold of its events, and nothing else. Plain data: maps, arrays
 * and JSON, so that it can be snapshotted. `evolve` owns the value it is given and may reuse it (see evolve.ts).
 */
export interface ExecutionState {
  identity: ExecutionIdentity;
  input: Json;
  /** What it is found by; absent: nothing. */
  readonly search?: SearchFields;
  status: ExecutionStatus;
  /** Of a closed execution that succeeded. */
  output?: Json;
  /** Of a closed execution that did not. */
  failure?: Failure;
  closedAt?: number;
  /** Of a closed execution whose payloads are to be gone, or are gone, ms since the epoch. */
  erasedAt?: number;
  /** Of an execution that runs and has been suspended: since when, ms since the epoch, and why. */
  suspended?: Suspension;
  /** When the execution times out as a whole, ms since the epoch. */
  timeoutAt?: number;
  /** Of an execution that has been redriven. */
  redriven?: Redriven;
  /** Of an execution that went on from where another one was after a commit. */
  forkedFrom?: { readonly execution: string; readonly commit: number };
  /** Open scopes. */
  readonly scopes: Map<ScopeId, ScopeState>;
  /** States that have been entered and not left. */
  readonly activations: Map<ActivationId, Activation>;
  /** Tokens that wait on the arc into a state, or rest in a place. */
  readonly tokens: Map<TokenId, Token>;
  /** Of attempts that need permits, and of the execution as a whole (0), in the order of asking; absent: nothing ever needed one. */
  permits?: Map<ActivationId, Permit>;
  /** Work that somebody outside, or the passing of time, may start. An offer takes nothing. */
  readonly offers: Map<ActivationId, Offer>;
  /** Events from outside that nobody has taken yet, in the order of arrival. */
  events: readonly OutsideEvent[];
  /** Who did which work items, the latest last; absent: nobody who was named. */
  deeds?: readonly Deed[];
  /** Ids of all requests from outside that are recognised when they come again: events, added items. */
  readonly requests: Set<string>;
  nextId: number;
  /** Work outside that was given up and has not been told so yet, in the order of giving up. */
  owed: readonly TaskAssignment[];
  /** Number of history events so far, in Step Functions' numbering: causes quote it ("entered at the event id #2"). */
  historyLength: number;
}

export interface Suspension {
  readonly at: number;
  readonly reason?: string;
}

/** A work item that somebody has ended: each pair of state and worker once. */
export interface Deed {
  readonly state: string;
  readonly worker: string;
  /** States that it was kept apart from. */
  readonly separate?: readonly string[];
}

/** What has become of whom a work item is for, beyond what it is called with. */
export interface Allotment {
  /** Of the task: on another attempt it starts afresh. */
  readonly attempt: number;
  /** Grows each time that somebody is to be found anew. */
  readonly round: number;
  /** Whom it went to. */
  readonly to?: { readonly assignee?: string; readonly candidates?: readonly string[] };
  /** Who has given it back. */
  readonly returnedBy?: readonly string[];
  readonly escalated?: { readonly step: number; readonly at: number };
}

/** Leave to work within the limits of resource pools. */
export interface Permit {
  /** Of the state's work; of the execution as a whole: how often it has been redriven. */
  readonly attempt: number;
  /** Names, in ascending order. */
  readonly pools: readonly string[];
  /** Its place in the lines of those who wait: sorts as text, and tells it from all others. */
  readonly ticket: string;
  /** ms since the epoch. */
  readonly askedAt: number;
  /** Absent: it waits. */
  grantedAt?: number;
}

export interface Redriven {
  /** How often. */
  readonly count: number;
  /** When last, ms since the epoch. */
  readonly at: number;
  /** What the last one was asked for with. */
  readonly clientToken?: string;
}

/** What an execution is born with and keeps; only a redrive may change the revision, and the role with it. */
export interface ExecutionIdentity {
  /** The execution's ARN. */
  readonly id: string;
  readonly name: string;
  readonly workflow: WorkflowRef;
  readonly startedAt: number;
  /** The execution that waits for the end of this one, and how it is to be told. */
  readonly parent?: ParentRef;
  /** The map run whose child it is: it runs a processor of its workflow's definition instead of the whole. */
  readonly mapRun?: MapRunRef;
  /** What its spans hang on; absent: nobody traces it. */
  readonly trace?: TraceContext;
}

/** A place in a distributed trace. Means nothing to the execution itself. */
export interface TraceContext {
  /** Of W3C Trace Context: `00-<trace>-<span>-<flags>`. Absent where the header could not be read as one. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** The header of X-Ray that it was started with, as it was given. */
  readonly header?: string;
}

export interface WorkflowRef {
  /** The state machine's ARN. */
  readonly id: string;
  readonly name: string;
  /** Which revision of the definition runs: a running execution keeps the one it was started with. */
  readonly revision: string;
  readonly roleArn: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** The published version it was started as, directly or by an alias. */
  readonly version?: number;
  /** Name of the alias it was started by. */
  readonly alias?: string;
}

export type ParentRef = TaskParent | MapParent;

interface Parent {
  readonly execution: string;
  readonly activation: ActivationId;
}

export interface TaskParent extends Parent {
  readonly attempt: number;
  /** The integration that started the child: `sync` gives its output as text, `sync:2` as JSON. */
  readonly pattern: 'sync' | 'sync:2';
}

/** A distributed Map: the child is one of its items, or one of its batches. */
export interface MapParent extends Parent {
  readonly pattern: 'child';
  /** `MapRunWork.round`. */
  readonly round: number;
  /** Which of the children it is, from 0. */
  readonly child: number;
}

export interface MapRunRef {
  /** ARN. */
  readonly run: string;
  /** Index of the processor in `Plan.scopes`. */
  readonly processor: number;
  /** Items in it, where they are batched. */
  readonly itemCount?: number;
  /** Of a child that was started by a redrive of its parent: the how-manieth, of all redrives of its item. */
  readonly redrives?: number;
}

export interface ScopeState {
  readonly id: ScopeId;
  /** Index into `Plan.scopes`; changes with the definition. */
  plan: number;
  /** The Parallel or Map that opened it; absent for the top level. */
  readonly parent?: {
    readonly activation: ActivationId;
    readonly index: number;
  };
  /** Variables assigned in this scope; those of outer scopes are visible too. */
  variables: JsonObject;
  /** Value of the last token consumed by an end: the scope's output if it ends without a `Succeed`. */
  output: Json;
  /** Tokens plus activations: at zero, the scope succeeds. */
  live: number;
  /** States entered so far. */
  entered: number;
  /** Of a scope that is a net. */
  net?: NetState;
}

export interface NetState {
  /** In the order of arrival. */
  readonly tokens: TokenId[];
  /** In the order of entering. */
  readonly activations: ActivationId[];
  /** Rounds of joins, by state. Of a join that counts branches: since its first token arrived; of others: while a count holds. */
  readonly rounds: Record<string, JoinRound>;
  /** In the order of offering. */
  offers: readonly ActivationId[];
}

export interface JoinRound {
  /** What its count was evaluated to. */
  readonly count?: number;
  /** It has fired; the branches that have arrived in this round. Absent: it has not. */
  readonly arrived?: readonly Source[];
  /** The OR-join could not be decided within its budget, which has been reported. */
  readonly undecided?: true;
  /** The OR-join no longer waits: nothing else could happen in the scope. */
  readonly forced?: true;
}

/** A possible start of a state that waits for somebody outside, or for a moment. */
export interface Offer {
  /** Becomes the id of the activation. */
  readonly id: ActivationId;
  readonly scope: ScopeId;
  readonly state: string;
  /** What it would consume, in the order of its values. */
  readonly tokens: readonly TokenId[];
  readonly offeredAt: number;
  /** Of a Wait: when it starts, ms since the epoch. */
  readonly dueAt?: number;
  /** Of a task: what it would be called with now, and the token that it is taken and ended with. */
  readonly task?: { readonly input: Json; readonly token: string };
  /** Of a work item: when it goes to others, ms since the epoch. */
  readonly escalateAt?: number;
  readonly allotment?: Allotment;
}

/** An event that was sent to the execution. */
export interface OutsideEvent {
  readonly id: string;
  readonly name: string;
  readonly payload: Json;
  readonly at: number;
}

export interface Token {
  readonly id: TokenId;
  readonly scope: ScopeId;
  /** The state whose completion produced it; absent for the arc from `StartAt`. */
  readonly from?: string;
  readonly to: string;
  readonly value: Json;
  /** It rests in the place `to`, which is to say on all arcs that lead out of it. */
  readonly resting?: true;
  /** A join or an event has made it of others: it starts the state alone. The sources of those others. */
  readonly joined?: readonly Source[];
  /** The event that was taken with it. */
  readonly event?: OutsideEvent;
}

/** One visit of a token to a state. */
export interface Activation {
  readonly id: ActivationId;
  readonly scope: ScopeId;
  readonly state: string;
  /** The how-manieth state of its scope it is. Unlike `id`, this does not depend on how fast other scopes are. */
  readonly step: number;
  readonly input: Json;
  readonly enteredAt: number;
  /** History number of the event that entered it. */
  readonly enteredEvent: number;
  /** Retries used so far by each retrier of the state, by index; sparse entries are zero. */
  retries: readonly number[];
  /** Attempts before the execution was redriven: their numbers are not given again. */
  earlierAttempts?: number;
  work: Work;
  /** The event that started it. */
  readonly event?: OutsideEvent;
  /** When it was offered, before somebody outside started it. */
  readonly offeredAt?: number;
  /** As of an offer: counts while nobody has started it. */
  escalateAt?: number;
  allotment?: Allotment;
}

/** What an activation waits for. */
export type Work =
  /** Entered; the same decision goes on from here. */
  | { readonly kind: 'entered' }
  | TaskWork
  /** Waits for permits of resource pools. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'retrying'; readonly dueAt: number }
  | { readonly kind: 'waiting'; readonly dueAt: number }
  | BranchesWork
  | ItemsWork
  | MapRunWork
  /** Done with this raw result; the same decision goes on from here. */
  | { readonly kind: 'succeeded'; readonly result: Json };

export interface TaskWork {
  readonly kind: 'task';
  /** 1 for the first attempt. A result that names another attempt is stale and changes nothing. */
  readonly attempt: number;
  /** scheduled: handed out. started: a worker has it. submitted: accepted, now waiting for its end to be told. */
  stage: 'scheduled' | 'started' | 'submitted';
  /** What the task is called with. */
  readonly input: Json;
  readonly scheduledAt: number;
  /** When a worker took it, ms since the epoch. */
  startedAt?: number;
  /** Unguessable; present where the task can be completed from outside. */
  readonly token?: string;
  /** Who has taken it, where that is known. */
  worker?: string;
  readonly roleArn?: string;
  readonly timeoutAt?: number;
  /** Of a job started by `.sync`: what the service answered when it accepted it. */
  response?: Json;
  readonly heartbeatSeconds?: number;
  heartbeatAt?: number;
}

export interface BranchesWork {
  readonly kind: 'branches';
  readonly input: Json;
  /** By branch; `null` while open. Whether a branch is open is told by `open`. */
  readonly results: Json[];
  readonly open: Set<ScopeId>;
}

export interface ItemsWork {
  readonly kind: 'items';
  items: readonly Json[];
  /** 0 means no limit. */
  readonly maxConcurrency: number;
  readonly toleratedCount: number;
  /** Of a Map that does not simply wait for all items. */
  control?: ItemsControl;
  /** Index of the first item that has not been started. */
  next: number;
  failed: number;
  /** By item; `null` while open and for failed items. */
  readonly results: Json[];
  readonly open: Set<ScopeId>;
}

export interface ItemsControl {
  /** So many completed items are enough. */
  readonly count?: number;
  /** Indices of the items that have completed, in the order of completing. */
  readonly completed: number[];
  /** It has completed, or is about to, with this result; what is open runs on, and comes to nothing. */
  released?: { readonly result: Json; readonly isLeft: boolean };
}

/** A distributed Map at work: its items are read, then run as executions of their own, then their results are written. */
export interface MapRunWork {
  readonly kind: 'mapRun';
  /** ARN. */
  readonly run: string;
  /** Which run of this activation: what is told about another one is stale. */
  readonly round: number;
  /** Of its children. */
  readonly executionType: 'STANDARD' | 'EXPRESS';
  /** Requests to the outside that have been answered: reading, starting children, writing. */
  answered: number;
  readonly source?: ItemSource;
  readonly batches?: BatchRule;
  readonly target?: ResultTarget;
  /** Absent until they are read. */
  items?: MapRunItems;
  /** 0 means as many as Step Functions runs at a time. */
  maxConcurrency: number;
  tolerated: ToleratedFailures;
  /** Index of the first item that belongs to no child yet. */
  nextItem: number;
  /** In the order of their items. */
  readonly children: MapRunChild[];
  /** Indices of children that are not known to have been started outside. */
  toLaunch: readonly number[];
  /** Children that are open. */
  running: number;
  /** Items whose child failed, timed out or was aborted. */
  failedItems: number;
  /** How often it was taken up again with its execution, and when last. */
  redriven?: { readonly count: number; readonly at: number };
  /** It was redriven with another definition, whose limits have not been looked at yet. */
  hasNewDefinition?: true;
  /** Why the run fails as soon as its results are written, and which children never came to be started. */
  failing?: { readonly failure: Failure; readonly pending: readonly number[] };
  /** What the writer of the results answered: the raw result of the Map. */
  written?: { readonly output: Json };
}

export interface MapRunItems {
  readonly values: readonly Json[];
  /** Of an object: the keys of its values. */
  readonly keys?: readonly string[];
  readonly origins?: readonly ItemOrigin[];
}

/** Where the next `count` items come from: `Map.Item.Source` of the context object, as in `S3://bucket/key`. */
export interface ItemOrigin {
  readonly uri: string;
  readonly count: number;
}

export interface MapRunChild {
  /** Index of its first item, and how many it has. */
  readonly item: number;
  readonly count: number;
  readonly input: Json;
  status: ExecutionStatus;
  output?: Json;
  failure?: Failure;
  /** ms since the epoch. */
  startedAt: number;
  closedAt?: number;
  redrives: number;
}
