import type { Json } from '../model/json.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import { CLOSINGS, type Closing } from '../ports/closings.ts';
import type { KeyValueRecord, KeyValueStore } from '../ports/key-value-store.ts';
import type { Signer } from '../ports/signer.ts';
import {
  consistencyProof,
  type Hash,
  inclusionProof,
  type Peak,
  rootOf,
  rootOfPeaks,
  withLeaf,
} from './merkle-tree.ts';
import {
  closingHash,
  type Extension,
  keyId,
  type LedgerHead,
  type Period,
  periodHash,
  type Receipt,
  receiptFor,
  type SignedHead,
  signedText,
} from './receipt.ts';
import type { SealedPeriod } from './sealed-period.ts';

export interface LedgerParts {
  readonly store: KeyValueStore;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly ids: Ids;
}

const HEAD = 'head';
const LEDGER = 'ledger';
const HEADS = 'ledger-heads';
const PERIODS = 'ledger-periods';
const ENTRIES = 'ledger-entries';

/** Closings in one period: a receipt is made of all of them. */
const MOST_CLOSINGS = 20_000;
/** Closings in one record. */
const CHUNK = 500;
const PAGE = 1_000;
const PARALLEL_DELETES = 32;

/** What the ledger has to remember to go on. */
interface Tip extends SignedHead {
  readonly peaks: readonly Peak[];
  /** The last period. */
  readonly last: Period;
  /** Everything about the last period is written, and its closings wait no longer. */
  readonly isSettled: boolean;
}

/**
 * Takes the closings that wait into the ledger, and makes receipts. Any number of processes may do so at the same time,
 * and each may die at any moment: the one write that counts is the one of the head, which names all that it goes on from.
 */
export class Ledger {
  readonly #parts: LedgerParts;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** Puts what waits into new periods. Answers with how many closings those were. */
  async seal(): Promise<number> {
    let sealed = 0;
    for (;;) {
      const count = await this.#sealPeriod();
      sealed += count;
      if (count < MOST_CLOSINGS) return sealed;
    }
  }

  /** Unless that was done less than so long ago, ms. */
  async sealIfDue(everyMs: number): Promise<number> {
    const { at } = (await this.head()) ?? { at: Number.NEGATIVE_INFINITY };
    return this.#parts.clock.now() - at < everyMs ? 0 : this.seal();
  }

  /** What was signed last; `undefined`: nothing has been sealed yet. */
  async head(): Promise<SignedHead | undefined> {
    const tip = await this.#tip();
    return tip === undefined ? undefined : headOf(tip.value);
  }

  publicKey(): Promise<string> {
    return this.#parts.signer.publicKey();
  }

  /** For an execution as it has closed; `undefined`: that is not in the ledger yet. */
  async receipt(execution: string, closedAt: number): Promise<Receipt | undefined> {
    const tip = await this.#settledTip();
    if (tip === undefined) return undefined;
    const periods = await this.#periods(tip.periods);
    for (const period of periods.toReversed()) {
      if (closedAt < period.from || closedAt > period.to) continue;
      const closings = await this.#entries(period);
      const closing = closings.findLast((one) => one.execution === execution && one.closedAt === closedAt);
      if (closing === undefined) continue;
      const leaves = { closings: closings.map(closingHash), periods: periods.map(periodHash) };
      return receiptFor(closing, period, headOf(tip), leaves);
    }
    return undefined;
  }

  /** Periods from this number on with all that closed in them, as of the head that was signed last. */
  async *periods(from: number): AsyncGenerator<SealedPeriod, void, undefined> {
    const tip = await this.#settledTip();
    if (tip === undefined || from >= tip.periods) return;
    const periods = await this.#periods(tip.periods);
    const leaves = periods.map(periodHash);
    for (const period of periods.slice(from)) {
      const closings = await this.#entries(period);
      yield { period, periodProof: inclusionProof(leaves, period.number), head: headOf(tip), closings };
    }
  }

  /** That the ledger goes on from how it was with so many periods; `undefined`: it never had so many. */
  async extension(periods: number): Promise<Extension | undefined> {
    const tip = await this.#settledTip();
    const earlier = await this.#parts.store.get(HEADS, keyOf(periods));
    if (tip === undefined || earlier === undefined || periods > tip.periods) return undefined;
    const leaves = (await this.#periods(tip.periods)).map(periodHash);
    return { from: read<SignedHead>(earlier), to: headOf(tip), proof: consistencyProof(leaves, periods) };
  }

  async #sealPeriod(): Promise<number> {
    const { store } = this.#parts;
    const tip = await this.#tip();
    const known = tip === undefined || tip.value.isSettled ? [] : await this.#settle(tip.value);
    const waiting = await this.#waiting(new Set(known.map(closingHash)));
    if (waiting.closings.length > 0) {
      const next = await this.#next(tip?.value, waiting.closings);
      const version = await store.put(LEDGER, HEAD, asJson({ ...next, isSettled: false }), tip?.version ?? 0);
      // Another process was faster; what it left waits no longer, or will be taken in the next time.
      if (version === 'conflict') return 0;
      await this.#settle(next);
      await this.#forget(waiting.records);
      await store.put(LEDGER, HEAD, asJson({ ...next, isSettled: true }), version);
    } else if (tip !== undefined && !tip.value.isSettled) {
      await this.#forget(waiting.records);
      await store.put(LEDGER, HEAD, asJson({ ...tip.value, isSettled: true }), tip.version);
    }
    return waiting.closings.length;
  }

