import type { ActivityRegistry } from '../execution/activities.ts';
import type { Archive } from '../execution/archive/archive.ts';
import type { ArchiveRecords } from '../execution/archive/archive-records.ts';
import type { CircuitBreakers } from '../execution/breakers/circuit-breakers.ts';
import type { DeadLetters } from '../execution/dead-letters.ts';
import type { ExecutionEngine } from '../execution/engine.ts';
import type { Rates } from '../execution/rates/rates.ts';
import type { WorkItemRegistry } from '../execution/work-items.ts';
import type { WorkflowRegistry } from '../execution/workflows.ts';
import type { CheckOptions, LoadedDefinition } from '../language/index.ts';
import type { Place } from '../model/arn.ts';
import type { Json } from '../model/json.ts';
import { REDRIVABLE_PERIOD_MS } from '../model/redrive.ts';
import type { TraceContext } from '../model/state.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { ExecutionIndex, LoggedRows } from '../ports/execution-index.ts';
import type { TaskInvoker } from '../ports/task-invoker.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Ledger } from '../provenance/ledger.ts';
import type { ResourceAllocator } from '../resources/allocation/resource-allocator.ts';
import type { ResourcePools } from '../resources/pools/resource-pools.ts';
import type { StateManager } from '../state/state-manager.ts';
import type { Guard } from './auth/guard.ts';
import type { KeyRegistry } from './auth/key-registry.ts';
import type { Principal } from './auth/principal.ts';
import { requestBounds } from './request-bounds.ts';
import type { RequestLimiter } from './request-limiter.ts';

/** What the use cases work with; a composition root fills it in. */
export interface Services {
  readonly engine: ExecutionEngine;
  readonly workflows: WorkflowRegistry;
  readonly activities: ActivityRegistry;
  readonly workItems: WorkItemRegistry;
  /** Who does work items, and how they are chosen. */
  readonly allocator: ResourceAllocator;
  readonly states: StateManager;
  /** Executions that were given up; absent: nobody keeps them. */
  readonly deadLetters?: DeadLetters;
  readonly index: ExecutionIndex;
  readonly rows: LoggedRows;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly loadDefinition: (source: string | Json, options: CheckOptions) => LoadedDefinition;
  readonly telemetry: Telemetry;
  readonly policy: ApiPolicy;
  /** Calls the tasks of states that are tested without a mock; absent: they have to be mocked. */
  readonly invoker?: TaskInvoker;
  /** Asks who calls, and whether they may; absent: everybody may do everything. */
  readonly guard?: Guard;
  /** API keys and access keys; absent: there are none. */
  readonly keys?: KeyRegistry;
  /** What has closed, signed; absent: nobody keeps one. */
  readonly ledger?: Ledger;
  /** Logs of closed executions, kept elsewhere; absent: nobody archives them. */
  readonly archive?: Archive;
  /** Of all that was ever archived; absent: nothing was. */
  readonly archiveRecords?: ArchiveRecords;
  /** Absent: there are none. */
  readonly pools?: ResourcePools;
  /** Circuit breakers of targets; absent: there are none. */
  readonly breakers?: Pick<CircuitBreakers, 'policies' | 'records'>;
  /** Limits of requests and of calls of tasks; absent: there are none. */
  readonly rates?: Rates;
  /** Refuses requests beyond those limits; made of them where absent. */
  readonly limiter?: RequestLimiter;
  /** The trace that a request is part of, within that request. */
  readonly trace?: TraceContext;
  /** Who calls, within a request; absent: nobody was asked. */
  readonly caller?: Principal;
}

/** What differs between one machine and AWS, where every request has to be answered within 29 seconds. */
export interface ApiPolicy {
  /** Executions that are started here run here; otherwise their message goes to the queue. */
  readonly run: boolean;
  /** How long a request for the task of an activity waits for one to come, ms. */
  readonly longPollMs: number;
  /** How long a start waits for the end of its execution at most, ms. */
  readonly waitMs: number;
  /** How long a stream that follows an execution lasts at most, ms. */
  readonly followMs: number;
  /** How long a stop waits for the execution to have closed before it is answered, ms. */
  readonly settleMs: number;
  /** How long an answer waits for an execution to have decided about what it was told, ms. */
  readonly decideMs: number;
  /** How long after its end an execution can be redriven, ms. */
  readonly redrivableMs: number;
  /** Larger request bodies are refused, bytes. */
  readonly maxBodyBytes: number;
  /** Larger messages of gRPC, gRPC-Web and Connect are refused, bytes. */
  readonly maxMessageBytes: number;
  /** Payloads that would make an answer larger are left out, and the answer says so, bytes. */
  readonly maxAnswerBytes: number;
}

export const localPolicy: ApiPolicy = {
  run: true,
  longPollMs: 60_000,
  waitMs: 300_000,
  followMs: Number.POSITIVE_INFINITY,
  settleMs: 1_000,
  decideMs: 30_000,
  redrivableMs: REDRIVABLE_PERIOD_MS,
  ...requestBounds(64 * 1_048_576),
  maxAnswerBytes: Number.POSITIVE_INFINITY,
};

export const lambdaPolicy: ApiPolicy = {
  run: false,
  longPollMs: 20_000,
  waitMs: 25_000,
  followMs: 20_000,
  settleMs: 0,
  decideMs: 20_000,
  redrivableMs: REDRIVABLE_PERIOD_MS,
  // Lambda takes no more. An instance has one request at a time, and 512 MB for it.
  maxBodyBytes: 6 * 1_048_576,
  maxMessageBytes: requestBounds(6 * 1_048_576).maxMessageBytes,
  // Lambda gives no answer of more than 6 MB; payloads stand in it as JSON text within JSON.
  maxAnswerBytes: 4 * 1_048_576,
};
