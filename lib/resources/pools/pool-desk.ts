import { askedAt, type Grant, holderOf, isSame, type PermitHolder } from './permit.ts';
import type { FreeSlot, PoolStore, PoolView, Slot, Waiter } from './pool-store.ts';
import type { ResourcePoolsParts } from './resource-pools.ts';
import { mayHandOver } from './slots.ts';

/** How long a holder is believed without a look at its log, ms; doubles with each look. */
const LEASE_MS = 60_000;
const LONGEST_LEASE_MS = 600_000;
/** Leases that have run out and are looked at at a time. */
const CHECKS = 5;
/** Whoever has served somebody has told him by then, ms, or died before. */
const SERVING_MS = 30_000;
/** Looks at a pool that changes all the time, before the rest is left to those who change it. */
const MAX_LOOKS = 50;

interface Asking {
  readonly holders: readonly PermitHolder[];
  readonly resolve: (waiting: readonly PermitHolder[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Leaving {
  readonly holder: PermitHolder;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What one process does at one pool. One thing after the other, so that it does not stand in its own way: whatever is
 * asked for meanwhile is done together in the next round, those who leave first.
 */
export class PoolDesk {
  readonly #pool: string;
  readonly #records: PoolStore;
  readonly #parts: ResourcePoolsParts;
  #asking: Asking[] = [];
  #leaving: Leaving[] = [];
  #isBusy = false;
  /** Tickets that this process has put in line. */
  readonly #queued = new Set<string>();
  /** Those among them whom it has given a slot, and who have not come for it yet. */
  readonly #served = new Set<string>();

  constructor(pool: string, records: PoolStore, parts: ResourcePoolsParts) {
    this.#pool = pool;
    this.#records = records;
    this.#parts = parts;
  }

  /** Those who have to wait. */
  acquire(holders: readonly PermitHolder[]): Promise<readonly PermitHolder[]> {
    return new Promise((resolve, reject) => {
      this.#asking.push({ holders, resolve, reject });
      this.#goOn();
    });
  }

  release(holder: PermitHolder): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#leaving.push({ holder, resolve, reject });
      this.#goOn();
    });
  }

  #goOn(): void {
    if (this.#isBusy || (this.#asking.length === 0 && this.#leaving.length === 0)) return;
    this.#isBusy = true;
    this.#round().finally(() => {
      this.#isBusy = false;
      this.#goOn();
    });
  }

  async #round(): Promise<void> {
    const [asking, leaving] = [this.#asking, this.#leaving];
    this.#asking = [];
    this.#leaving = [];
    try {
      if (leaving.length > 0) await this.#releaseAll(leaving.map(({ holder }) => holder));
      for (const { resolve } of leaving) resolve();
    } catch (error) {
      for (const { reject } of [...leaving, ...asking]) reject(error);
      return;
    }
    try {
      const waiting = await this.#acquireAll(asking.flatMap(({ holders }) => holders));
      for (const { holders, resolve } of asking) resolve(holders.filter((holder) => waiting.includes(holder)));
    } catch (error) {
      for (const { reject } of asking) reject(error);
    }
  }

  async #acquireAll(asked: readonly PermitHolder[]): Promise<readonly PermitHolder[]> {
    const isServed = ({ ticket }: PermitHolder) => this.#served.delete(ticket);
    const comers = asked.filter((holder) => !isServed(holder)).sort((a, b) => (a.ticket < b.ticket ? -1 : 1));
    // What waits here is served here, where there is nobody else: nothing has to be looked at.
    if (this.#parts.isAlone === true && comers.every(({ ticket }) => this.#queued.has(ticket))) return comers;
    let left: readonly PermitHolder[] = comers;
    for (let looks = 0; looks < MAX_LOOKS && left.length > 0; looks += 1) {
      const view = await this.#records.look(this.#pool);
      if (view === undefined) return [];
      left = await this.#withoutHolders(view, left);
      if (left.length === 0) return [];
      if (view.free.length > 0) left = await this.#takeTurns(view, left);
      // Whoever has just joined looks once more; so does who has made room.
      else if (!(await this.#join(left)) && !(await this.#checkLeases(view))) return left;
    }
    return left;
  }

  /** Those among them that hold no slot. One who holds two, because two have served him, gives the higher one back. */
  async #withoutHolders({ slots }: PoolView, holders: readonly PermitHolder[]): Promise<readonly PermitHolder[]> {
    const left: PermitHolder[] = [];
    for (const holder of holders) {
      const [held, ...surplus] = slots.filter(({ grant }) => isSame(grant, holder));
      if (held === undefined) left.push(holder);
      else this.#knows(holder);
      for (const slot of surplus) await this.#records.free(this.#pool, slot);
    }
    return left;
  }

  /** Gives the free slots to those in line and those who ask now, by their tickets. The rest of those who ask. */
  async #takeTurns(view: PoolView, asking: readonly PermitHolder[]): Promise<readonly PermitHolder[]> {
    const most = view.slots.length + view.free.length + asking.length + 1;
    const line = await this.#records.line(this.#pool, most);
    const inLine = new Set(line.map(({ holder }) => holder.ticket));
    const last = line.at(-1)?.holder.ticket;
    // Behind a line that has not been read to its end, nobody's turn has come.
    const isEnd = (ticket: string) => line.length < most || last === undefined || ticket < last;
    const comers = asking.filter(({ ticket }) => !inLine.has(ticket) && isEnd(ticket));
    const waiters = await this.#unserved(view, line);
    const first = [...waiters.map(({ holder }) => holder), ...comers]
      .sort((a, b) => (a.ticket < b.ticket ? -1 : 1))
      .slice(0, view.free.length);
    const served = waiters.filter(({ holder }) => first.includes(holder));
    const taken = await Promise.all([
      ...served.map((waiter, index) => this.#serve(view.free[index], waiter)),
      ...this.#spread(view.free.slice(served.length), first.length - served.length).map(async (slot, index) => {
        const comer = comers[index];
        return comer !== undefined && (await this.#grant(slot, comer)) !== undefined ? comer : undefined;
      }),
    ]);
    return asking.filter((holder) => !taken.includes(holder));
  }

  /** So many of the slots, from a random one on: those who come elsewhere at the same time are not to want the same ones. */
  #spread(slots: readonly FreeSlot[], count: number): readonly FreeSlot[] {
    const from = slots.length > 1 ? this.#parts.ids.random32() % slots.length : 0;
    return [...slots.slice(from), ...slots.slice(0, from)].slice(0, count);
  }

  /** Puts those in line who are not there yet. False: all are. */
  async #join(holders: readonly PermitHolder[]): Promise<boolean> {
    const missing = holders.filter(({ ticket }) => !this.#queued.has(ticket));
    const joined = await Promise.all(missing.map((holder) => this.#records.queue(this.#pool, holder)));
    for (const { ticket } of missing) this.#queued.add(ticket);
    return joined.some((isNew) => isNew);
  }

  async #grant(slot: FreeSlot, holder: PermitHolder): Promise<Slot | undefined> {
    const { clock, telemetry } = this.#parts;
    const now = clock.now();
    const grant: Grant = { ...holderOf(holder), grantedAt: now, leaseUntil: now + LEASE_MS };
    const taken = await this.#records.take(this.#pool, slot, grant);
    if (taken !== undefined) {
      const pool = this.#pool;
      telemetry.meter?.count('knhk_permits_total', { pool });
      telemetry.meter?.observe('knhk_permit_wait_seconds', { pool }, Math.max(0, now - askedAt(holder)) / 1000);
    }
    return taken;
  }

  /** Gives somebody in line a slot. Whoever serves at the same time elsewhere wants the same one for him: the lowest. */
  async #serve(slot: FreeSlot | undefined, waiter: Waiter): Promise<PermitHolder | undefined> {
    const given = slot === undefined ? undefined : await this.#grant(slot, waiter.holder);
    if (given !== undefined) await this.#called(waiter, given);
    return undefined;
  }

  /** Those who hold no slot; who does has been served by somebody who is about to call him, or has died before. */
  async #unserved({ slots }: PoolView, line: readonly Waiter[]): Promise<readonly Waiter[]> {
    const unserved: Waiter[] = [];
    for (const waiter of line) {
      const held = slots.find(({ grant }) => isSame(grant, waiter.holder));
      if (held === undefined) unserved.push(waiter);
      else if (this.#parts.clock.now() - held.grant.grantedAt >= SERVING_MS) {
        await this.#parts.wake(waiter.holder.execution);
        await this.#records.unqueue(this.#pool, waiter.holder.ticket, waiter.version);
      }
    }
    return unserved;
  }

  /**
   * Tells him, and takes him out of the line: in this order, so that he is told by somebody else if this process dies. If
   * he is not there any more, he may have left, or been served by another one.
   */
  async #called({ holder, version }: Waiter, slot: Slot): Promise<void> {
    const isOurs = this.#queued.delete(holder.ticket);
    if (isOurs) this.#served.add(holder.ticket);
    await this.#parts.wake(holder.execution);
    if (await this.#records.unqueue(this.#pool, holder.ticket, version)) return;
    const isSurplus = (await this.#records.slots(this.#pool)).some(
      ({ index, grant }) => index < slot.index && isSame(grant, holder),
    );
    if (isSurplus || !(await this.#parts.isWanted(holder, this.#pool, slot.grant.grantedAt))) {
      this.#served.delete(holder.ticket);
      if (await this.#records.free(this.#pool, slot)) await this.serveAll();
    }
  }

  async #releaseAll(leaving: readonly PermitHolder[]): Promise<void> {
    let left = leaving;
    let isAnyFree = false;
    for (const holder of leaving) this.#knows(holder);
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const view = await this.#records.look(this.#pool);
      const slots = view?.slots ?? (await this.#records.slots(this.#pool));
      const held = slots.filter(({ grant }) => leaving.some((holder) => isSame(grant, holder)));
      // Who has served them before sees that here; who does so once they have left the line finds them gone.
      const unheld = left.filter((holder) => !held.some(({ grant }) => isSame(grant, holder)));
      await Promise.all(unheld.map(({ ticket }) => this.#records.unqueue(this.#pool, ticket, 'any')));
      if (held.length === 0 && unheld.length === 0) break;
      left = [];
      if (held.length > 0 && (await this.#handOn(view, slots, held, leaving))) isAnyFree = true;
    }
    if (isAnyFree) await this.serveAll(leaving);
  }

  /** He knows what has become of him. */
  #knows({ ticket }: PermitHolder): void {
    this.#queued.delete(ticket);
    this.#served.delete(ticket);
  }

  /** Hands slots to the first in line, and frees the others. True: some are free now. */
  async #handOn(
    view: PoolView | undefined,
    slots: readonly Slot[],
    held: readonly Slot[],
    leaving: readonly PermitHolder[],
  ): Promise<boolean> {
    const used = slots.map(({ index }) => index);
    const fit = view === undefined ? [] : held.filter(({ index }) => mayHandOver(view.limit, used, index));
    const waiters = view === undefined || fit.length === 0 ? [] : await this.#firstInLine(view, leaving);
    const freed = await Promise.all(
      held.map(async (slot): Promise<boolean> => {
        const waiter = waiters[fit.indexOf(slot)];
        if (waiter === undefined) return this.#records.free(this.#pool, slot);
        const given = await this.#grant(slot, waiter.holder);
        if (given !== undefined) await this.#called(waiter, given);
        return false;
      }),
    );
    return freed.includes(true);
  }

  /** Without those who leave: whoever has served them may not have taken them out of the line yet. */
  async #firstInLine(view: PoolView, leaving: readonly PermitHolder[]): Promise<readonly Waiter[]> {
    const line = await this.#records.line(this.#pool, view.slots.length + view.free.length + leaving.length + 1);
    const gone = line.filter(({ holder }) => leaving.some((leaver) => isSame(holder, leaver)));
    await Promise.all(gone.map(({ holder, version }) => this.#records.unqueue(this.#pool, holder.ticket, version)));
    return this.#unserved(
      view,
      line.filter((waiter) => !gone.includes(waiter)),
    );
  }

  /** Until no slot is free, or nobody waits. */
  async serveAll(leaving: readonly PermitHolder[] = []): Promise<void> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      if ((await this.#records.line(this.#pool, 1)).length === 0) return;
      const view = await this.#records.look(this.#pool);
      if (view === undefined || view.free.length === 0) return;
      const waiters = await this.#firstInLine(view, leaving);
      if (waiters.length === 0) return;
      await Promise.all(view.free.map((slot, index) => waiters[index] && this.#serve(slot, waiters[index])));
    }
  }

  /** Asks the logs about holders whose lease has run out. True: some slot has become free. */
  async #checkLeases({ slots }: PoolView): Promise<boolean> {
    const { clock, isWanted, wake } = this.#parts;
    const now = clock.now();
    let isFreed = false;
    for (const slot of slots.filter(({ grant }) => grant.leaseUntil <= now).slice(0, CHECKS)) {
      const { grant } = slot;
      if (!(await isWanted(grant, this.#pool, grant.grantedAt))) {
        isFreed = (await this.#records.free(this.#pool, slot)) || isFreed;
        continue;
      }
      const held = grant.leaseUntil - grant.grantedAt;
      const leaseUntil = now + Math.min(LONGEST_LEASE_MS, Math.max(LEASE_MS, held));
      const isExtended = (await this.#records.take(this.#pool, slot, { ...grant, leaseUntil })) !== undefined;
      if (isExtended) await wake(grant.execution);
    }
    return isFreed;
  }

  /** What is known of the line is found out anew by whoever asks again. */
  forget(): void {
    this.#queued.clear();
  }

  /** If somebody waits: asks about leases that have run out, and serves. */
  async sweep(): Promise<void> {
    this.forget();
    if ((await this.#records.line(this.#pool, 1)).length === 0) return;
    const view = await this.#records.look(this.#pool);
    if (view !== undefined) await this.#checkLeases(view);
    await this.serveAll();
  }
}
