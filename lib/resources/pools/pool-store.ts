import { isJsonObject, type Json } from '../../model/json.ts';
import type { KeyValueRecord, KeyValueStore } from '../../ports/key-value-store.ts';
import { type Grant, holderOf, type PermitHolder, readGrant, readHolder } from './permit.ts';
import { MAX_LIMIT, slotKey, takeableSlots } from './slots.ts';

/** One look at a pool: who holds its permits. */
export interface PoolView {
  readonly limit: number;
  /** In ascending order of slots. */
  readonly slots: readonly Slot[];
  /** Slots that may be taken, in ascending order of index. */
  readonly free: readonly FreeSlot[];
}

export interface Slot {
  readonly index: number;
  readonly grant: Grant;
  /** Grows with every change, also when the slot is freed: what has been read once never comes back. */
  readonly version: number;
}

export interface FreeSlot {
  readonly index: number;
  /** 0: it has never been used. */
  readonly version: number;
}

export interface Waiter {
  readonly holder: PermitHolder;
  readonly version: number;
}

export interface PoolSettings {
  /** Permits at the same time, 0 … 1,000; 0: nobody gets one. */
  readonly limit: number;
  /** ms since the epoch; absent: it comes from the deployment. */
  readonly changedAt?: number;
}

const SETTINGS = 'pools';
const PAGE = 1_000;

/** The records of resource pools: a limit, the permits in use, a slot each, and the line of those who wait, by ticket. */
export class PoolStore {
  readonly #store: KeyValueStore;
  /** Of the deployment. */
  readonly #defaults: ReadonlyMap<string, number>;

  constructor(store: KeyValueStore, defaults: ReadonlyMap<string, number>) {
    this.#store = store;
    this.#defaults = defaults;
  }

  /** All pools that have a limit. */
  async allSettings(): Promise<ReadonlyMap<string, PoolSettings>> {
    const all = new Map<string, PoolSettings>([...this.#defaults].map(([name, limit]) => [name, { limit }]));
    let after: string | undefined;
    do {
      const page = await this.#store.list(SETTINGS, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { key, value } of page.items) {
        const settings = readSettings(value);
        if (settings !== undefined) all.set(key, settings);
      }
      after = page.next;
    } while (after !== undefined);
    return all;
  }

  async settings(pool: string): Promise<PoolSettings | undefined> {
    const record = await this.#store.get(SETTINGS, pool);
    const limit = this.#defaults.get(pool);
    return (record && readSettings(record.value)) ?? (limit === undefined ? undefined : { limit });
  }

  async setLimit(pool: string, limit: number, changedAt: number): Promise<void> {
    await this.#store.put(SETTINGS, pool, { limit, changedAt }, 'any');
  }

  async removeLimit(pool: string): Promise<void> {
    await this.#store.delete(SETTINGS, pool, 'any');
  }

  /** `undefined`: the pool has no limit. */
  async look(pool: string): Promise<PoolView | undefined> {
    const [settings, { items }] = await Promise.all([
      this.settings(pool),
      this.#store.list(slotsOf(pool), { limit: MAX_LIMIT }),
    ]);
    if (settings === undefined) return undefined;
    const slots = usedAmong(items);
    const versions = new Map(items.map(({ key, version }) => [Number(key), version]));
    const used = slots.map(({ index }) => index);
    const free = takeableSlots(settings.limit, used).map((index) => ({ index, version: versions.get(index) ?? 0 }));
    return { limit: settings.limit, slots, free };
  }

  async slots(pool: string): Promise<readonly Slot[]> {
    return usedAmong((await this.#store.list(slotsOf(pool), { limit: MAX_LIMIT })).items);
  }

  /** The first ones of the line, in their order. */
  async line(pool: string, limit: number, after?: string): Promise<readonly Waiter[]> {
    const query = { limit: Math.min(PAGE, Math.max(1, limit)), ...(after === undefined ? {} : { after }) };
    const { items } = await this.#store.list(lineOf(pool), query);
    return items.map(({ value, version }) => ({ holder: readHolder(value), version }));
  }

  async linePage(pool: string, limit: number, after: string | undefined) {
    const page = await this.#store.list(lineOf(pool), { limit, ...(after === undefined ? {} : { after }) });
    return { ...page, items: page.items.map(({ value }) => readHolder(value)) };
  }

  async inLine(pool: string, ticket: string): Promise<boolean> {
    return (await this.#store.get(lineOf(pool), ticket)) !== undefined;
  }

  /** False: it stands there already. */
  async queue(pool: string, holder: PermitHolder): Promise<boolean> {
    return (await this.#store.put(lineOf(pool), holder.ticket, holderOf(holder), 0)) !== 'conflict';
  }

  /** False: it is not there, or no longer as it was read. */
  async unqueue(pool: string, ticket: string, version: number | 'any'): Promise<boolean> {
    return (await this.#store.delete(lineOf(pool), ticket, version)) === 'deleted';
  }

  /** Puts a grant into a slot, free or used, if that is still as it was read. `undefined`: it is not. */
  async take(pool: string, { index, version }: FreeSlot, grant: Grant): Promise<Slot | undefined> {
    const { grantedAt, leaseUntil } = grant;
    const value = { ...holderOf(grant), grantedAt, leaseUntil };
    const written = await this.#store.put(slotsOf(pool), slotKey(index), value, version);
    return written === 'conflict' ? undefined : { index, grant, version: written };
  }

  /** False: it was changed meanwhile. */
  async free(pool: string, { index, version }: FreeSlot): Promise<boolean> {
    return (await this.#store.put(slotsOf(pool), slotKey(index), FREE, version)) !== 'conflict';
  }
}

/** A record that is deleted would begin with the same version again, and be taken for the one that was read before. */
const FREE: Json = null;

function usedAmong(records: readonly KeyValueRecord[]): readonly Slot[] {
  return records.flatMap(({ key, value, version }) =>
    value === FREE ? [] : [{ index: Number(key), grant: readGrant(value), version }],
  );
}

function slotsOf(pool: string): string {
  return `pool-slots/${pool}`;
}

function lineOf(pool: string): string {
  return `pool-line/${pool}`;
}

function readSettings(value: Json): PoolSettings | undefined {
  if (!isJsonObject(value)) return undefined;
  const { limit, changedAt } = value;
  if (typeof limit !== 'number' || typeof changedAt !== 'number') return undefined;
  return { limit, changedAt };
}
