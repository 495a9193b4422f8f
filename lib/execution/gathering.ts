/** How long others keep away if the process that gathers dies, ms. */
const LEASE_MS = 10_000;
/** Between two looks into the inbox, ms. */
const PAUSE_MS = 250;
/** So many looks in a row that find nothing end it. */
const MOST_LULLS = 4;

/**
 * Facts that come by the thousand, each with a message of its own, bring many processes to turns of the same execution,
 * and of those that commit at the same time all but one have worked in vain. A turn that follows upon such a defeat
 * takes a lease with its next commit, and then looks into the inbox from time to time until nothing more comes.
 * Meanwhile the others keep off: what they were told about is in the inbox. Where nobody is in the way, this costs nothing.
 */
export class Gathering {
  #phase: 'off' | 'on' | 'lettingGo';
  #lulls = 0;

  /** @param wasBeaten whether another process committed while the turn before this one was about to. */
  constructor(wasBeaten: boolean) {
    this.#phase = wasBeaten ? 'on' : 'off';
  }

  /** The lease to take with what is written, ms. */
  get leaseMs(): number | undefined {
    return this.#phase === 'on' ? LEASE_MS : undefined;
  }

  /** The next commit gives up the lease, also if it has nothing else to write. */
  get isLettingGo(): boolean {
    return this.#phase === 'lettingGo';
  }

  /** Something was in the inbox. */
  found(): void {
    this.#lulls = 0;
  }

  /** How long to wait before the next look, ms; `undefined`: nothing has come for long enough, it is time to let go. */
  pause(): number | undefined {
    this.#lulls += 1;
    return this.#lulls <= MOST_LULLS ? PAUSE_MS : undefined;
  }

  letGo(): void {
    this.#phase = 'lettingGo';
  }

  /** The lease is given up. */
  end(): void {
    this.#phase = 'off';
  }
}
