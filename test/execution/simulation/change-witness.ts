import type { EventType, ExecutionEvent } from '../../../lib/model/event.ts';

/** What clients change in executions beside their turns. */
export type Change = Extract<
  EventType,
  'ExecutionSuspended' | 'ExecutionResumed' | 'ExecutionMigrated' | 'ExecutionRedriven' | 'PayloadsErased'
>;

/** Compares what clients were told with what is in the logs. */
export class ChangeWitness {
  readonly #recorded = new Map<string, number>();
  readonly #answered = new Map<string, number>();
  readonly #violations: string[];

  constructor(violations: string[]) {
    this.#violations = violations;
  }

  committed(execution: string, { type }: ExecutionEvent): void {
    count(this.#recorded, `${execution} ${type}`);
  }

  /** A client was told that it has done so. */
  answered(execution: string, change: Change): void {
    const key = `${execution} ${change}`;
    if (count(this.#answered, key) <= (this.#recorded.get(key) ?? 0)) return;
    this.#violations.push(`${execution}: a client was told of ${change}, which is not in the log.`);
  }
}

function count(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}
