import type { Clock, Ids } from '../../ports/clock.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { askedAt, type Grant, holderOf, isSame, type PermitHolder, type PermitRequest } from './permit.ts';
import { type PoolSettings, PoolStore, type PoolView, type Slot, type Waiter } from './pool-store.ts';
import { mayHandOver } from './slots.ts';

export interface ResourcePoolsParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  /** Limits of the deployment, by name; a limit that is set at run time goes before. */
  readonly defaults?: ReadonlyMap<string, number>;
  /** Has the execution look again: it then asks for its permits once more. */
  readonly wake: (execution: string) => Promise<void>;
  /** Whether, by the log of its execution, somebody who was granted a permit at `since` (ms since the epoch) still has it, or waits for it. */
  readonly isWanted: (holder: PermitHolder, pool: string, since: number) => Promise<boolean>;
}

/** What is known of the limits is this old at most, ms. */
const FRESH_MS = 3_000;
/** How long a holder is believed without a look at its log, ms; doubles with each look. */
const LEASE_MS = 60_000;
const LONGEST_LEASE_MS = 600_000;
/** Leases that have run out and are looked at at a time. */
const CHECKS = 5;
/** Whoever has served somebody has told him by then, ms, or died before. */
const SERVING_MS = 30_000;
/** Those who wait for a pool without a limit that are called at a time. */
const RELEASED_AT_ONCE = 100;
/** Looks at a pool that changes all the time, before the rest is left to those who change it. */
const MAX_LOOKS = 50;

/**
 * Resource pools: limits on how many executions, states or calls of a kind work at the same time. Everybody shares the
 * records of a pool; there is no process in charge.
 *
 * - *Never above the limit*, whoever acts at the same time, dies or stands still: a permit is a slot, taken by a conditional
 *   write (see `takeableSlots`). A lease that runs out makes nobody lose a permit: it lets those who wait ask the log.
 * - *First come first served*, by ticket: who finds others in line joins it. Who frees a slot hands it to the first in line.
 * - *Nobody is forgotten*: who joins the line looks at the slots once more, who frees a slot looks at the line once more;
 *   of two at the same time one sees the other. What a crash in between leaves is found by the next one who waits, and by
 *   `sweep`.
 *
 * Writes: 2 for a permit where nobody waits; 4 where somebody does (joining and leaving the line, the slot handed over, the
 * slot freed). Source of the two looks: the event count of Reed and Kanodia, "Synchronization with Eventcounts and
 * Sequencers", CACM 22(2), 1979.
 */
export class ResourcePools {
  readonly #parts: ResourcePoolsParts;
  readonly #records: PoolStore;
  #known: ReadonlyMap<string, PoolSettings> = new Map();
  #knownAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #kinds = { resources: false, patterns: false };
  /** By pool, the tickets that this process has put in line. */
  readonly #queued = new Map<string, Set<string>>();

  constructor(parts: ResourcePoolsParts) {
    this.#parts = parts;
    this.#records = new PoolStore(parts.store, parts.defaults ?? new Map());
  }

  /** What is known of the limits is too old to go by. */
  get isStale(): boolean {
    return this.#parts.clock.now() - this.#knownAt > FRESH_MS;
  }

  /** Whether any limit is set on task resources. */
  get hasResources(): boolean {
    return this.#kinds.resources;
  }

  /** Whether any limit is set on patterns. */
  get hasPatterns(): boolean {
    return this.#kinds.patterns;
  }

  /** Whether the pool has a limit, as far as this process knows. */
  has(pool: string): boolean {
    return this.#known.has(pool);
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #read(): Promise<void> {
    const at = this.#parts.clock.now();
    this.#know(await this.#records.allSettings());
    this.#knownAt = at;
  }

