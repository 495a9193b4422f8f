import type { BlobStore } from '../../ports/blob-store.ts';
import type { EventStore, LogHead, StoredCommit } from '../../ports/event-store.ts';
import type { ExecutionRow, LoggedRows, Page, RowQuery } from '../../ports/execution-index.ts';
import { pageToken, positionOf } from '../page-token.ts';
import { CommitAttribute, commitAttributes, commitRow, leaseOf, readCommit } from './commit-item.ts';
import { DOES_NOT_EXIST, type DynamoTable, type Item, itemKey } from './dynamo-table.ts';
import { inParallel } from './in-parallel.ts';
import { commitKey, commitSortKey, type ShortArns, TTL_ATTRIBUTE } from './keys.ts';
import { blobOf, DEFAULT_INLINE_BYTES, storeTexts, uniqueBlobKey } from './stored-text.ts';

export interface DynamoEventStoreOptions {
  /** The event table, see tables.ts. */
  readonly table: DynamoTable;
  readonly blobs: BlobStore;
  readonly arns: ShortArns;
  /**
   * Bytes of compressed text that an item holds at most; what does not fit goes to the blob store. 300 KB by default: an
   * item's limit is 400 KB, keys and everything else included.
   */
  readonly inlineBytes?: number;
}

const PARALLEL_BLOBS = 16;
const PARALLEL_WRITES = 16;

/** The commit log in DynamoDB. An append is one conditional PutItem, a load at most two queries. */
const ROWS = ['rows'];

export class DynamoEventStore implements EventStore, LoggedRows {
  readonly #table: DynamoTable;
  readonly #blobs: BlobStore;
  readonly #arns: ShortArns;
  readonly #inlineBytes: number;

  constructor(options: DynamoEventStoreOptions) {
    this.#table = options.table;
    this.#blobs = options.blobs;
    this.#arns = options.arns;
    this.#inlineBytes = options.inlineBytes ?? DEFAULT_INLINE_BYTES;
  }

  async append(commit: StoredCommit): Promise<'appended' | 'conflict'> {
    const execution = this.#arns.execution(commit.execution);
    const attributes = { ...commitAttributes(commit, this.#arns), ...(await this.#texts(execution, commit)) };
    const written = await this.#table.put(commitKey(execution, commit.number), attributes, DOES_NOT_EXIST);
    return written ? 'appended' : 'conflict';
  }

  /** Reads all commits: a page looks at `limit` of them, of which few have rows. */
  async rows({ limit, after }: RowQuery): Promise<Page<ExecutionRow>> {
    const [pk, sk] = after === undefined ? [] : positionOf(after, ROWS).map(String);
    const from = pk === undefined || sk === undefined ? {} : { after: { pk, sk } };
    const { items, next } = await this.#table.scan(CommitAttribute.row, { limit, ...from });
    const rows = items.flatMap((item) => commitRow(item, this.#arns) ?? []);
    return next === undefined ? { items: rows } : { items: rows, next: pageToken(ROWS, [next.pk, next.sk]) };
  }

  async head(execution: string): Promise<LogHead | undefined> {
    const pk = this.#arns.execution(execution);
    const [item] = await this.#table.all({ pk, descending: true, limit: 1 });
    return item === undefined ? undefined : { number: Number(itemKey(item).sk), ...leaseOf(item) };
  }

  async load(execution: string): Promise<readonly StoredCommit[]> {
    const pk = this.#arns.execution(execution);
    const [lastItem] = await this.#table.all({ pk, descending: true, limit: 1 });
    if (!lastItem) return [];
    const lastNumber = Number(itemKey(lastItem).sk);
    const first = Number(lastItem[CommitAttribute.snapshotNumber]?.N ?? 0);
    const range = { pk, from: commitSortKey(first), to: commitSortKey(lastNumber - 1) };
    const earlier = first < lastNumber ? await this.#table.all(range) : [];
    return this.#readCommits([...earlier, lastItem]);
  }

  async read(execution: string, from: number, limit: number): Promise<readonly StoredCommit[]> {
    const { items } = await this.#table.page({ pk: this.#arns.execution(execution), from: commitSortKey(from), limit });
    return this.#readCommits(items);
  }

  /**
   * Writes what would expire before again as it is, but for that. A commit that comes meanwhile knows better. The first
   * commit comes last: it tells how long the others are kept, so that a long log is read only where that changes.
   */
  async keepUntil(execution: string, expiresAt: number): Promise<void> {
    const pk = this.#arns.execution(execution);
    const [first] = await this.#table.all({ pk, limit: 1 });
    if (first === undefined || !expiresBefore(first, expiresAt)) return;
    for (let after: string | undefined = itemKey(first).sk; after !== undefined; ) {
      const { items, more }: Awaited<ReturnType<DynamoTable['page']>> = await this.#table.page({ pk, after });
      const early = items.filter((item) => expiresBefore(item, expiresAt));
      await inParallel(early, PARALLEL_WRITES, (item) => this.#keep(item, expiresAt));
      const last = items.at(-1);
      after = more && last !== undefined ? itemKey(last).sk : undefined;
    }
    await this.#keep(first, expiresAt);
  }

  async replace(commit: StoredCommit): Promise<void> {
    const execution = this.#arns.execution(commit.execution);
    const attributes = { ...commitAttributes(commit, this.#arns), ...(await this.#texts(execution, commit)) };
    await this.#table.put(commitKey(execution, commit.number), attributes);
  }

  /** Also those of writers that came too late: all that no item of the log refers to. */
  async forgetTexts(execution: string): Promise<void> {
    const pk = this.#arns.execution(execution);
    const needed = new Set<string>();
    let after: string | undefined;
    do {
      const { items, more }: Awaited<ReturnType<DynamoTable['page']>> = await this.#table.page({
        pk,
        ...(after === undefined ? {} : { after }),
      });
      for (const item of items) {
        for (const text of [item[CommitAttribute.body], item[CommitAttribute.snapshot]]) {
          const key = blobOf(text);
          if (key !== undefined) needed.add(key);
        }
      }
      const last = items.at(-1);
      after = more && last !== undefined ? itemKey(last).sk : undefined;
    } while (after !== undefined);
    await this.#blobs.deleteOf(pk, needed);
  }

  async #keep(item: Item, expiresAt: number): Promise<void> {
    await this.#table.put(itemKey(item), { ...item, [TTL_ATTRIBUTE]: { N: String(expiresAt) } });
  }

  #texts(execution: string, commit: StoredCommit): Promise<Item> {
    const { body, snapshot } = CommitAttribute;
    return storeTexts(
      { [body]: commit.body, ...(commit.snapshot === undefined ? {} : { [snapshot]: commit.snapshot }) },
      {
        blobs: this.#blobs,
        room: this.#inlineBytes,
        blobKey: (part) => uniqueBlobKey(execution, `${commitSortKey(commit.number)}-${part}`),
      },
    );
  }

  #readCommits(items: readonly Item[]): Promise<StoredCommit[]> {
    return inParallel(items, PARALLEL_BLOBS, (item) => readCommit(item, this.#arns, this.#blobs));
  }
}

function expiresBefore(item: Item, expiresAt: number): boolean {
  return Number(item[TTL_ATTRIBUTE]?.N ?? expiresAt) < expiresAt;
}
