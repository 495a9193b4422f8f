import type { ExecutionEvent } from '../../model/event.ts';
import { evolve } from '../../model/evolve.ts';
import { activation, planOf } from '../../model/fold.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Plan, StatePlan } from '../../model/plan.ts';
import type { Activation, ActivationId, ExecutionState } from '../../model/state.ts';
import { detailsField, type HistoryEvent, type HistoryEventType } from './history-event.ts';
import type { Thread, Threads } from './thread.ts';

/** What writing down one event of the log takes: the state before it, the chains so far, and the paper. */
export class Scribe {
  readonly plan: Plan;
  readonly threads: Threads;
  /** Before `fold` that of before the event, afterwards that of after it. */
  readonly state: ExecutionState;
  readonly written: HistoryEvent[] = [];
  readonly #event: ExecutionEvent;
  #id: number;

  constructor(plan: Plan, threads: Threads, state: ExecutionState, event: ExecutionEvent) {
    this.plan = plan;
    this.threads = threads;
    this.state = state;
    this.#event = event;
    this.#id = state.historyLength;
  }

  /** Applies the event to the state. */
  fold(): void {
    evolve(this.plan, this.state, this.#event);
  }

  /** @returns the number of the event written. */
  write(previousEventId: number, type: HistoryEventType, details?: JsonObject): number {
    this.#id += 1;
    this.written.push({
      id: this.#id,
      previousEventId,
      type,
      timestamp: this.#event.at,
      ...(details === undefined ? {} : { [detailsField(type)]: details }),
    });
    return this.#id;
  }

  /** Writes the next event of a visit. */
  advance(thread: Thread, type: HistoryEventType, details?: JsonObject): number {
    const id = this.write(thread.head, type, details);
    this.moveTo(thread, id);
    return id;
  }

  moveTo(thread: Thread, id: number): void {
    thread.head = id;
    delete thread.tail;
    delete thread.before;
  }

  activation(id: ActivationId): Activation {
    return activation(this.state, id);
  }

  threadOf(id: ActivationId): Thread {
    return this.threads.ofVisit(this.activation(id));
  }

  planOf(active: Activation): StatePlan {
    return planOf(this.plan, this.state, active);
  }
}
