import type { DataDirFault } from './data-dir-error.ts';
import type { Operations } from './operations.ts';

/** What the two threads say to each other: one message for a batch of requests, one for its answers. */

export type Request = readonly [operation: keyof Operations, ...args: readonly unknown[]];

/** Position in the batch, and what went wrong. */
export type Failure = readonly [position: number, message: string];

/** Results stand at the positions of their requests. */
export type Reply = readonly [results: readonly unknown[], failures: readonly Failure[] | null];

/** Asks for the end: the answer is the thread's exit. */
export const CLOSE = null;

export type ToWorker = readonly Request[] | typeof CLOSE;

export interface WorkerOptions {
  readonly dataDir: string;
  readonly maxBytes: number | null;
}

/** The first message of the thread: whether the database is open. */
export type Opened = readonly ['open'] | readonly ['failed', fault: DataDirFault, message: string];
