import type { ExecutionEvent } from '../../model/event.ts';
import type { Plan } from '../../model/plan.ts';
import type { Lease } from '../../ports/event-store.ts';
import { type LiveExecution, StateManager, type StateManagerOptions } from '../../state/state-manager.ts';
import { TestError } from './errors.ts';

/** A commit, in the order in which all executions of a test wrote theirs. */
export interface LoggedCommit {
  readonly execution: string;
  readonly plan: Plan;
  readonly number: number;
}

/** The log of a test: remembers the order of all commits, and which executions are open. */
export class LoggedStates extends StateManager {
  readonly commits: LoggedCommit[] = [];
  readonly running = new Set<string>();
  readonly #maxEvents: number;
  readonly #fail: (error: TestError) => void;
  #events = 0;
  #isHalted = false;

  /** @param maxEvents after which the test is taken to be endless, and `fail` is told. */
  constructor(options: StateManagerOptions, maxEvents: number, fail: (error: TestError) => void) {
    super(options);
    this.#maxEvents = maxEvents;
    this.#fail = fail;
  }

  /** Nothing is written any more: what runs comes to rest. */
  halt(): void {
    this.#isHalted = true;
  }

  override async commit(
    live: LiveExecution,
    events: readonly ExecutionEvent[],
    lease: Lease | undefined,
  ): Promise<'appended' | 'conflict'> {
    this.#count(events.length);
    if (this.#isHalted) return new Promise(() => {});
    const outcome = await super.commit(live, events, lease);
    if (outcome === 'conflict') return outcome;
    this.commits.push({ execution: live.id, plan: live.plan, number: live.number });
    if (live.state.status === 'RUNNING') this.running.add(live.id);
    else this.running.delete(live.id);
    return outcome;
  }

  #count(events: number): void {
    this.#events += events;
    if (this.#isHalted || this.#events <= this.#maxEvents) return;
    this.halt();
    const message = `More than ${this.#maxEvents} events and no end: the workflow seems to run in a circle. If it does not, raise maxEvents.`;
    this.#fail(new TestError('Knhk.TestTooLong', message));
  }
}