  #know(known: ReadonlyMap<string, PoolSettings>): void {
    this.#known = known;
    const names = [...known.keys()];
    const some = (prefix: string) => names.some((name) => name.startsWith(prefix));
    this.#kinds = { resources: some('resource:'), patterns: some('pattern:') };
  }

  /**
   * Answers which of the requests, all of one execution, hold all their permits now. The others wait in the lines; their
   * execution is woken when that may have changed. Asking again changes nothing. A pool without a limit grants everything.
   */
  async acquire(execution: string, requests: readonly PermitRequest[]): Promise<readonly PermitRequest[]> {
    let left = requests;
    const pools = [...new Set(requests.flatMap((request) => request.pools))].sort();
    for (const pool of pools) {
      const wanting = left.filter((request) => request.pools.includes(pool));
      if (wanting.length === 0) continue;
      const waiting = await this.#acquireIn(pool, wanting, execution);
      left = left.filter((request) => !waiting.includes(request));
    }
    return left;
  }

  /** Those that have to wait. */
  async #acquireIn<R extends PermitHolder>(
    pool: string,
    requests: readonly R[],
    execution: string,
  ): Promise<readonly R[]> {
    let left = requests;
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const view = await this.#records.look(pool);
      if (view === undefined) return [];
      left = await this.#withoutHolders(pool, view, left);
      const [first] = left;
      if (first === undefined) return [];
      if (view.free.length > 0) await this.#takeOrServe(pool, view, first);
      // Whoever has just joined looks once more; so does who has made room.
      else if (!(await this.#join(pool, left)) && !(await this.#checkLeases(pool, view, execution))) return left;
    }
    return left;
  }

  /** There is a free slot: it is for the first in line, or for who asks if he was there before. */
  async #takeOrServe(pool: string, view: PoolView, asking: PermitHolder): Promise<void> {
    const first = await this.#firstInLine(pool, view);
    if (first !== undefined && first.holder.ticket <= asking.ticket)
      return this.#serve(pool, view, first, asking.execution);
    if (await this.#records.inLine(pool, asking.ticket)) return;
    // Those who come at the same time are not to want the same slot.
    const slot = view.free[this.#parts.ids.random32() % view.free.length];
    if (slot !== undefined) await this.#grant(pool, slot, asking);
  }

  /** Those among them that hold no slot. One who holds two, because two have served him, gives the higher one back. */
  async #withoutHolders<R extends PermitHolder>(
    pool: string,
    { slots }: PoolView,
    requests: readonly R[],
  ): Promise<readonly R[]> {
    const left: R[] = [];
    for (const request of requests) {
      const [held, ...surplus] = slots.filter(({ grant }) => isSame(grant, request));
      if (held === undefined) left.push(request);
      else this.#queued.get(pool)?.delete(request.ticket);
      for (const slot of surplus) await this.#records.free(pool, slot);
    }
    return left;
  }

  /** Puts those in line who are not there yet. False: all are. */
  async #join(pool: string, requests: readonly PermitHolder[]): Promise<boolean> {
    const queued = this.#queued.get(pool) ?? new Set();
    this.#queued.set(pool, queued);
    const missing = requests.filter(({ ticket }) => !queued.has(ticket));
    const joined = await Promise.all(missing.map((request) => this.#records.queue(pool, request)));
    for (const { ticket } of missing) queued.add(ticket);
    return joined.some((isNew) => isNew);
  }

  async #grant(
    pool: string,
    slot: { readonly index: number; readonly version: number },
    holder: PermitHolder,
  ): Promise<Slot | undefined> {
    const { clock, telemetry } = this.#parts;
    const now = clock.now();
    const grant: Grant = { ...holderOf(holder), grantedAt: now, leaseUntil: now + LEASE_MS };
    const taken = await this.#records.take(pool, slot, grant);
    if (taken !== undefined) {
      telemetry.meter?.count('knhk_permits_total', { pool });
      telemetry.meter?.observe('knhk_permit_wait_seconds', { pool }, Math.max(0, now - askedAt(holder)) / 1000);
    }
    return taken;
  }

  /** Gives him the lowest of the free slots: two who serve at the same time are to want the same one. */
  async #serve(pool: string, { free: [slot] }: PoolView, waiter: Waiter, but?: string): Promise<void> {
    const given = slot === undefined ? undefined : await this.#grant(pool, slot, waiter.holder);
    if (given !== undefined) await this.#called(pool, waiter, given, but);
  }

  /**
   * The first who holds no slot; who does has been served by somebody who is about to call him, or has died before.
   * @param leaver whoever has served him may not have taken him out of the line yet.
   */
  async #firstInLine(pool: string, { slots }: PoolView, leaver?: PermitHolder): Promise<Waiter | undefined> {
    const line = await this.#records.line(pool, slots.length + 2);
    for (const waiter of line) {
      if (leaver !== undefined && isSame(waiter.holder, leaver)) {
        await this.#records.unqueue(pool, leaver.ticket, waiter.version);
        continue;
      }
      const held = slots.find(({ grant }) => isSame(grant, waiter.holder));
      if (held === undefined) return waiter;
      if (this.#parts.clock.now() - held.grant.grantedAt < SERVING_MS) continue;
      await this.#records.unqueue(pool, waiter.holder.ticket, waiter.version);
      await this.#parts.wake(waiter.holder.execution);
    }
    return undefined;
  }

  /**
   * Tells him, and takes him out of the line: in this order, so that he is told by somebody else if this process dies. If
   * he is not there any more, he may have left, or been served by another one.
   */
  async #called(pool: string, { holder, version }: Waiter, slot: Slot, but?: string): Promise<void> {
    if (holder.execution !== but) await this.#parts.wake(holder.execution);
    if (await this.#records.unqueue(pool, holder.ticket, version)) return;
    const held = await this.#heldBy(pool, holder);
    const isSurplus = held.some(({ index }) => index < slot.index);
    if (isSurplus || !(await this.#parts.isWanted(holder, pool, slot.grant.grantedAt))) {
      if (await this.#records.free(pool, slot)) await this.#serveAll(pool);
    }
  }

  /** Gives back what it holds, or leaves the line. Whoever is first in line gets what is freed. Repeating it changes nothing. */
  async release(holder: PermitHolder, pools: readonly string[]): Promise<void> {
    for (const pool of pools) await this.#releaseIn(pool, holder);
  }

  async #releaseIn(pool: string, holder: PermitHolder): Promise<void> {
    this.#queued.get(pool)?.delete(holder.ticket);
    let held = await this.#heldBy(pool, holder);
    if (held.length === 0) {
      await this.#records.unqueue(pool, holder.ticket, 'any');
      // Who has served him before sees that here; who does so later finds him gone from the line.
      held = await this.#heldBy(pool, holder);
    }
    for (const { index } of held) await this.#handOn(pool, index, holder);
  }

  async #heldBy(pool: string, holder: PermitHolder): Promise<readonly Slot[]> {
    return (await this.#records.slots(pool)).filter(({ grant }) => isSame(grant, holder));
  }

  /** Frees a slot, or hands it to the first in line. */
  async #handOn(pool: string, index: number, holder: PermitHolder): Promise<void> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const view = await this.#records.look(pool);
      const slots = view?.slots ?? (await this.#records.slots(pool));
      const slot = slots.find((other) => other.index === index && isSame(other.grant, holder));
      if (slot === undefined) return;
      const used = slots.map((other) => other.index);
      const first =
        view !== undefined && mayHandOver(view.limit, used, index)
          ? await this.#firstInLine(pool, view, holder)
          : undefined;
      if (first !== undefined) {
        const given = await this.#grant(pool, slot, first.holder);
        if (given === undefined) continue;
        return this.#called(pool, first, given);
      }
      if (await this.#records.free(pool, slot)) return this.#serveAll(pool, holder);
    }
  }

  /** Until no slot is free, or nobody waits. */
  async #serveAll(pool: string, leaver?: PermitHolder): Promise<void> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      if ((await this.#records.line(pool, 1)).length === 0) return;
      const view = await this.#records.look(pool);
      if (view === undefined || view.free.length === 0) return;
      const first = await this.#firstInLine(pool, view, leaver);
      if (first === undefined) return;
      await this.#serve(pool, view, first);
    }
  }

  /** Asks the logs about holders whose lease has run out. True: some slot has become free. */
  async #checkLeases(pool: string, { slots }: PoolView, but?: string): Promise<boolean> {
    const { clock, isWanted, wake } = this.#parts;
    const now = clock.now();
    let isFreed = false;
    for (const slot of slots.filter(({ grant }) => grant.leaseUntil <= now).slice(0, CHECKS)) {
      const { grant } = slot;
      if (!(await isWanted(grant, pool, grant.grantedAt))) {
        isFreed = (await this.#records.free(pool, slot)) || isFreed;
        continue;
      }
      const held = grant.leaseUntil - grant.grantedAt;
      const leaseUntil = now + Math.min(LONGEST_LEASE_MS, Math.max(LEASE_MS, held));
      const isExtended = (await this.#records.take(pool, slot, { ...grant, leaseUntil })) !== undefined;
      if (isExtended && grant.execution !== but) await wake(grant.execution);
    }
    return isFreed;
  }

  /** For every pool in which somebody waits: asks about leases that have run out, and serves. Called each minute. */
  async sweep(): Promise<void> {
    // What is known of the lines is found out anew by whoever asks again.
    this.#queued.clear();
    for (const pool of (await this.#records.allSettings()).keys()) {
      if ((await this.#records.line(pool, 1)).length === 0) continue;
      const view = await this.#records.look(pool);
      if (view !== undefined) await this.#checkLeases(pool, view);
      await this.#serveAll(pool);
    }
  }

  /** All pools with a limit. */
  list(): Promise<ReadonlyMap<string, PoolSettings>> {
    return this.#records.allSettings();
  }

  /** `undefined`: the pool has no limit. */
  settings(pool: string): Promise<PoolSettings | undefined> {
    return this.#records.settings(pool);
  }

  /** Who holds its permits; `undefined`: the pool has no limit. */
  describe(pool: string): Promise<PoolView | undefined> {
    return this.#records.look(pool);
  }

  /** Those who wait, first come first. @param limit 1 … 1,000. */
  waiting(pool: string, limit: number, after?: string): Promise<Page<PermitHolder>> {
    return this.#records.linePage(pool, limit, after);
  }

  /**
   * Sets the limit, here at once and in other processes within some seconds. A lower one takes nothing from those who hold
   * permits; a higher one lets those who wait go on.
   * @param limit 0 … 1,000, an integer; 0: nobody gets a permit.
   */
  async setLimit(pool: string, limit: number): Promise<PoolSettings> {
    const changedAt = this.#parts.clock.now();
    await this.#records.setLimit(pool, limit, changedAt);
    await this.#read();
    await this.#serveAll(pool);
    return { limit, changedAt };
  }

  /** Goes back to the limit of the deployment, or to none: then everybody who waits goes on. */
  async removeLimit(pool: string): Promise<void> {
    await this.#records.removeLimit(pool);
    await this.#read();
    if (this.has(pool)) return this.#serveAll(pool);
    for (;;) {
      const line = await this.#records.line(pool, RELEASED_AT_ONCE);
      if (line.length === 0) return;
      for (const { holder, version } of line) {
        await this.#parts.wake(holder.execution);
        await this.#records.unqueue(pool, holder.ticket, version);
      }
    }
  }
}
