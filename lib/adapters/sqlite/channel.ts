import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../../ports/event-store.ts';
import { DataDirError } from './data-dir-error.ts';
import type { Operations } from './operations.ts';
import { CLOSE, type Opened, type Reply, type Request, type ToWorker, type WorkerOptions } from './protocol.ts';

interface Pending {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: StoreUnavailable) => void;
}

const MAX_BATCH = 4096;

/** Fewer writers than this are not worth a second transaction. */
const FEW_WRITERS = 8;

/** Batches on their way: one that the disk works on, and one that lies ready when it is done. */
const MAX_UNDER_WAY = 2;

/**
 * The way to the thread of the disk. Requests made while it works are collected and go to it together, as the next
 * batch: that is the group commit.
 */
export class Channel {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  #waiting: Pending[] = [];
  readonly #underWay: (readonly Pending[])[] = [];
  #scheduled = false;
  /**
   * While the disk is idle, so many requests are sent at once: half of those that came back last. Of many writers one
   * half then computes while the disk writes for the other; all in one batch, they would wait for each other in turns.
   */
  #half = Number.POSITIVE_INFINITY;
  /** Why no request is taken any more. */
  #ended: string | undefined;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  private constructor(worker: Worker, exited: Promise<unknown>) {
    this.#worker = worker;
    this.#exited = exited;
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error) => this.#fail(`the thread of the database has failed: ${error.message}`, error));
    worker.on('exit', () => this.#fail('the database is closed'));
  }

  /** @throws DataDirError */
  static async open(options: WorkerOptions): Promise<Channel> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: options });
    // From the start: where the thread ends at once, its message and its exit are told in one go.
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    // The first message of the worker is of this type, see worker.ts.
    const [opened] = (await once(worker, 'message')) as [Opened];
    if (opened[0] === 'failed') {
      await exited;
      throw new DataDirError(opened[1], opened[2]);
    }
    return new Channel(worker, exited);
  }

  /** @throws StoreUnavailable */
  call<K extends keyof Operations>(
    operation: K,
    ...args: Parameters<Operations[K]>
  ): Promise<ReturnType<Operations[K]>> {
    if (this.#ended !== undefined) return Promise.reject(unavailable(this.#ended));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ request: [operation, ...args], resolve, reject });
    if (this.#underWay.length === 0 && this.#waiting.length >= this.#half) this.#send();
    else this.#schedule();
    // The worker answers each request with the result of the operation that it names.
    return promise as Promise<ReturnType<Operations[K]>>;
  }

  /** Finishes what has been asked for, then lets go of the database. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended ??= 'the database is closed';
    if (this.#underWay.length > 0 || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.#worker.postMessage(CLOSE satisfies ToWorker);
    await this.#exited;
  }

  /** Sends once all that runs now has run, promise callbacks included: writers woken by one batch go into the next together. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay.length >= MAX_UNDER_WAY) return;
    this.#scheduled = true;
    queueMicrotask(() => process.nextTick(() => this.#send()));
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#underWay.length >= MAX_UNDER_WAY || this.#waiting.length === 0) return;
    const batch = this.#waiting.length <= MAX_BATCH ? this.#waiting : this.#waiting.slice(0, MAX_BATCH);
    this.#waiting = batch === this.#waiting ? [] : this.#waiting.slice(MAX_BATCH);
    this.#underWay.push(batch);
    this.#worker.postMessage(batch.map((pending) => pending.request) satisfies ToWorker);
  }

  #settle([results, failures]: Reply): void {
    const batch = this.#underWay.shift() ?? [];
    const writers = batch.length + (this.#underWay[0]?.length ?? 0);
    this.#half = writers >= FEW_WRITERS ? Math.ceil(writers / 2) : Number.POSITIVE_INFINITY;
    for (const [position, message] of failures ?? []) batch[position]?.reject(unavailable(message));
    // Promises that were rejected above stay so.
    for (const [position, pending] of batch.entries()) pending.resolve(results[position]);
    if (this.#waiting.length > 0) this.#schedule();
    else if (this.#underWay.length === 0) this.#idle?.();
  }

  #fail(reason: string, cause?: Error): void {
    this.#ended ??= reason;
    const lost = [...this.#underWay.splice(0).flat(), ...this.#waiting];
    this.#waiting = [];
    for (const pending of lost) pending.reject(unavailable(reason, cause));
    this.#idle?.();
  }
}

function unavailable(reason: string, cause: Error = new Error(reason)): StoreUnavailable {
  return new StoreUnavailable(`The database did not carry this out (${reason}): try again once the cause is gone.`, {
    cause,
  });
}
