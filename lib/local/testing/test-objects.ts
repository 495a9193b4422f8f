import { MemoryObjectStore } from '../../adapters/memory/index.ts';
import { FolderObjectStore } from '../../adapters/system/index.ts';
import type { Json } from '../../model/json.ts';
import {
  type ListedObject,
  NoSuchObject,
  type ObjectPage,
  type ObjectQuery,
  type ObjectRef,
  type ObjectStore,
} from '../../ports/object-store.ts';

/** Objects of a test by bucket and key, as in `reports/2026/may.csv`: text as it is, anything else as JSON. */
export interface TestObjects {
  readonly [bucketAndKey: string]: Json;
}

/**
 * Buckets of a test: objects in memory, over those of a folder, in which nothing is changed. Every bucket exists that
 * something is written to.
 */
export class TestObjectStore implements ObjectStore {
  readonly #memory: MemoryObjectStore;
  readonly #folder: FolderObjectStore | undefined;
  readonly #written = new Map<string, string>();

  /** @param at when all of it was written, ms since the epoch. */
  constructor(objects: TestObjects, folder: string | undefined, at: number) {
    this.#memory = new MemoryObjectStore(() => at);
    this.#folder = folder === undefined ? undefined : new FolderObjectStore(folder);
    for (const [name, content] of Object.entries(objects)) {
      const [bucket = '', ...key] = name.split('/');
      this.#memory.createBucket(bucket);
      void this.#memory.put(
        { bucket, key: key.join('/') },
        typeof content === 'string' ? content : JSON.stringify(content),
      );
    }
  }

  /** What was written in the test, as text. */
  get written(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#written);
  }

  async get(object: ObjectRef, maxBytes: number): Promise<Uint8Array> {
    try {
      return await this.#memory.get(object, maxBytes);
    } catch (error) {
      if (!(error instanceof NoSuchObject) || this.#folder === undefined) throw error;
      return this.#folder.get(object, maxBytes);
    }
  }

  /** All of them at once. */
  async list(query: ObjectQuery): Promise<ObjectPage> {
    const layers = [this.#folder, this.#memory].filter((store) => store !== undefined);
    const found = await Promise.all(layers.map((store) => listAll(store, query)));
    if (found.every((items) => items instanceof NoSuchObject)) throw found[0];
    const byKey = new Map<string, ListedObject>();
    for (const items of found)
      if (!(items instanceof NoSuchObject)) for (const item of items) byKey.set(item.key, item);
    return { items: [...byKey.values()].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))) };
  }

  async put(object: ObjectRef, content: string | Uint8Array): Promise<void> {
    this.#memory.createBucket(object.bucket);
    await this.#memory.put(object, content);
    this.#written.set(`${object.bucket}/${object.key}`, Buffer.from(content).toString('utf8'));
  }
}

async function listAll(store: ObjectStore, query: ObjectQuery): Promise<readonly ListedObject[] | NoSuchObject> {
  const items: ListedObject[] = [];
  let after = query.after;
  try {
    do {
      const page = await store.list({ ...query, ...(after === undefined ? {} : { after }) });
      items.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return items;
  } catch (error) {
    if (error instanceof NoSuchObject) return error;
    throw error;
  }
}
