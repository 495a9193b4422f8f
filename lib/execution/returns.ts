/**
 * The messages of executions that another process owns, on their way back to this one. One for each execution is
 * enough: it finds out whether the owner has died. Ten thousand children that end together send their parent as many
 * messages, and without this each of them would come back whenever the lease ends, or is renewed.
 */
export class Returns {
  /** By execution: when its message comes, ms since the epoch. */
  readonly #due = new Map<string, number>();

  isExpected(execution: string, now: number): boolean {
    return (this.#due.get(execution) ?? 0) > now;
  }

  /** @param send sends a message that comes back; resolves with the moment before which it does not. Not called while one is on its way. */
  async expect(execution: string, now: number, send: () => Promise<number>): Promise<void> {
    for (const [other, at] of this.#due) if (at <= now) this.#due.delete(other);
    if (!this.#due.has(execution)) this.#due.set(execution, await send());
  }
}
