import { isJsonObject, type Json } from '../../model/json.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { newPayloadKey } from '../../provenance/payload-cipher.ts';
import { nextRound } from '../contention.ts';

const COLLECTION = 'archives';

/** What is to be known of an execution for as long as its archive exists: it never expires. */
export interface ArchiveRecord {
  /** Opens the payloads in its archive. Absent: nothing of it was archived yet, or it was destroyed. */
  readonly key?: string;
  /** ms since the epoch. */
  readonly destroyedAt?: number;
  /** Under legal hold since then, ms since the epoch. */
  readonly heldSince?: number;
}

export interface ArchiveRecordsParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * The keys of archived executions, one of each, and which of them are under legal hold. A key that is destroyed leaves
 * a record that says so, so that nobody who comes late makes another one.
 */
export class ArchiveRecords {
  readonly #parts: ArchiveRecordsParts;

  constructor(parts: ArchiveRecordsParts) {
    this.#parts = parts;
  }

  async find(execution: string): Promise<ArchiveRecord | undefined> {
    const record = await this.#parts.store.get(COLLECTION, execution);
    return record && readRecord(record.value);
  }

  /** With a key, unless that was destroyed. */
  obtain(execution: string): Promise<ArchiveRecord> {
    const { ids } = this.#parts;
    return this.#change(execution, (record) =>
      record.key !== undefined || record.destroyedAt !== undefined ? record : { ...record, key: newPayloadKey(ids) },
    );
  }

  /** Nothing is destroyed under legal hold: look at the answer. */
  destroyKey(execution: string): Promise<ArchiveRecord> {
    const { clock } = this.#parts;
    return this.#change(execution, (record) => {
      if (record.heldSince !== undefined || record.destroyedAt !== undefined) return record;
      return { destroyedAt: clock.now() };
    });
  }

  hold(execution: string): Promise<ArchiveRecord> {
    const { clock } = this.#parts;
    return this.#change(execution, (record) =>
      record.heldSince === undefined ? { ...record, heldSince: clock.now() } : record,
    );
  }

  release(execution: string): Promise<ArchiveRecord> {
    return this.#change(execution, (record) => {
      const { heldSince, ...rest } = record;
      return heldSince === undefined ? record : rest;
    });
  }

  async #change(execution: string, change: (record: ArchiveRecord) => ArchiveRecord): Promise<ArchiveRecord> {
    const { store } = this.#parts;
    for (let round = 0; ; round = nextRound(round, `the archive record of ${execution}`)) {
      const found = await store.get(COLLECTION, execution);
      const record = found === undefined ? {} : readRecord(found.value);
      const changed = change(record);
      if (changed === record) return record;
      if ((await store.put(COLLECTION, execution, { ...changed }, found?.version ?? 0)) !== 'conflict') return changed;
    }
  }
}

function readRecord(value: Json): ArchiveRecord {
  if (!isJsonObject(value)) return {};
  const { key, destroyedAt, heldSince } = value;
  return {
    ...(typeof key === 'string' ? { key } : {}),
    ...(typeof destroyedAt === 'number' ? { destroyedAt } : {}),
    ...(typeof heldSince === 'number' ? { heldSince } : {}),
  };
}
