import { ErrorName } from '../../model/errors.ts';
import type { ItemSource, ResultTarget } from '../../model/plan.ts';
import type { ItemStorage, ItemsOutcome, MapRunResults, WrittenOutcome } from '../../ports/item-storage.ts';
import { type ObjectStore, ObjectStoreError } from '../../ports/object-store.ts';
import { ItemReading, type ReadLimits } from './reader.ts';
import { UnreadableItems } from './unreadable.ts';
import { exportResults, inlineResults } from './writer.ts';

export interface ItemStorageLimits extends ReadLimits {
  /** About how many bytes of results go into one file. */
  readonly fileBytes: number;
}

const MEBIBYTE = 1024 * 1024;

/** All items of a map run are in memory together, and so are the results that one file gets. */
export const defaultItemLimits: ItemStorageLimits = { bytes: 64 * MEBIBYTE, items: 250_000, fileBytes: 16 * MEBIBYTE };

/** Items and results of map runs in objects: buckets of S3, or folders that stand for them. */
export class ObjectItemStorage implements ItemStorage {
  readonly #store: ObjectStore;
  readonly #limits: ItemStorageLimits;

  constructor(store: ObjectStore, limits: Partial<ItemStorageLimits> = {}) {
    this.#store = store;
    this.#limits = { ...defaultItemLimits, ...limits };
  }

  async readItems(source: ItemSource, signal: AbortSignal): Promise<ItemsOutcome> {
    try {
      return { kind: 'read', ...(await new ItemReading(this.#store, source, this.#limits, signal).read()) };
    } catch (error) {
      return { kind: 'failed', error: ErrorName.itemReaderFailed, cause: causeOf(error) };
    }
  }

  async writeResults(target: ResultTarget, results: MapRunResults): Promise<WrittenOutcome> {
    if (target.resource === undefined) return { kind: 'written', output: inlineResults(target, results) };
    try {
      return { kind: 'written', output: await exportResults(this.#store, target, results, this.#limits.fileBytes) };
    } catch (error) {
      return { kind: 'failed', error: ErrorName.resultWriterFailed, cause: causeOf(error) };
    }
  }
}

/** What a definition can do something about; anything else is thrown on. */
function causeOf(error: unknown): string {
  if (error instanceof UnreadableItems) return error.message;
  if (error instanceof ObjectStoreError) return `${error.code}: ${error.message}`;
  throw error;
}
