import type { Fact, Inbox } from '../../ports/event-store.ts';

/** The inboxes in maps. A discarded fact leaves no trace: its id can be deposited again. */
export class MemoryInbox implements Inbox {
  readonly #facts = new Map<string, Map<string, Fact>>();

  async deposit(execution: string, fact: Fact): Promise<'deposited' | 'exists'> {
    const facts = this.#facts.get(execution) ?? new Map<string, Fact>();
    if (facts.has(fact.id)) return 'exists';
    facts.set(fact.id, Object.freeze({ ...fact }));
    this.#facts.set(execution, facts);
    return 'deposited';
  }

  async facts(execution: string): Promise<readonly Fact[]> {
    const facts = this.#facts.get(execution);
    return facts === undefined ? [] : [...facts.values()].sort((a, b) => a.at - b.at);
  }

  async discard(execution: string, ids: readonly string[]): Promise<void> {
    const facts = this.#facts.get(execution);
    for (const id of ids) facts?.delete(id);
    if (facts?.size === 0) this.#facts.delete(execution);
  }
}
