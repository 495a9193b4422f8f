import type { BlobStore } from '../../ports/blob-store.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Fact, type Inbox, StoreUnavailable } from '../../ports/event-store.ts';
import { DOES_NOT_EXIST, type DynamoTable, type Item, itemKey } from './dynamo-table.ts';
import { inParallel } from './in-parallel.ts';
import {
  factKey,
  inboxPartition,
  inboxSpreadPartitions,
  type ShortArns,
  spreadFactKey,
  spreadMarkKey,
  TTL_ATTRIBUTE,
} from './keys.ts';
import { LatestUsed } from './latest-used.ts';
import { DEFAULT_INLINE_BYTES, readText, storeTexts, uniqueBlobKey } from './stored-text.ts';
import { isThrottle } from './unavailable.ts';

export interface DynamoInboxOptions {
  /** The event table, see tables.ts. */
  readonly table: DynamoTable;
  readonly blobs: BlobStore;
  readonly arns: ShortArns;
  readonly clock: Clock;
  /** Bytes of compressed text that an item holds at most; a larger fact goes to the blob store. 300 KB by default. */
  readonly inlineBytes?: number;
  /** Seconds after its deposit that a fact which no turn has taken is forgotten; 90 days by default. */
  readonly keptSeconds?: number;
}

const DEFAULT_KEPT_SECONDS = 90 * 24 * 3600;
const PARALLEL_BLOBS = 16;
/** Executions whose inbox this process knows to be spread. */
const MAX_KNOWN = 1_000;

/** Attribute names of a fact's item. */
const BODY = 'b';
const AT = 't';

/**
 * Facts on their way into executions: one partition per execution, which takes 1,000 facts per second. When DynamoDB
 * throttles it, the inbox spreads: facts go to further partitions, and a mark in the first tells readers to look there.
 * Until then nobody pays for looking. A fact that is delivered before and after the spread is stored twice, but
 * shown once.
 */
export class DynamoInbox implements Inbox {
  readonly #table: DynamoTable;
  readonly #blobs: BlobStore;
  readonly #arns: ShortArns;
  readonly #clock: Clock;
  readonly #inlineBytes: number;
  readonly #keptSeconds: number;
  readonly #spread = new LatestUsed<true>(MAX_KNOWN, () => {});

  constructor(options: DynamoInboxOptions) {
    this.#table = options.table;
    this.#blobs = options.blobs;
    this.#arns = options.arns;
    this.#clock = options.clock;
    this.#inlineBytes = options.inlineBytes ?? DEFAULT_INLINE_BYTES;
    this.#keptSeconds = options.keptSeconds ?? DEFAULT_KEPT_SECONDS;
  }

  async deposit(execution: string, fact: Fact): Promise<'deposited' | 'exists'> {
    const short = this.#arns.execution(execution);
    const item = await this.#item(short, fact);
    const written = this.#spread.has(short)
      ? await this.#table.put(spreadFactKey(short, fact.id), item, DOES_NOT_EXIST)
      : await this.#depositOrSpread(short, fact.id, item);
    return written ? 'deposited' : 'exists';
  }

  async #depositOrSpread(execution: string, id: string, item: Item): Promise<boolean> {
    try {
      return await this.#table.put(factKey(execution, id), item, DOES_NOT_EXIST);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !isThrottle(error.cause)) throw error;
      // The mark comes first: a reader that sees the fact's message must look where the fact is.
      await this.#table.put(spreadMarkKey(execution), this.#expiry());
      this.#spread.get(execution, () => true);
      return this.#table.put(spreadFactKey(execution, id), item, DOES_NOT_EXIST);
    }
  }

  async facts(execution: string): Promise<readonly Fact[]> {
    const short = this.#arns.execution(execution);
    const own = await this.#table.all({ pk: inboxPartition(short) });
    const mark = spreadMarkKey(short).sk;
    const isSpread = own.some((item) => itemKey(item).sk === mark);
    if (isSpread) this.#spread.get(short, () => true);
    const partitions = isSpread ? inboxSpreadPartitions(short) : [];
    const others = await Promise.all(partitions.map((pk) => this.#table.all({ pk })));
    const items = new Map<string, Item>();
    for (const item of [...others.flat(), ...own]) items.set(itemKey(item).sk, item);
    items.delete(mark);
    const facts = await inParallel([...items.values()], PARALLEL_BLOBS, (item) => this.#fact(item));
    return facts.sort(byTime);
  }

  async discard(execution: string, ids: readonly string[]): Promise<void> {
    const short = this.#arns.execution(execution);
    const isSpread = this.#spread.has(short);
    const keys = [...new Set(ids)].flatMap((id) => [
      factKey(short, id),
      ...(isSpread ? [spreadFactKey(short, id)] : []),
    ]);
    await this.#table.deleteAll(keys);
  }

  async #item(execution: string, fact: Fact): Promise<Item> {
    const text = await storeTexts(
      { [BODY]: fact.body },
      { blobs: this.#blobs, room: this.#inlineBytes, blobKey: () => uniqueBlobKey(execution, 'fact') },
    );
    return { ...text, [AT]: { N: String(fact.at) }, ...this.#expiry() };
  }

  #expiry(): Item {
    return { [TTL_ATTRIBUTE]: { N: String(Math.ceil(this.#clock.now() / 1000) + this.#keptSeconds) } };
  }

  async #fact(item: Item): Promise<Fact> {
    const body = item[BODY];
    if (!body) throw new Error('An item of an inbox is not a fact: restore the table.');
    return { id: itemKey(item).sk, at: Number(item[AT]?.N), body: await readText(body, this.#blobs) };
  }
}

function byTime(a: Fact, b: Fact): number {
  if (a.at !== b.at) return a.at - b.at;
  return a.id < b.id ? -1 : 1;
}
