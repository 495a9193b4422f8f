import type { ArchiveStore } from '../../ports/archive-store.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Ledger } from '../../provenance/ledger.ts';
import { linesOfPeriod } from '../../provenance/sealed-period.ts';
import { compressed } from './compressed.ts';

export interface LedgerArchiveParts {
  readonly ledger: Ledger;
  readonly objects: ArchiveStore;
  readonly store: KeyValueStore;
}

const COLLECTION = 'archivedLedger';
/** How many periods are archived. */
const COUNT = 'periods';
const PERIOD_DIGITS = 12;
const MOST_AT_ONCE = 100;

/** The periods of the ledger beside what they are about: an object for each, from which receipts follow without the engine. */
export class LedgerArchive {
  readonly #parts: LedgerArchiveParts;
  /** How many are archived at least. */
  #known = 0;

  constructor(parts: LedgerArchiveParts) {
    this.#parts = parts;
  }

  /** Archives periods that are not yet, a hundred at most. Answers with how many those were. */
  async catchUp(): Promise<number> {
    const { ledger, objects, store } = this.#parts;
    const periods = (await ledger.head())?.periods ?? 0;
    if (periods <= this.#known) return 0;
    const record = await store.get(COLLECTION, COUNT);
    const archived = typeof record?.value === 'number' ? record.value : 0;
    let next = archived;
    for await (const sealed of ledger.periods(archived)) {
      const key = `ledger/${String(sealed.period.number).padStart(PERIOD_DIGITS, '0')}.jsonl.gz`;
      await objects.put({ key, content: await compressed(linesOfPeriod(sealed)), isHeld: false });
      next += 1;
      if (next - archived === MOST_AT_ONCE) break;
    }
    // In a conflict somebody else has archived the same.
    if (next > archived) await store.put(COLLECTION, COUNT, next, record?.version ?? 0);
    this.#known = next;
    return next - archived;
  }
}
