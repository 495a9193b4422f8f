import { isJsonObject, type Json } from '../model/json.ts';
import type { Clock } from '../ports/clock.ts';
import { StoreUnavailable } from '../ports/event-store.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { nextRound } from './contention.ts';
import type { CommitRange, ExecutionLogs } from './execution-logs.ts';

export interface OwedLogsParts {
  readonly logs: ExecutionLogs;
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const COLLECTION = 'owedLogs';
const PAGE = 100;
/** How long a delivery that fails is tried again, ms. */
const GIVE_UP_MS = 24 * 3_600_000;
/** How long nothing is tried after a failure, ms: a service that does not answer would take all of the caller's time. */
const PAUSE_MS = 30_000;

/**
 * Logs at least once, without holding up whoever calls: what the service could not take for
 * the moment is written down, and delivered by a sweep. What it refuses (there is no such group, or it is closed to the
 * engine) is lost to the log, and said so.
 */
export class OwedLogs {
  readonly #parts: OwedLogsParts;
  #pausedUntil = 0;

  constructor(parts: OwedLogsParts) {
    this.#parts = parts;
  }

  /** Rejects only if the store cannot be written to. */
  async deliver(execution: string, range: CommitRange): Promise<void> {
    const isPaused = this.#parts.clock.now() < this.#pausedUntil;
    if (isPaused || !(await this.#tried(execution, range))) await this.#owe(execution, range);
  }

  /** Tries again what is owed, until the first failure. The number of executions that nothing is owed for any more. */
  async sweep(): Promise<number> {
    const { store, clock, telemetry } = this.#parts;
    const page = await store.list(COLLECTION, { limit: PAGE });
    let settled = 0;
    for (const { key, value, version } of page.items) {
      const owed = readOwed(value);
      const isOverdue = owed !== undefined && clock.now() - owed.since > GIVE_UP_MS;
      if (isOverdue) telemetry.log('error', 'A history was not logged for a day; it is given up.', { execution: key });
      else if (owed !== undefined && !(await this.#tried(key, owed))) break;
      // In a conflict more has come to be owed, and stays.
      if ((await store.delete(COLLECTION, key, version)) === 'deleted') settled += 1;
    }
    return settled;
  }

  /** False: it is to be tried again. */
  async #tried(execution: string, range: CommitRange): Promise<boolean> {
    const { logs, telemetry, clock } = this.#parts;
    try {
      await logs.deliver(execution, range);
      this.#pausedUntil = 0;
      return true;
    } catch (error) {
      const isLater = error instanceof StoreUnavailable;
      if (isLater) {
        this.#pausedUntil = clock.now() + PAUSE_MS;
        telemetry.log('warn', 'The history of an execution could not be logged; it is tried again.', {
          execution,
          error,
        });
      } else {
        telemetry.log('error', 'The history of an execution was not logged; a part is missing.', { execution, error });
      }
      return !isLater;
    }
  }

  async #owe(execution: string, { from, to }: CommitRange): Promise<void> {
    const { store, clock } = this.#parts;
    for (let round = 0; ; round = nextRound(round, `what is owed to the log of ${execution}`)) {
      const record = await store.get(COLLECTION, execution);
      const owed = record === undefined ? undefined : readOwed(record.value);
      const next = {
        from: Math.min(from, owed?.from ?? from),
        to: Math.max(to, owed?.to ?? to),
        since: owed?.since ?? clock.now(),
      };
      if ((await store.put(COLLECTION, execution, next, record?.version ?? 0)) !== 'conflict') return;
    }
  }
}

function readOwed(value: Json): (CommitRange & { readonly since: number }) | undefined {
  if (!isJsonObject(value)) return undefined;
  const { from, to, since } = value;
  if (typeof from !== 'number' || typeof to !== 'number' || typeof since !== 'number') return undefined;
  return { from, to, since };
}
