/**
 * What evaluating expressions may still cost, in units of work (about one for each value that is looked at or made, a
 * sixteenth for each character). Work is counted, not measured: what fits once fits always.
 */
export class Budget {
  left: number;
  /** What this is a part of: work is charged to both. */
  readonly #whole: Budget | undefined;

  constructor(units: number, whole?: Budget) {
    this.left = units;
    this.#whole = whole;
  }

  take(units: number): void {
    this.left -= units;
    this.#whole?.take(units);
  }
}

/** For all expressions of a state that are evaluated together: reached within about a second. */
export const STATE_WORK = 4_000_000;

/** Once a decision has cost so much, the rest follows in the next, so that nothing else has to wait for it. */
export const DECISION_WORK = 4_000_000;
