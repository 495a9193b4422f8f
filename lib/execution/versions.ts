import { type Json, jsonEqual } from '../model/json.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyValueRecord, KeyValueStore } from '../ports/key-value-store.ts';
import { nextRound } from './contention.ts';

/** A published version: a revision of a workflow under a number that never stands for anything else. */
export interface Version {
  /** From 1, in the order of publication; numbers of deleted versions are not used again. */
  readonly number: number;
  readonly revision: string;
  readonly roleArn: string;
  readonly description?: string;
  /** ms since the epoch. */
  readonly createdAt: number;
}

/** What a workflow's own record says of its versions. */
export interface Published {
  /** ARN. */
  readonly id: string;
  /** How many have ever been published. */
  readonly versions?: number;
  /** The newest version. It counts from the moment it stands here, and is written to its own place after that. */
  readonly published?: Version;
}

/** The versions of workflows: a collection for each workflow, newest first. */
export class Versions {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async find({ id, versions = 0, published }: Published, number: number): Promise<Version | undefined> {
    if (published?.number === number) return published;
    // Left by whoever published a workflow of this name while it was deleted.
    if (number > versions) return undefined;
    const record = await this.#store.get(versionsOf(id), keyOf(number));
    return record === undefined ? undefined : fromRecord(record);
  }

  /** Puts the newest version to its own place, if whoever published it did not get to that. */
  async settle({ id, published }: Published): Promise<void> {
    if (published === undefined) return;
    const key = keyOf(published.number);
    for (let round = 0; ; round = nextRound(round, `the newest version of ${id}`)) {
      const found = await this.#store.get(versionsOf(id), key);
      // Another one was left by whoever published a workflow of this name while it was deleted.
      if (found !== undefined && jsonEqual(found.value, toJson(published))) return;
      const written = await this.#store.put(versionsOf(id), key, toJson(published), found?.version ?? 0);
      if (written !== 'conflict') return;
    }
  }

  /** Not before the workflow's record has forgotten it. Executions of it go on. */
  async delete(id: string, number: number): Promise<void> {
    await this.#store.delete(versionsOf(id), keyOf(number), 'any');
  }

  async deleteAll(id: string): Promise<void> {
    await deleteAll(this.#store, versionsOf(id));
  }

  async list(workflow: Published, limit: number, after?: string): Promise<Page<Version>> {
    if (after === undefined) await this.settle(workflow);
    const query = { limit, ...(after === undefined ? {} : { after }) };
    const page = await this.#store.list(versionsOf(workflow.id), query);
    const items = page.items.map(fromRecord).filter(({ number }) => number <= (workflow.versions ?? 0));
    return page.next === undefined ? { items } : { items, next: page.next };
  }
}

/** Deletes all records of a collection. */
export async function deleteAll(store: KeyValueStore, collection: string): Promise<void> {
  for (;;) {
    const { items } = await store.list(collection, { limit: DELETED_AT_ONCE });
    if (items.length === 0) return;
    await Promise.all(items.map(({ key }) => store.delete(collection, key, 'any')));
  }
}

const DELETED_AT_ONCE = 100;

function versionsOf(id: string): string {
  return `versions/${id}`;
}

const DIGITS = 10;

/** Keys are listed in ascending order, and the newest version is to come first. */
function keyOf(number: number): string {
  return String(10 ** DIGITS - number).padStart(DIGITS + 1, '0');
}

function toJson(version: Version): Json {
  return { ...version };
}

function fromRecord({ value }: KeyValueRecord): Version {
  // Only `settle` writes to these collections.
  return value as unknown as Version;
}
