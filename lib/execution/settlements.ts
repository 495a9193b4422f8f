import type { Clock } from '../ports/clock.ts';
import type { Inbox } from '../ports/event-store.ts';
import { Announcements } from './announcements.ts';

/** Between two looks into an inbox that another process may empty, ms. */
const POLL = { first: 25, longest: 1_000 } as const;

/** Who waits in this process for executions to have dealt with facts. */
export class Settlements {
  readonly #inbox: Inbox;
  readonly #clock: Clock;
  readonly #told: Announcements<true>;

  constructor({ inbox, clock }: { readonly inbox: Inbox; readonly clock: Clock }) {
    this.#inbox = inbox;
    this.#clock = clock;
    this.#told = new Announcements(clock);
  }

  /** Whether the fact leaves the inbox within `ms`: by then what came of it is in the log. */
  async settled(execution: string, fact: string, ms: number): Promise<boolean> {
    const end = this.#clock.now() + ms;
    for (let pause: number = POLL.first; ; pause = Math.min(pause * 2, POLL.longest)) {
      const told = this.#told.next(keyOf(execution, fact), Math.min(pause, end - this.#clock.now()));
      if (!(await this.#inbox.facts(execution)).some(({ id }) => id === fact)) return true;
      if ((await told) === true) return true;
      if (this.#clock.now() >= end) return false;
    }
  }

  /** A turn of this process has committed the facts, and discarded them. */
  tell(execution: string, facts: readonly string[]): void {
    for (const fact of facts) this.#told.tell(keyOf(execution, fact), true);
  }
}

function keyOf(execution: string, fact: string): string {
  return `${execution} ${fact}`;
}
