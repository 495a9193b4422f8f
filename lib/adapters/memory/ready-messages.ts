import type { WorkMessage } from '../../ports/work-queue.ts';
import { Fifo } from './fifo.ts';

/** A message on its way, with the number of times it has been handed out. */
export interface Delivery {
  readonly message: WorkMessage;
  deliveries: number;
  /** When it became visible last, ms since the epoch. */
  visibleAt: number;
}

interface Group {
  readonly name: string;
  readonly waiting: Fifo<Delivery>;
}

/**
 * Messages that wait to be handled: the groups take turns, within a group the oldest comes first. At most one message
 * of an execution waits; what a second one would bring about, the first one does.
 */
export class ReadyMessages {
  readonly #byExecution = new Map<string, Delivery>();
  readonly #groups = new Map<string, Group>();
  /** Groups in which something waits, in the order of their turns. */
  readonly #turns = new Fifo<Group>();

  get size(): number {
    return this.#byExecution.size;
  }

  add(delivery: Delivery): void {
    const { execution, group: name } = delivery.message;
    const waiting = this.#byExecution.get(execution);
    if (waiting !== undefined) {
      waiting.deliveries = Math.max(waiting.deliveries, delivery.deliveries);
      return;
    }
    this.#byExecution.set(execution, delivery);
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { name, waiting: new Fifo() };
      this.#groups.set(name, group);
      this.#turns.push(group);
    }
    group.waiting.push(delivery);
  }

  take(): Delivery | undefined {
    const group = this.#turns.shift();
    const delivery = group?.waiting.shift();
    if (group === undefined || delivery === undefined) return undefined;
    if (group.waiting.size > 0) this.#turns.push(group);
    else this.#groups.delete(group.name);
    this.#byExecution.delete(delivery.message.execution);
    return delivery;
  }
}
