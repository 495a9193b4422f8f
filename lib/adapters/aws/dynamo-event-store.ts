import { randomBytes } from 'node:crypto';
import type { BlobStore } from '../../ports/blob-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventStore, Fact, Inbox, LoadedLog, StoredCommit } from '../../ports/event-store.ts';
import { CommitAttribute, commitAttributes, readCommit } from './commit-item.ts';
import { DOES_NOT_EXIST, type DynamoTable, type Item, itemKey } from './dynamo-table.ts';
import { inParallel } from './in-parallel.ts';
import { blobKey, commitKey, commitSortKey, factKey, inboxPartition, type ShortArns, TTL_ATTRIBUTE } from './keys.ts';
import { readText, storeTexts } from './stored-text.ts';

export interface DynamoEventStoreOptions {
  /** The event table, see tables.ts. */
  readonly table: DynamoTable;
  readonly blobs: BlobStore;
  readonly arns: ShortArns;
  readonly clock: Clock;
  /**
   * Bytes of compressed text that an item holds at most; what does not fit goes to the blob store. 300 KB by default: an
   * item's limit is 400 KB, keys and everything else included.
   */
  readonly inlineBytes?: number;
  /** Seconds after its deposit that a fact which no turn has taken is forgotten; 90 days by default. */
  readonly factSeconds?: number;
}

const DEFAULT_INLINE_BYTES = 300 * 1024;
const DEFAULT_FACT_SECONDS = 90 * 24 * 3600;
const UNIQUE_BYTES = 8;
const PARALLEL_BLOBS = 16;

/** Attribute names of a fact's item. */
const FACT_BODY = 'b';
const FACT_AT = 't';

/** The commit log and the inboxes in DynamoDB. An append is one conditional PutItem, a load at most two queries. */
export class DynamoEventStore implements EventStore, Inbox {
  readonly #table: DynamoTable;
  readonly #blobs: BlobStore;
  readonly #arns: ShortArns;
  readonly #clock: Clock;
  readonly #inlineBytes: number;
  readonly #factSeconds: number;

  constructor(options: DynamoEventStoreOptions) {
    this.#table = options.table;
    this.#blobs = options.blobs;
    this.#arns = options.arns;
    this.#clock = options.clock;
    this.#inlineBytes = options.inlineBytes ?? DEFAULT_INLINE_BYTES;
    this.#factSeconds = options.factSeconds ?? DEFAULT_FACT_SECONDS;
  }

  async append(commit: StoredCommit): Promise<'appended' | 'conflict'> {
    const execution = this.#arns.execution(commit.execution);
    const { body, snapshot } = CommitAttribute;
    const texts = await this.#storeTexts(execution, commitSortKey(commit.number), {
      [body]: commit.body,
      ...(commit.snapshot === undefined ? {} : { [snapshot]: commit.snapshot }),
    });
    const attributes = { ...commitAttributes(commit, this.#arns), ...texts };
    const written = await this.#table.put(commitKey(execution, commit.number), attributes, DOES_NOT_EXIST);
    return written ? 'appended' : 'conflict';
  }

  async load(execution: string): Promise<LoadedLog | undefined> {
    const pk = this.#arns.execution(execution);
    const [lastItem] = await this.#table.all({ pk, descending: true, limit: 1 });
    if (!lastItem) return undefined;
    const lastNumber = Number(itemKey(lastItem).sk);
    const base = lastItem[CommitAttribute.snapshotNumber]?.N;
    const first = base === undefined ? 0 : Number(base);
    const range = { pk, from: commitSortKey(first), to: commitSortKey(lastNumber - 1) };
    const earlier = first < lastNumber ? await this.#table.all(range) : [];
    const commits = await this.#readCommits([...earlier, lastItem]);
    const [start] = commits;
    if (base === undefined || start?.snapshot === undefined) return { commits, lastNumber };
    return { snapshot: { number: start.number, state: start.snapshot }, commits: commits.slice(1), lastNumber };
  }

  async read(execution: string, from: number, limit: number): Promise<readonly StoredCommit[]> {
    const { items } = await this.#table.page({ pk: this.#arns.execution(execution), from: commitSortKey(from), limit });
    return this.#readCommits(items);
  }

  async deposit(execution: string, fact: Fact): Promise<'deposited' | 'exists'> {
    const short = this.#arns.execution(execution);
    const key = factKey(short, fact.id);
    const texts = await this.#storeTexts(short, 'fact', { [FACT_BODY]: fact.body });
    const expiresAt = Math.ceil(this.#clock.now() / 1000) + this.#factSeconds;
    const attributes = { ...texts, [FACT_AT]: { N: String(fact.at) }, [TTL_ATTRIBUTE]: { N: String(expiresAt) } };
    return (await this.#table.put(key, attributes, DOES_NOT_EXIST)) ? 'deposited' : 'exists';
  }

  async facts(execution: string): Promise<readonly Fact[]> {
    const items = await this.#table.all({ pk: inboxPartition(this.#arns.execution(execution)) });
    const facts = await inParallel(items, PARALLEL_BLOBS, (item) => this.#readFact(item));
    // Items come in the order of ids, which decides between facts of the same millisecond.
    return facts.sort((a, b) => a.at - b.at);
  }

  async discard(execution: string, ids: readonly string[]): Promise<void> {
    const short = this.#arns.execution(execution);
    await this.#table.deleteAll([...new Set(ids)].map((id) => factKey(short, id)));
  }

  #storeTexts<K extends string>(execution: string, place: string, texts: Readonly<Partial<Record<K, string>>>) {
    return storeTexts(texts, {
      blobs: this.#blobs,
      room: this.#inlineBytes,
      blobKey: (part) => blobKey(execution, `${place}-${part}`, randomBytes(UNIQUE_BYTES).toString('hex')),
    });
  }

  #readCommits(items: readonly Item[]): Promise<StoredCommit[]> {
    return inParallel(items, PARALLEL_BLOBS, (item) => readCommit(item, this.#arns, this.#blobs));
  }

  async #readFact(item: Item): Promise<Fact> {
    const body = item[FACT_BODY];
    if (!body) throw new Error('An item of an inbox is not a fact: restore the table.');
    return { id: itemKey(item).sk, at: Number(item[FACT_AT]?.N), body: await readText(body, this.#blobs) };
  }
}
