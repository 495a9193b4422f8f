import { type DynamoTable, type Item, itemKey } from './dynamo-table.ts';
import { inParallel } from './in-parallel.ts';

export interface IndexCursorOptions<T> {
  readonly table: DynamoTable;
  readonly pk: string;
  /** Bounds of the sort key, inclusive. */
  readonly low: string;
  readonly high: string;
  /** Only sort keys below this one. */
  readonly below: string | undefined;
  /** How many rows will be needed of this partition if all have the same share. */
  readonly expected: number;
  /** The row in an item; `undefined`: not wanted. */
  readonly read: (item: Item) => T | undefined;
}

export interface Positioned<T> {
  /** Sort key. */
  readonly position: string;
  readonly value: T;
}

/** More than its share is read of a partition at first, so that an uneven spread needs no second request. */
const SPARE = 3;
const MAX_PAGE = 1_000;
const PARALLEL_READS = 32;

/** Reads one partition from its greatest sort key down, page by page as it is needed. */
export class IndexCursor<T> {
  readonly #options: IndexCursorOptions<T>;
  #buffer: Positioned<T>[] = [];
  #next = 0;
  #pageSize: number;
  #after: string | undefined;
  #exhausted: boolean;

  constructor(options: IndexCursorOptions<T>) {
    this.#options = options;
    this.#pageSize = Math.min(MAX_PAGE, options.expected + SPARE);
    const { below, low, high } = options;
    this.#exhausted = high < low || (below !== undefined && compare(below, low) <= 0);
  }

  get head(): Positioned<T> | undefined {
    return this.#buffer[this.#next];
  }

  pop(): void {
    this.#next += 1;
  }

  /** Reads on until there is a head or nothing is left. */
  async fill(): Promise<void> {
    while (!this.head && !this.#exhausted) await this.#readPage();
  }

  async #readPage(): Promise<void> {
    const { table, pk, low, below, read } = this.#options;
    const high = below !== undefined && compare(below, this.#options.high) < 0 ? below : this.#options.high;
    const { items, more } = await table.page({
      pk,
      from: low,
      to: high,
      ...(this.#after === undefined ? {} : { after: this.#after }),
      limit: this.#pageSize,
      descending: true,
      eventually: true,
    });
    const last = items.at(-1);
    this.#after = last ? itemKey(last).sk : this.#after;
    this.#exhausted = !more || !last;
    this.#pageSize = Math.min(MAX_PAGE, this.#pageSize * 2);
    this.#next = 0;
    this.#buffer = items.flatMap((item) => {
      const position = itemKey(item).sk;
      const value = position === below ? undefined : read(item);
      return value === undefined ? [] : [{ position, value }];
    });
  }
}

/**
 * The first `count` of all cursors' rows, greatest position first. Rows at the same position are one, the one that
 * `choose` prefers.
 */
export async function mergeNewest<T>(
  cursors: readonly IndexCursor<T>[],
  count: number,
  choose: (a: T, b: T) => T,
): Promise<readonly Positioned<T>[]> {
  const merged: Positioned<T>[] = [];
  await inParallel(cursors, PARALLEL_READS, (cursor) => cursor.fill());
  while (merged.length < count) {
    const heads = newest(cursors);
    const [first, ...same] = heads.flatMap((cursor) => cursor.head ?? []);
    if (!first) break;
    const value = same.reduce((best, other) => choose(best, other.value), first.value);
    merged.push({ position: first.position, value });
    for (const cursor of heads) cursor.pop();
    await Promise.all(heads.map((cursor) => cursor.fill()));
  }
  return merged;
}

/** The cursors whose head has the greatest position: mostly one; two while a row moves from list to list. */
function newest<T>(cursors: readonly IndexCursor<T>[]): readonly IndexCursor<T>[] {
  let best: IndexCursor<T>[] = [];
  let position = '';
  for (const cursor of cursors) {
    if (!cursor.head) continue;
    const order = compare(cursor.head.position, position);
    if (best.length === 0 || order > 0) {
      best = [cursor];
      position = cursor.head.position;
    } else if (order === 0) {
      best.push(cursor);
    }
  }
  return best;
}

/** The order of DynamoDB's sort keys, the bytes of UTF-8, which is that of code points. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  while (a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  return codePointRank(a, i) - codePointRank(b, i);
}

/** Surrogates stand for code points above all others, though their own numbers are lower. */
function codePointRank(text: string, index: number): number {
  if (index >= text.length) return -1;
  const unit = text.charCodeAt(index);
  const isSurrogate = unit >= 0xd800 && unit < 0xe000;
  return isSurrogate ? unit + 0x10000 : unit;
}
