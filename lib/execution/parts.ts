import type { AllocateTask } from '../model/command.ts';
import type { TaskAssignment } from '../model/effect.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { Inbox } from '../ports/event-store.ts';
import type { ItemStorage } from '../ports/item-storage.ts';
import type { TaskInvoker } from '../ports/task-invoker.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { TimerService, WorkQueue } from '../ports/work-queue.ts';
import type { ResourcePools } from '../resources/pools/resource-pools.ts';
import type { StateManager } from '../state/state-manager.ts';
import type { ExecutionPipeline } from './pipeline/pipeline.ts';

/** Everything a turn works with. */
export interface EngineParts {
  readonly states: StateManager;
  readonly inbox: Inbox;
  readonly queue: WorkQueue;
  readonly timers: TimerService;
  readonly invoker: TaskInvoker;
  /** What starts pass, and calls of tasks, if `invoker` has it around them; absent: one without stages. */
  readonly pipeline?: ExecutionPipeline;
  /** Where tasks of activities wait for workers. */
  readonly offers: TaskOffers;
  /** The lists of open work items. */
  readonly workItems: TaskOffers;
  /** Who chooses those who do work items; absent: items that ask for somebody wait. */
  readonly allocator?: TaskAllocator;
  /** Who grants permits of resource pools; absent: nothing is limited. */
  readonly pools?: ResourcePools;
  /** Where map runs read items and write results. */
  readonly items: ItemStorage;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  readonly policy: ExecutorPolicy;
}

/** Where tasks wait for somebody outside to take them. */
export interface TaskOffers {
  /** Whether there is an activity of this ARN for tasks of the execution; absent: every task finds its workers. */
  hasActivity?(arn: string, execution: string): Promise<boolean>;
  offer(task: TaskAssignment): Promise<void>;
  withdraw(task: TaskAssignment): Promise<void>;
}

export interface TaskAllocator {
  /** Whom the task is for; `undefined`: it asks for nobody. */
  answer(task: TaskAssignment): Promise<AllocateTask | undefined>;
}

export interface ExecutorPolicy {
  /** Names this process in leases. */
  readonly owner: string;
  /** No other process executes on this store: leases are not needed, and the owner of an old one is dead. */
  readonly exclusive: boolean;
  /** How long a lease lasts without renewal, ms. */
  readonly leaseMs: number;
  /** A turn starts no task later than this after its own start, ms; what is left goes to the next turn. */
  readonly startForMs: number;
}

export const defaultPolicy = { leaseMs: 60_000, startForMs: 5 * 60_000 } as const;
