import type { Clock } from '../../../lib/ports/clock.ts';
import type { EventStore, Inbox } from '../../../lib/ports/event-store.ts';
import type { StreamedChange } from '../../../lib/ports/streamed-change.ts';
import type { Dice } from './dice.ts';

/** Has some process project a batch; resolves with how many records are done, or with `'died'`. */
export type ProjectBatch = (changes: readonly StreamedChange[], batch: string) => Promise<number | 'died'>;

const LATE_MS = 60_000;
const BATCH_MS = 200;
const MAX_BATCH = 3;
const AGAIN_MS = 2_000;
const AGAIN_AFTER_DEATH_MS = 30_000;

/**
 * What is new in the log and in the inboxes, on its way to projectors, as a stream of DynamoDB has it: commits are items of
 * their own, so nothing orders them; each comes at least once; a batch comes again from its first failure on.
 */
export class ChangeStream {
  disorder = 0;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #project: ProjectBatch;
  #batch: StreamedChange[] = [];
  #sent = 0;

  constructor(clock: Clock, dice: Dice, project: ProjectBatch) {
    this.#clock = clock;
    this.#dice = dice;
    this.#project = project;
  }

  log(events: EventStore): EventStore {
    return {
      load: (execution) => events.load(execution),
      read: (execution, from, limit) => events.read(execution, from, limit),
      replace: async (commit) => events.replace?.(commit),
      append: async (commit) => {
        const outcome = await events.append(commit);
        if (outcome === 'appended' && commit.row !== undefined) this.#changed({ kind: 'row', row: commit.row });
        return outcome;
      },
    };
  }

  inbox(inbox: Inbox): Inbox {
    return {
      facts: (execution) => inbox.facts(execution),
      discard: (execution, ids) => inbox.discard(execution, ids),
      deposit: async (execution, fact) => {
        const outcome = await inbox.deposit(execution, fact);
        if (outcome === 'deposited') this.#changed({ kind: 'fact', execution });
        return outcome;
      },
    };
  }

  #changed(change: StreamedChange): void {
    const copies = this.#dice.chance(this.disorder) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const late = this.#dice.chance(this.disorder) ? this.#dice.below(LATE_MS) : 0;
      this.#clock.after(late, () => this.#collect(change));
    }
  }

  #collect(change: StreamedChange): void {
    this.#batch.push(change);
    if (this.#batch.length === 1) this.#clock.after(BATCH_MS, () => this.#flush());
    else if (this.#batch.length === MAX_BATCH) this.#flush();
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    void this.#send(batch, this.#sent);
    this.#sent += batch.length;
  }

  /** @param first number of its first record: what it is known by. */
  async #send(batch: readonly StreamedChange[], first: number): Promise<void> {
    // An error is one of the whole batch.
    const done = await this.#project(batch, String(first)).catch(() => 0);
    const left = done === 'died' ? batch : batch.slice(done);
    if (left.length === 0) return;
    this.#clock.after(
      done === 'died' ? AGAIN_AFTER_DEATH_MS : AGAIN_MS,
      () => void this.#send(left, first + batch.length - left.length),
    );
  }
}