  /** Those that are not known yet, and the records that say nothing else but those and what is known. */
  async #waiting(known: ReadonlySet<Hash>): Promise<{ closings: Closing[]; records: KeyValueRecord[] }> {
    const closings = new Map<Hash, Closing>();
    const records: KeyValueRecord[] = [];
    let after: string | undefined;
    do {
      const page = await this.#parts.store.list(CLOSINGS, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const record of page.items) {
        records.push(record);
        for (const closing of read<readonly Closing[]>(record)) {
          const hash = closingHash(closing);
          if (!known.has(hash)) closings.set(hash, closing);
        }
        if (closings.size >= MOST_CLOSINGS) break;
      }
      after = closings.size >= MOST_CLOSINGS ? undefined : page.next;
    } while (after !== undefined);
    return { closings: [...closings.values()].sort(byTime), records };
  }

  async #next(tip: Tip | undefined, closings: readonly Closing[]): Promise<Omit<Tip, 'isSettled'>> {
    const { signer, clock, ids } = this.#parts;
    const number = tip?.periods ?? 0;
    const last: Period = {
      number,
      from: closings[0]?.closedAt ?? 0,
      to: closings.at(-1)?.closedAt ?? 0,
      closings: closings.length,
      root: rootOf(closings.map(closingHash)),
    };
    await this.#write(last, closings);
    const peaks = withLeaf(tip?.peaks ?? [], periodHash(last));
    const head: LedgerHead = {
      ledger: tip?.ledger ?? ids.uuid(),
      periods: number + 1,
      root: rootOfPeaks(peaks),
      at: clock.now(),
    };
    const signature = { ...(await signer.sign(signedText(head))), key: keyId(await signer.publicKey()) };
    return { ...head, signature, peaks, last };
  }

  /** Under the root of the period, so that whoever is about to write another one of this number does not disturb it. */
  async #write(period: Period, closings: readonly Closing[]): Promise<void> {
    for (let from = 0; from < closings.length; from += CHUNK) {
      const chunk = closings.slice(from, from + CHUNK);
      await this.#parts.store.put(ENTRIES, `${entriesOf(period)}${keyOf(from)}`, asJson(chunk), 'any');
    }
  }

  /** Writes what follows from the head, which whoever wrote that may have died before. Answers with its closings. */
  async #settle(tip: Omit<Tip, 'isSettled'>): Promise<readonly Closing[]> {
    const { store } = this.#parts;
    await store.put(PERIODS, keyOf(tip.last.number), asJson(tip.last), 'any');
    await store.put(HEADS, keyOf(tip.periods), asJson(headOf(tip)), 'any');
    return this.#entries(tip.last);
  }

  /** Of what came meanwhile under the same key, the version is another one: it stays. */
  async #forget(records: readonly KeyValueRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += PARALLEL_DELETES) {
      const some = records.slice(from, from + PARALLEL_DELETES);
      await Promise.all(some.map(({ key, version }) => this.#parts.store.delete(CLOSINGS, key, version)));
    }
  }

  async #tip(): Promise<{ readonly value: Tip; readonly version: number } | undefined> {
    const record = await this.#parts.store.get(LEDGER, HEAD);
    return record === undefined ? undefined : { value: read<Tip>(record), version: record.version };
  }

  /** With all its records written. */
  async #settledTip(): Promise<Tip | undefined> {
    const tip = await this.#tip();
    if (tip !== undefined && !tip.value.isSettled) await this.#settle(tip.value);
    return tip?.value;
  }

  async #periods(count: number): Promise<readonly Period[]> {
    const periods = await this.#all(PERIODS, '');
    return periods.map((record) => read<Period>(record)).slice(0, count);
  }

  async #entries(period: Period): Promise<readonly Closing[]> {
    const chunks = await this.#all(ENTRIES, entriesOf(period));
    return chunks.flatMap((record) => read<readonly Closing[]>(record));
  }

  async #all(collection: string, prefix: string): Promise<readonly KeyValueRecord[]> {
    const records: KeyValueRecord[] = [];
    let after: string | undefined;
    do {
      const next = after === undefined ? {} : { after };
      const page = await this.#parts.store.list(collection, { limit: PAGE, prefix, ...next });
      records.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return records;
  }
}

function headOf({ ledger, periods, root, at, signature }: SignedHead): SignedHead {
  return { ledger, periods, root, at, signature };
}

function byTime(a: Closing, b: Closing): number {
  return a.closedAt - b.closedAt || (a.execution < b.execution ? -1 : 1);
}

function entriesOf({ number, root }: Period): string {
  return `${keyOf(number)}/${root}/`;
}

/** Sorts as text. */
function keyOf(number: number): string {
  return String(number).padStart(12, '0');
}

/** Records are as this class, or a store (closings.ts), has written them. */
function read<T>({ value }: KeyValueRecord): T {
  return value as unknown as T;
}

/** Interfaces have no index signature; these are plain JSON. */
function asJson(value: Tip | Period | SignedHead | readonly Closing[]): Json {
  return value as unknown as Json;
}
