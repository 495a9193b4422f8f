import type { Json } from '../model/json.ts';
import type { KeyValueRecord, KeyValueStore } from '../ports/key-value-store.ts';
import { nextRound } from './contention.ts';
import { deleteAll } from './versions.ts';

/** A name for one or two versions of a workflow, between which starts are divided. */
export interface Alias {
  /** Unique in its workflow, and not a number. */
  readonly name: string;
  readonly description?: string;
  /** One or two; their weights add up to 100. */
  readonly routes: readonly Route[];
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Route {
  readonly version: number;
  /** Percentage of the starts. */
  readonly weight: number;
}

/** A workflow has at most so many. */
export const MAX_ALIASES = 100;
/** Two at the same time may be one too many. */
const READ_ALIASES = 2 * MAX_ALIASES;

/** The aliases of workflows, by ARN of the workflow. */
export class Aliases {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async create(workflow: string, alias: Alias): Promise<'created' | 'exists'> {
    const written = await this.#store.put(aliasesOf(workflow), alias.name, toJson(alias), 0);
    return written === 'conflict' ? 'exists' : 'created';
  }

  async find(workflow: string, name: string): Promise<Alias | undefined> {
    const record = await this.#store.get(aliasesOf(workflow), name);
    return record === undefined ? undefined : fromRecord(record);
  }

  /** `change` is asked again where somebody else was faster. `undefined`: there is no such alias. */
  async update(workflow: string, name: string, change: (current: Alias) => Alias): Promise<Alias | undefined> {
    for (let round = 0; ; round = nextRound(round, `the alias ${name}`)) {
      const record = await this.#store.get(aliasesOf(workflow), name);
      if (record === undefined) return undefined;
      const changed = change(fromRecord(record));
      const written = await this.#store.put(aliasesOf(workflow), name, toJson(changed), record.version);
      if (written !== 'conflict') return changed;
    }
  }

  async delete(workflow: string, name: string): Promise<void> {
    await this.#store.delete(aliasesOf(workflow), name, 'any');
  }

  async deleteAll(workflow: string): Promise<void> {
    await deleteAll(this.#store, aliasesOf(workflow));
  }

  /** All of them, oldest first. */
  async all(workflow: string): Promise<readonly Alias[]> {
    const { items } = await this.#store.list(aliasesOf(workflow), { limit: READ_ALIASES });
    // The store's order, by name, stays where the moment is the same.
    return items.map(fromRecord).sort((a, b) => a.createdAt - b.createdAt);
  }
}

const PERCENT = 100;

/** Which version a start goes to. `random32`: an unsigned 32-bit integer. */
export function chooseVersion({ routes }: Alias, random32: number): number | undefined {
  let mark = (random32 / 2 ** 32) * PERCENT;
  for (const { version, weight } of routes) {
    if (mark < weight) return version;
    mark -= weight;
  }
  return routes.at(-1)?.version;
}

function aliasesOf(workflow: string): string {
  return `aliases/${workflow}`;
}

function toJson(alias: Alias): Json {
  return { ...alias, routes: alias.routes.map((route) => ({ ...route })) };
}

function fromRecord({ value }: KeyValueRecord): Alias {
  // Only `create` and `update` write to these collections.
  return value as unknown as Alias;
}
