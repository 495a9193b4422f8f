import { retryDelay } from '../../model/retry.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { WorkMessage, WorkQueue } from '../../ports/work-queue.ts';
import { type Delivery, ReadyMessages } from './ready-messages.ts';

export type WorkHandler = (message: WorkMessage) => Promise<unknown>;

export interface ConsumeOptions {
  /** Messages handled at a time, at most. */
  readonly concurrency: number;
  /** After so many deliveries whose handler threw, the message is given up. */
  readonly maxDeliveries: number;
  /** Whether another delivery can end no better: then the message is given up at once. Absent: never. */
  readonly isFinal?: (error: unknown) => boolean;
  /** Puts on record what is given up; if that fails, the message comes again. Absent: nobody is told. */
  readonly gaveUp?: (letter: DeadLetter) => Promise<void>;
}

export interface DeadLetter {
  readonly message: WorkMessage;
  readonly deliveries: number;
  /** What the last handler threw. */
  readonly error: unknown;
}

export interface MemoryWorkQueueOptions {
  readonly telemetry?: Telemetry;
  /** ms until the next delivery, after so many failed ones; by default 0.2 s, doubling up to a minute. */
  readonly backoff?: (deliveries: number) => number;
}

type Consumer = ConsumeOptions & { readonly handle: WorkHandler };

const MAX_DELAY_SECONDS = 900;
const BACKOFF = { intervalSeconds: 0.2, backoffRate: 2, maxDelaySeconds: 60, jitter: 'NONE' } as const;

/**
 * The work queue of one process, with its consumer. Losing it with the process is harmless: open executions are found
 * from the index. Messages of one execution may be handled at the same time, as they may from any queue.
 */
export class MemoryWorkQueue implements WorkQueue {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry | undefined;
  readonly #backoff: (deliveries: number) => number;
  readonly #ready = new ReadyMessages();
  /** Cancels the clock call of each message that is not visible yet. */
  readonly #delayed = new Map<Delivery, () => void>();
  #consumer: Consumer | undefined;
  #underWay = 0;
  #pumpScheduled = false;
  #whenQuiet: (() => void)[] = [];

  constructor(clock: Clock, options: MemoryWorkQueueOptions = {}) {
    this.#clock = clock;
    this.#telemetry = options.telemetry;
    this.#backoff = options.backoff ?? ((deliveries) => retryDelay(BACKOFF, deliveries - 1, 1));
  }

  /** @throws RangeError if a delay is out of bounds; then none of the messages is sent. */
  async send(messages: readonly WorkMessage[]): Promise<void> {
    for (const { delaySeconds = 0 } of messages) {
      if (!(delaySeconds >= 0 && delaySeconds <= MAX_DELAY_SECONDS)) {
        throw new RangeError(`A delay of ${delaySeconds} s is not within 0 to 900: use the timer service.`);
      }
    }
    for (const message of messages) {
      this.#enqueue({ message, deliveries: 0, visibleAt: 0 }, (message.delaySeconds ?? 0) * 1000);
    }
  }

  /** Begins to hand messages to the handler. One consumer at a time. */
  consume(handle: WorkHandler, options: ConsumeOptions): void {
    if (this.#consumer !== undefined) throw new Error('The queue has a consumer: stop it first.');
    this.#consumer = { ...options, handle };
    this.#schedulePump();
  }

  /** Resolves once no handler is under way and no visible message waits for the consumer; delayed ones may be left. */
  drain(): Promise<void> {
    return this.#quiet(() => this.#consumer === undefined || this.#ready.size === 0);
  }

  /** Hands out nothing more, and resolves once the handlers under way have ended. What waits, or is delayed, stays. */
  async stop(): Promise<void> {
    this.#consumer = undefined;
    await this.#quiet(() => true);
    this.#tellQuiet();
  }

  /** Visible messages that wait for a handler. */
  get waiting(): number {
    return this.#ready.size;
  }

  /** Messages that become visible later, retries included. */
  get delayed(): number {
    return this.#delayed.size;
  }

  #enqueue(delivery: Delivery, delay: number): void {
    if (delay > 0) {
      const cancel = this.#clock.after(delay, () => {
        this.#delayed.delete(delivery);
        this.#enqueue(delivery, 0);
      });
      this.#delayed.set(delivery, cancel);
      return;
    }
    delivery.visibleAt = this.#clock.now();
    this.#ready.add(delivery);
    this.#schedulePump();
  }

  /** Later, so that no handler runs inside a `send`. */
  #schedulePump(): void {
    if (this.#pumpScheduled || this.#consumer === undefined) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#consumer !== undefined && this.#underWay < this.#consumer.concurrency) {
      const delivery = this.#ready.take();
      if (delivery === undefined) break;
      this.#underWay += 1;
      void this.#deliver(delivery, this.#consumer);
    }
    this.#tellQuiet();
  }

  async #deliver(delivery: Delivery, consumer: Consumer): Promise<void> {
    delivery.deliveries += 1;
    const age = Math.max(0, this.#clock.now() - delivery.visibleAt);
    this.#telemetry?.meter?.observe('knhk_queue_age_seconds', {}, age / 1000);
    try {
      await consumer.handle(delivery.message);
    } catch (error) {
      await this.#failed(delivery, consumer, error);
    } finally {
      this.#underWay -= 1;
      this.#pump();
    }
  }

  async #failed({ message, deliveries }: Delivery, consumer: Consumer, error: unknown): Promise<void> {
    const { execution } = message;
    const again = () => this.#enqueue({ message, deliveries, visibleAt: 0 }, this.#backoff(deliveries));
    if (deliveries < consumer.maxDeliveries && consumer.isFinal?.(error) !== true) {
      this.#telemetry?.log('warn', 'The turn failed and is tried again.', { execution, error, deliveries });
      return again();
    }
    const code = 'Knhk.DeadLetter';
    const gaveUp = 'The turn failed too often, or for good, and is given up.';
    this.#telemetry?.log('error', gaveUp, { code, execution, error, deliveries });
    try {
      await consumer.gaveUp?.({ message, deliveries, error });
    } catch (fault) {
      const said = 'What was given up could not be put on record; it is tried again.';
      this.#telemetry?.log('error', said, { execution, error: fault });
      again();
    }
  }

  async #quiet(enough: () => boolean): Promise<void> {
    while (this.#underWay > 0 || !enough()) {
      await new Promise<void>((resolve) => {
        this.#whenQuiet.push(resolve);
      });
    }
  }

  #tellQuiet(): void {
    if (this.#underWay > 0 || this.#whenQuiet.length === 0) return;
    const waiting = this.#whenQuiet;
    this.#whenQuiet = [];
    for (const resolve of waiting) resolve();
  }
}
