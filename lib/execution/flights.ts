import type { TaskCommand } from '../model/command.ts';
import type { InvokeTask, TaskAssignment } from '../model/effect.ts';
import type { TaskOutcome } from '../ports/task-invoker.ts';
import { depositCommand } from './facts.ts';
import type { EngineParts } from './parts.ts';

/** What a turn is told while it listens. */
export interface FlightListener {
  /** A task has ended, or its job goes on and is to be asked for so much later. It stays under way until `decided`. */
  readonly landed: (command: TaskCommand, askAfterMs: number | undefined) => void;
  /** It has not been called, and is no longer under way: it is to be called so much later. */
  readonly heldBack: (task: TaskAssignment, afterMs: number) => void;
  /** A call failed because of the engine itself; the task is still to be called. */
  readonly failed: (fault: unknown) => void;
}

interface Flight {
  readonly task: TaskAssignment;
  readonly idempotent: boolean;
  readonly abort: AbortController;
}

/**
 * The tasks of one execution that this process has under way. They outlive the turn that called them: where it fails or
 * its state is old, the next turn waits for them instead of calling them a second time.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #parts: EngineParts;
  readonly #execution: string;
  readonly #wake: () => Promise<void>;
  #listener: FlightListener | undefined;

  /** @param wake asks for a turn, for a result that came while there was none. */
  constructor(parts: EngineParts, execution: string, wake: () => Promise<void>) {
    this.#parts = parts;
    this.#execution = execution;
    this.#wake = wake;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Whether some of them must not run in another process at the same time. */
  get needLease(): boolean {
    for (const { idempotent } of this.#flights.values()) if (!idempotent) return true;
    return false;
  }

  has(task: TaskAssignment): boolean {
    return this.#flights.has(attemptKey(task));
  }

  listen(listener: FlightListener | undefined): void {
    this.#listener = listener;
  }

  call({ task, idempotent }: InvokeTask): void {
    const flight = { task, idempotent, abort: new AbortController() };
    this.#flights.set(attemptKey(task), flight);
    this.#parts.invoker.invoke(task, flight.abort.signal).then(
      (outcome) => {
        if (outcome.kind === 'later') this.#heldBack(flight, outcome.afterMs);
        else this.#landed(flight, commandOf(task, outcome), askAfterOf(outcome));
      },
      (fault: unknown) => {
        if (!this.#end(flight)) return;
        this.#listener?.failed(fault);
      },
    );
  }

  /** The result of a task has been decided about, or has been put into the inbox. */
  decided(command: Pick<TaskCommand, 'activation' | 'attempt'>): void {
    this.#flights.delete(attemptKey(command));
  }

  /** Nobody wants the result of the task any more: it is told so, as far as that is possible. */
  withdraw(task: TaskAssignment): void {
    const flight = this.#flights.get(attemptKey(task));
    if (flight === undefined) return;
    this.#flights.delete(attemptKey(task));
    flight.abort.abort();
  }

  /** Withdraws all tasks but those that are still wanted. */
  retain(isWanted: (task: TaskAssignment) => boolean): void {
    for (const { task } of [...this.#flights.values()]) if (!isWanted(task)) this.withdraw(task);
  }

  /** What comes in from now on is of no interest. */
  forget(): void {
    this.#flights.clear();
  }

  #landed(flight: Flight, command: TaskCommand, askAfterMs?: number): void {
    if (this.#flights.get(attemptKey(flight.task)) !== flight) return;
    if (this.#listener !== undefined) return this.#listener.landed(command, askAfterMs);
    this.#keepUntilNextTurn(flight, command).catch((error: unknown) => {
      const message = 'The result of a task came after its turn and could not be kept; the task may run again.';
      this.#parts.telemetry.log('warn', message, { execution: this.#execution, state: flight.task.state, error });
    });
  }

  #heldBack(flight: Flight, afterMs: number): void {
    if (!this.#end(flight)) return;
    if (this.#listener !== undefined) return this.#listener.heldBack(flight.task, afterMs);
    // The turn that comes asks again.
    this.#wake().catch((error: unknown) => {
      const message = 'A task that was held back found no turn; it is called when something else wakes its execution.';
      this.#parts.telemetry.log('error', message, { execution: this.#execution, state: flight.task.state, error });
    });
  }

  async #keepUntilNextTurn(flight: Flight, command: TaskCommand): Promise<void> {
    try {
      await depositCommand(this.#parts, this.#execution, command);
    } finally {
      // The next turn may have begun meanwhile, and wait for this task.
      if (this.#listener !== undefined) this.#landed(flight, command);
      else if (this.#end(flight)) await this.#wake();
    }
  }

  /** False: it was withdrawn before. */
  #end(flight: Flight): boolean {
    const key = attemptKey(flight.task);
    return this.#flights.get(key) === flight && this.#flights.delete(key);
  }
}

/** Unique within the log of an execution. */
export function attemptKey({ activation, attempt }: Pick<TaskAssignment, 'activation' | 'attempt'>): string {
  return `${activation}.${attempt}`;
}

function askAfterOf(outcome: TaskOutcome): number | undefined {
  return outcome.kind === 'submitted' ? outcome.askAfterMs : undefined;
}

function commandOf(task: TaskAssignment, outcome: Exclude<TaskOutcome, { kind: 'later' }>): TaskCommand {
  const { activation, attempt } = task;
  switch (outcome.kind) {
    case 'succeeded':
      return { type: 'TaskSucceeded', activation, attempt, output: outcome.output };
    case 'submitted':
      return { type: 'TaskSubmitted', activation, attempt, output: outcome.output };
    case 'failed': {
      const { error, cause, reason } = outcome;
      return { type: 'TaskFailed', activation, attempt, reason, error, ...(cause === undefined ? {} : { cause }) };
    }
  }
}
