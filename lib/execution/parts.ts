import type { AcquirePermits, TaskAssignment } from '../model/effect.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { Inbox } from '../ports/event-store.ts';
import type { ItemStorage } from '../ports/item-storage.ts';
import type { TaskInvoker } from '../ports/task-invoker.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { TimerService, WorkQueue } from '../ports/work-queue.ts';
import type { StateManager } from '../state/state-manager.ts';

/** Everything a turn works with. */
export interface EngineParts {
  readonly states: StateManager;
  readonly inbox: Inbox;
  readonly queue: WorkQueue;
  readonly timers: TimerService;
  readonly invoker: TaskInvoker;
  /** Where tasks of activities wait for workers. */
  readonly offers: TaskOffers;
  /** The lists of open work items. */
  readonly workItems: TaskOffers;
  /** Who grants permits of resource pools; absent: nothing is limited. */
  readonly pools?: PermitSource;
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

/** Who holds or waits for permits: one attempt of one activation, or an execution as a whole (activation 0). */
export interface PermitHolder {
  /** ARN. */
  readonly execution: string;
  readonly activation: number;
  readonly attempt: number;
}

/** Resource pools, as executions use them. */
export interface PermitSource {
  /** What is known of the limits is too old to go by. */
  readonly isStale: boolean;
  refresh(): Promise<void>;
  /** Whether the pool has a limit, as far as this process knows. */
  has(pool: string): boolean;
  readonly hasResources: boolean;
  readonly hasPatterns: boolean;
  /**
   * Answers which of the requests, at most 100, hold all their permits now. The others wait; the execution
   * is woken when that may have changed. Asking again changes nothing.
   */
  acquire(
    execution: string,
    requests: readonly (PermitHolder & Omit<AcquirePermits, 'type'>)[],
  ): Promise<readonly PermitHolder[]>;
  /** Gives back, or leaves the line. */
  release(holder: PermitHolder, pools: readonly string[]): Promise<void>;
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
