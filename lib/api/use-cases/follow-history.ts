import type { ExecutionStatus } from '../../model/state.ts';
import type { HistoryEvent } from '../../state/history/history-event.ts';
import type { HistoryReader } from '../../state/history/history-reader.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { loadExecution } from './executions.ts';
import { fitted } from './history.ts';

export interface FollowQuery {
  /** Number of the last event that is known; 0: none. */
  readonly after: number;
  /** Go on with what happens until the execution closes. */
  readonly follow: boolean;
  /** Nobody listens any more. */
  readonly signal: AbortSignal;
}

export type HistoryItem =
  | { readonly kind: 'event'; readonly event: HistoryEvent }
  /** Always the last. `more`: the next event is there already, and would have been too much for one answer. */
  | { readonly kind: 'end'; readonly status: ExecutionStatus; readonly after: number; readonly more: boolean };

/** Between two looks into a log that another process writes, ms. */
const POLL = { first: 50, longest: 1_000 } as const;
/** The longest that a timer is set for, ms. */
const LONGEST_WAIT = 3_600_000;

/**
 * The history after an event, and on demand what is added to it until the execution closes. It ends earlier where the
 * policy sets a limit: to its time, or to the bytes of an answer. What it ends with tells how to go on.
 * @throws ApiError `executionNotFound`, `requestInvalid` where there is no such event yet.
 */
export async function* followHistory(
  services: Services,
  execution: string,
  query: FollowQuery,
): AsyncGenerator<HistoryItem, void, undefined> {
  const { clock, policy, states } = services;
  const { state } = await loadExecution(services, execution);
  checkPosition(query.after, state.historyLength);
  const deadline = clock.now() + policy.followMs;
  const reader = await states.histories.take(execution, query.after);
  const growth = new Growth(services, execution, query.signal);
  try {
    let status = state.status;
    for (const answer = new Answer(policy.maxAnswerBytes); ; ) {
      for await (const event of answer.events(reader)) {
        yield { kind: 'event', event };
        status = STATUS_AFTER[event.type] ?? 'RUNNING';
      }
      const { isFull: more } = answer;
      const left = deadline - clock.now();
      if (query.signal.aborted) return;
      if (more || !query.follow || status !== 'RUNNING' || left <= 0) {
        yield { kind: 'end', status, after: reader.position, more };
        return;
      }
      await growth.wait(left);
    }
  } finally {
    growth.end();
    states.histories.keep(reader);
  }
}

/** An execution that has closed goes on only by a redrive, which is an event as well. */
const STATUS_AFTER: Readonly<Partial<Record<HistoryEvent['type'], ExecutionStatus>>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

function checkPosition(after: number, length: number): void {
  if (Number.isInteger(after) && after >= 0 && after <= length) return;
  const message = `Give the id of an event that you have, 0 to ${length}, and not ${after}.`;
  throw new ApiError('requestInvalid', 'after', message);
}

/** What is sent, as long as there is room for it. */
class Answer {
  isFull = false;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What the log has now; the reader stands behind the last event that fitted. */
  async *events(reader: HistoryReader): AsyncGenerator<HistoryEvent, void, undefined> {
    for (let read = await reader.next(); read !== undefined; read = await reader.next()) {
      const { event, bytes } = fitted(read, this.#maxBytes);
      if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
        reader.putBack(read);
        this.isFull = true;
        return;
      }
      this.#bytes += bytes;
      yield event;
    }
  }
}

/** Tells when a log may have grown: by the commits of this process, and by looking again where others write, too. */
class Growth {
  readonly #services: Services;
  readonly #signal: AbortSignal;
  readonly #unwatch: () => void;
  #hasGrown = false;
  #wake: (() => void) | undefined;
  #pause: number = POLL.first;

  constructor(services: Services, execution: string, signal: AbortSignal) {
    this.#services = services;
    this.#signal = signal;
    signal.addEventListener('abort', this.#tell);
    this.#unwatch = services.states.watches.watch(execution, this.#tell);
  }

  /** Until the log has grown since the last call, or may have, at most `ms`; not at all once the signal is aborted. */
  async wait(ms: number): Promise<void> {
    const { clock, states } = this.#services;
    if (!this.#hasGrown && !this.#signal.aborted) {
      const longest = states.isExclusive ? LONGEST_WAIT : this.#pause;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(Math.min(ms, longest), () => resolve());
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#pause = this.#hasGrown ? POLL.first : Math.min(this.#pause * 2, POLL.longest);
    this.#hasGrown = false;
    this.#wake = undefined;
  }

  end(): void {
    this.#signal.removeEventListener('abort', this.#tell);
    this.#unwatch();
  }

  readonly #tell = () => {
    this.#hasGrown = true;
    this.#wake?.();
  };
}
