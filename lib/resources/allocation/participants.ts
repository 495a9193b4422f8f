import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Participant } from './participant.ts';

const COLLECTION = 'participants';
const PAGE = 1_000;

/** The directory of those who do work items. */
export class Participants {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async find(id: string): Promise<Participant | undefined> {
    const record = await this.#store.get(COLLECTION, id);
    return record && read(id, record.value);
  }

  async put({ id, roles, capabilities, available }: Participant): Promise<void> {
    const value = { roles: [...new Set(roles)], capabilities: [...new Set(capabilities)], available };
    await this.#store.put(COLLECTION, id, value, 'any');
  }

  /** False: there was none. */
  async remove(id: string): Promise<boolean> {
    const known = await this.#store.get(COLLECTION, id);
    if (known === undefined) return false;
    await this.#store.delete(COLLECTION, id, 'any');
    return true;
  }

  /** In ascending order of id. @param limit 1 … 1,000 */
  async list(limit: number, after?: string): Promise<Page<Participant>> {
    const page = await this.#store.list(COLLECTION, { limit, ...(after === undefined ? {} : { after }) });
    return { ...page, items: page.items.map(({ key, value }) => read(key, value)) };
  }

  async all(): Promise<readonly Participant[]> {
    const found: Participant[] = [];
    let after: string | undefined;
    do {
      const page = await this.list(PAGE, after);
      found.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return found;
  }
}

function read(id: string, value: Json): Participant {
  const record = isJsonObject(value) ? value : {};
  const { roles, capabilities, available } = record;
  return { id, roles: texts(roles), capabilities: texts(capabilities), available: available === true };
}

function texts(value: Json | undefined): readonly string[] {
  return value !== undefined && isJsonArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
