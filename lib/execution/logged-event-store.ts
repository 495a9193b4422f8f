import type { EventStore, StoredCommit } from '../ports/event-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { ExecutionLogs } from './execution-logs.ts';

/**
 * A store whose commits are logged once they are written, behind the back of whoever wrote them: nobody waits for a log.
 * For a process that writes all commits itself; what it has not logged when it dies, nobody logs.
 */
export class LoggedEventStore implements EventStore {
  readonly #store: EventStore;
  readonly #telemetry: Telemetry;
  /** Set when there is somebody to read the log by. */
  #logs: ExecutionLogs | undefined;
  /** The commits of each execution that are still to be logged, the ones being logged included. */
  readonly #pending = new Map<string, { from: number; to: number }>();
  #allLogged: (() => void) | undefined;

  constructor(store: EventStore, telemetry: Telemetry) {
    this.#store = store;
    this.#telemetry = telemetry;
  }

  logTo(logs: ExecutionLogs): void {
    this.#logs = logs;
  }

  append(commit: StoredCommit): Promise<'appended' | 'conflict'> {
    const logs = this.#logs;
    if (logs === undefined || logs.isKnownOff(commit.execution)) return this.#store.append(commit);
    return this.#appendAndLog(logs, commit);
  }

  async #appendAndLog(logs: ExecutionLogs, commit: StoredCommit): Promise<'appended' | 'conflict'> {
    const outcome = await this.#store.append(commit);
    if (outcome === 'appended') this.#log(logs, commit);
    return outcome;
  }

  load(execution: string): Promise<readonly StoredCommit[]> {
    return this.#store.load(execution);
  }

  read(execution: string, from: number, limit: number): Promise<readonly StoredCommit[]> {
    return this.#store.read(execution, from, limit);
  }

  async keepUntil(execution: string, expiresAt: number): Promise<void> {
    await this.#store.keepUntil?.(execution, expiresAt);
  }

  async replace(commit: StoredCommit): Promise<void> {
    await this.#store.replace?.(commit);
  }

  async forgetTexts(execution: string): Promise<void> {
    await this.#store.forgetTexts?.(execution);
  }

  /** Resolves when all that has been written is logged. */
  async logged(): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#allLogged = resolve;
    });
  }

  #log(logs: ExecutionLogs, { execution, number }: StoredCommit): void {
    const pending = this.#pending.get(execution);
    if (pending !== undefined) {
      pending.to = number;
      return;
    }
    const range = { from: number, to: number };
    this.#pending.set(execution, range);
    void this.#run(logs, execution, range);
  }

  async #run(logs: ExecutionLogs, execution: string, range: { from: number; to: number }): Promise<void> {
    for (let done = -1; done < range.to; ) {
      const { to } = range;
      try {
        await logs.deliver(execution, { from: range.from, to });
      } catch (error) {
        this.#telemetry.log(
          'error',
          'The history of an execution could not be logged; a part of it is missing there.',
          {
            execution,
            error,
          },
        );
      }
      done = to;
      range.from = to + 1;
    }
    this.#pending.delete(execution);
    if (this.#pending.size === 0) this.#allLogged?.();
  }
}
