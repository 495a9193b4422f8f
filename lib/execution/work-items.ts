import type { TaskAssignment } from '../model/effect.ts';
import { isJsonArray, isJsonObject, type Json } from '../model/json.ts';
import type { WorkItemArguments } from '../model/net-plan.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyQuery, KeyValueRecord, KeyValueStore } from '../ports/key-value-store.ts';
import type { OutsideTask } from './outside-work.ts';
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

/**
 * Lists of open work items: of all, in the order of their executions; and of each assignee and each candidate, oldest
 * first. A read model: offering puts an item in, and whatever ends it takes it out. What is left over after a crash, and
 * what is offered twice, a reader finds out by the execution's state, and drops.
 */
export class WorkItemRegistry implements TaskOffers {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async offer(task: TaskAssignment): Promise<void> {
    const { token, execution, activation, attempt, input } = task;
    if (token === undefined) return;
    const { Assignee, Candidates = [] } = workItemArguments(input);
    const lists = [...(Assignee === undefined ? [] : [listOf({ assignee: Assignee })])];
    for (const candidate of new Set(Candidates)) lists.push(listOf({ candidate }));
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

/** What a work item is called with. Values of another type than they should have are left out. */
export function workItemArguments(input: Json): WorkItemArguments {
  if (!isJsonObject(input)) return { Payload: input };
  const { Assignee, Candidates, Title, Payload } = input;
  return {
    ...(typeof Assignee === 'string' ? { Assignee } : {}),
    ...(Candidates !== undefined && isJsonArray(Candidates) ? { Candidates: Candidates.filter(isText) } : {}),
    ...(typeof Title === 'string' ? { Title } : {}),
    ...(Payload === undefined ? {} : { Payload }),
  };
}

/** Whether the worker is the assignee or among the candidates, or there are neither. */
export function mayTake({ input }: Pick<OutsideTask, 'input'>, worker: string | undefined): boolean {
  const { Assignee, Candidates } = workItemArguments(input);
  if (Assignee === undefined && Candidates === undefined) return true;
  return worker !== undefined && (worker === Assignee || Candidates?.includes(worker) === true);
}

function isText(value: Json): value is string {
  return typeof value === 'string';
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
