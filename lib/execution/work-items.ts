import type { TaskAssignment } from '../model/effect.ts';
import { isJsonObject, type Json } from '../model/json.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyQuery, KeyValueRecord, KeyValueStore } from '../ports/key-value-store.ts';
import type { Queues } from '../resources/allocation/resource-allocator.ts';
import type { TaskOffers } from './parts.ts';

/** A work item that was open when it was last heard of: whether it still is, its execution's state tells. */
export interface ListedItem {
  /** The task token. */
  readonly token: string;
  /** ARN. */
  readonly execution: string;
  readonly activation: number;
  readonly attempt: number;
}

/** Whose work items; absent: everybody's. */
export interface WorkItemFilter {
  /** Those that are for this person, or that this one has started. */
  readonly assignee?: string;
  /** Only without an assignee: those that this person may take. */
  readonly candidate?: string;
}

/** What is on record of an item beside itself: in which other lists it stands, and under which key. */
interface Entry extends ListedItem {
  readonly lists: readonly string[];
  readonly place: string;
}

const ALL = 'work-items';
/** Longer names have no list of their own. */
const MAX_NAME = 256;
const MAX_COUNTED = 1_000;

/**
 * Lists of open work items: of all, in the order of their executions; and of each assignee and each candidate, oldest
 * first. A read model: offering puts an item in, and whatever ends it takes it out. What is left over after a crash, and
 * what is offered twice, a reader finds out by the execution's state, and drops.
 */
export class WorkItemRegistry implements TaskOffers, Queues {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async offer(task: TaskAssignment): Promise<void> {
    const { assignee, candidates = [] } = task.staffing ?? {};
    const lists = [...(assignee === undefined ? [] : [listOf({ assignee })])];
    for (const candidate of new Set(candidates)) lists.push(listOf({ candidate }));
    await this.#offer(task, lists);
  }

  async lengthOf(person: string): Promise<number> {
    return (await this.#store.list(listOf({ assignee: person }), { limit: MAX_COUNTED })).items.length;
  }

  async reserve(task: TaskAssignment, person: string): Promise<void> {
    await this.#offer(task, [listOf({ assignee: person })]);
  }

  async giveUp(task: TaskAssignment, person: string): Promise<void> {
    const entry = await this.#entry(task);
    const list = listOf({ assignee: person });
    if (entry === undefined || !entry.lists.includes(list)) return;
    await this.#store.delete(list, entry.place, 'any');
    const { lists, place, ...item } = entry;
    await this.#store.put(ALL, keyOf(entry), { ...item, lists: lists.filter((one) => one !== list), place }, 'any');
  }

  async #offer(task: TaskAssignment, lists: readonly string[]): Promise<void> {
    const { token, execution, activation, attempt } = task;
    if (token === undefined) return;
    const place = `${String(task.scheduledAt).padStart(15, '0')} ${keyOf(task)}`;
    const item = { token, execution, activation, attempt };
    const known = await this.#entry(item);
    // One that was given back keeps its place, and stands in the lists of those who had it until it ends.
    const kept = known === undefined ? { lists: [], place } : known;
    await this.#enter({ ...item, lists: [...new Set([...kept.lists, ...lists.filter(hasList)])], place: kept.place });
  }

  withdraw(task: TaskAssignment): Promise<void> {
    return this.remove(task);
  }

  /** A worker has it: it stands in the worker's list as well. */
  async started(item: ListedItem, worker: string): Promise<void> {
    const list = listOf({ assignee: worker });
    if (!hasList(list)) return;
    const entry = await this.#entry(item);
    if (entry?.lists.includes(list) === true) return;
    const { token, execution, activation, attempt } = item;
    const { lists = [], place = keyOf(item) } = entry ?? {};
    await this.#enter({ token, execution, activation, attempt, lists: [...lists, list], place });
  }

  /** Takes it out of all lists. */
  async remove(item: Omit<ListedItem, 'token'>): Promise<void> {
    const entry = await this.#entry(item);
    if (entry === undefined) return;
    const { lists, place } = entry;
    // The record of where it stands goes last: if this process dies before, whoever reads it goes on.
    for (const list of lists) await this.#store.delete(list, place, 'any');
    await this.#store.delete(ALL, keyOf(item), 'any');
  }

  /** Items that are, or were, in the list. */
  async list(
    filter: WorkItemFilter,
    query: KeyQuery,
  ): Promise<Page<ListedItem & { readonly drop: () => Promise<void> }>> {
    const list = filter.assignee === undefined && filter.candidate === undefined ? ALL : listOf(filter);
    const page = await this.#store.list(list, query);
    return { ...page, items: page.items.map((record) => this.#listed(list, record)) };
  }

  async #entry(item: Omit<ListedItem, 'token'>): Promise<Entry | undefined> {
    const record = await this.#store.get(ALL, keyOf(item));
    return record === undefined ? undefined : fromJson(record.value);
  }

  #listed(list: string, { key, value, version }: KeyValueRecord) {
    const { token, execution, activation, attempt } = fromJson(value);
    const item = { token, execution, activation, attempt };
    const drop = async () => {
      await this.remove(item);
      await this.#store.delete(list, key, version);
    };
    return { ...item, drop };
  }

  /** First the record of where it stands, so that whatever comes of the rest can be taken out again. */
  async #enter(entry: Entry): Promise<void> {
    const { lists, place, ...item } = entry;
    await this.#store.put(ALL, keyOf(entry), { ...item, lists: [...lists], place }, 'any');
    for (const list of lists) await this.#store.put(list, place, { ...item }, 'any');
  }
}

function listOf({ assignee, candidate }: WorkItemFilter): string {
  return assignee === undefined ? `${ALL}/candidate/${candidate}` : `${ALL}/assignee/${assignee}`;
}

function hasList(list: string): boolean {
  return list.length <= MAX_NAME + `${ALL}/candidate/`.length;
}

function keyOf({ execution, activation, attempt }: Omit<ListedItem, 'token'>): string {
  return `${execution} ${activation}.${attempt}`;
}

function fromJson(value: Json): Entry {
  if (!isJsonObject(value)) throw new TypeError('A record in a list of work items is no object.');
  // Only #enter writes to these collections; those of single people have an item, the one of all an entry.
  return { lists: [], place: '', ...value } as unknown as Entry;
}
