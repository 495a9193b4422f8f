import { labelsOf, matchesSearch, type SearchFields } from '../../model/search.ts';
import type { ExecutionStatus } from '../../model/state.ts';
import type {
  ExecutionCounts,
  ExecutionIndex,
  ExecutionQuery,
  ExecutionRow,
  Page,
} from '../../ports/execution-index.ts';
import { listIdentity } from '../execution-query.ts';
import { executionStatus, extraAttributes, nameOf, readExtras } from './commit-item.ts';
import { type Condition, type DynamoTable, type Item, itemKey } from './dynamo-table.ts';
import { inParallel } from './in-parallel.ts';
import { IndexCursor, mergeNewest } from './index-cursor.ts';
import {
  INDEX_LISTS,
  INDEX_SHARDS,
  INDEX_WORKFLOWS_PARTITION,
  type IndexList,
  type IndexOwner,
  type ItemKey,
  indexKey,
  indexList,
  indexPartition,
  indexRange,
  labelQualifier,
  mapRunQualifier,
  parseIndexKey,
  type ShortArns,
  TTL_ATTRIBUTE,
} from './keys.ts';
import { pagePosition, pageToken } from './page-token.ts';

export interface DynamoExecutionIndexOptions {
  /** The state table. */
  readonly table: DynamoTable;
  readonly arns: ShortArns;
  /** Seconds after its end that an execution stays in the lists; absent: for ever. */
  readonly closedSeconds?: number;
}

type Filter = Omit<ExecutionQuery, 'limit' | 'after'>;

const PARALLEL_COUNTS = 16;
/** Rows that one request looks at: a few seconds' worth. */
const MAX_COUNTED = 200_000;

/** Attribute names of a row's item; execution, workflow and start stand in its key. */
const STATUS = 's';
const CLOSED_AT = 'z';
const COMMIT = 'k';
const NAME = 'm';
const VERSION = 'v';
const ALIAS = 'l';

/**
 * Lists of executions in the state table. Each list (running, succeeded, unsuccessful) of each workflow has its own
 * partitions, in which rows stand in the order of their start; an execution moves from one list to another when its
 * status changes. So every list is read without touching other rows, and a start costs one write unit, an end two (and
 * a start two read units, see `#reconcile`); an execution of a version or an alias costs the same for each of their
 * lists, and so does each field by which it is found (lib/model/search.ts). A query without a workflow reads the lists of
 * all workflows.
 */
export class DynamoExecutionIndex implements ExecutionIndex {
  readonly #table: DynamoTable;
  readonly #arns: ShortArns;
  readonly #closedSeconds: number | undefined;
  /** Workflows that this process has written down already. */
  readonly #known = new Set<string>();

  constructor(options: DynamoExecutionIndexOptions) {
    this.#table = options.table;
    this.#arns = options.arns;
    this.#closedSeconds = options.closedSeconds;
  }

  async put(row: ExecutionRow): Promise<void> {
    const workflow = this.#arns.workflow(row.workflow);
    await this.#noteWorkflow(workflow);
    const mapRun = row.mapRun === undefined ? undefined : mapRunQualifier(row.mapRun);
    const qualifiers = [row.version === undefined ? undefined : String(row.version), row.alias, mapRun];
    const owners = [{ workflow }, ...qualifiers.flatMap((qualifier) => (qualifier ? { workflow, qualifier } : []))];
    const found = this.#labelled(row, row.search);
    await Promise.all([...owners, ...found].map((owner) => this.#putInto(owner, row)));
    // Whoever lists the erasure may have been faster.
    if (found.length > 0 && (await this.#isErased({ workflow }, row))) await this.#takeOut(found, row, 'any');
    await this.#takeOut(this.#labelled(row, row.unlisted), row, notNewerThan(row.commit));
  }

  /** The lists of those that are found by the same fields. */
  #labelled(row: ExecutionRow, search: SearchFields | undefined): readonly IndexOwner[] {
    const workflow = this.#arns.workflow(row.workflow);
    return search === undefined ? [] : labelsOf(search).map((of) => ({ workflow, qualifier: labelQualifier(of) }));
  }

  /** Whether the list has a newer row, which is found by nothing. */
  async #isErased(owner: IndexOwner, row: ExecutionRow): Promise<boolean> {
    const ends = INDEX_LISTS.filter((list) => list !== 'R');
    const items = await Promise.all(ends.map((list) => this.#table.get(this.#key(list, owner, row))));
    return items.some((item) => item && Number(item[COMMIT]?.N) > row.commit && this.#row(item).search === undefined);
  }

  async #takeOut(owners: readonly IndexOwner[], row: ExecutionRow, condition: Condition | 'any'): Promise<void> {
    const keys = owners.flatMap((owner) => INDEX_LISTS.map((list) => this.#key(list, owner, row)));
    await Promise.all(keys.map((key) => this.#table.delete(key, condition === 'any' ? undefined : condition)));
  }

  async #putInto(owner: IndexOwner, row: ExecutionRow): Promise<void> {
    const list = indexList(row.status);
    await this.#table.put(this.#key(list, owner, row), this.#attributes(row), olderThan(row.commit));
    if (list === 'R') return this.#reconcile(owner, row);
    const running = await this.#table.delete(this.#key('R', owner, row), olderThan(row.commit));
    const isFirstEnd = running.old?.[COMMIT]?.N === '0';
    if (!isFirstEnd) await this.#reconcile(owner, row);
  }

  /**
   * Rows may come late, twice or in any order, and each list knows only its own: looks into all other lists, and leaves
   * the row of the greatest commit. A writer puts its row before it looks, so of two at the same time at least one sees
   * the other. Not needed at the usual end, which has just replaced the row of the start.
   */
  async #reconcile(owner: IndexOwner, row: ExecutionRow): Promise<void> {
    const own = indexList(row.status);
    const others = INDEX_LISTS.filter((list) => list !== own);
    const found = await Promise.all(others.map((list) => this.#table.get(this.#key(list, owner, row))));
    const rows = others.flatMap((list, i) => (found[i] ? [{ list, commit: Number(found[i][COMMIT]?.N) }] : []));
    const all = [...rows, { list: own, commit: row.commit }];
    // Of two rows of one commit, which the engine never makes, the one in the later list stays.
    const rank = ({ list, commit }: (typeof all)[number]) => commit + INDEX_LISTS.indexOf(list) / INDEX_LISTS.length;
    const newest = all.reduce((best, one) => (rank(one) > rank(best) ? one : best));
    const stale = all.filter((one) => one !== newest);
    await Promise.all(
      stale.map(({ list }) => this.#table.delete(this.#key(list, owner, row), notNewerThan(newest.commit))),
    );
  }

  async list(query: ExecutionQuery): Promise<Page<ExecutionRow>> {
    const { limit, status, startedFrom, startedTo } = query;
    const identity = listIdentity(query);
    const below = query.after === undefined ? undefined : pagePosition(identity, query.after);
    const range = indexRange(startedFrom, startedTo);
    const partitions = await this.#partitions(query, status ? [indexList(status)] : INDEX_LISTS);
    const cursors = partitions.map(
      (pk) =>
        new IndexCursor<ExecutionRow>({
          table: this.#table,
          pk,
          low: range.low,
          high: range.high,
          below,
          expected: Math.ceil((limit + 1) / partitions.length),
          read: (item) => this.#wanted(item, query),
        }),
    );
    const rows = await mergeNewest(cursors, limit + 1, (a, b) => (a.commit >= b.commit ? a : b));
    const items = rows.slice(0, limit).map(({ value }) => value);
    const last = rows[limit - 1];
    return rows.length > limit && last ? { items, next: pageToken(identity, last.position) } : { items };
  }

  async count(query: Filter): Promise<ExecutionCounts> {
    const { status, startedFrom, startedTo } = query;
    const { low, high } = indexRange(startedFrom, startedTo);
    const partitions = await this.#partitions(query, status ? [indexList(status)] : INDEX_LISTS);
    const byStatus: Partial<Record<ExecutionStatus, number>> = {};
    let counted = 0;
    let isComplete = true;
    await inParallel(high < low ? [] : partitions, PARALLEL_COUNTS, async (pk) => {
      let after: string | undefined;
      do {
        if (counted >= MAX_COUNTED) {
          isComplete = false;
          return;
        }
        const range = { pk, from: low, to: high, eventually: true, ...(after === undefined ? {} : { after }) };
        const { items, more } = await this.#table.page(range);
        for (const item of items) {
          const row = this.#wanted(item, query);
          if (row !== undefined) byStatus[row.status] = (byStatus[row.status] ?? 0) + 1;
        }
        counted += items.length;
        const last = items.at(-1);
        after = more && last ? itemKey(last).sk : undefined;
      } while (after !== undefined);
    });
    return { byStatus, isComplete };
  }

  /** The row in an item, if the query is for it. */
  #wanted(item: Item, { redriven, status, search, version, alias, mapRun }: Filter): ExecutionRow | undefined {
    const row = this.#row(item);
    if (version !== undefined && row.version !== version) return undefined;
    if (alias !== undefined && row.alias !== alias) return undefined;
    if (mapRun !== undefined && row.mapRun !== mapRun) return undefined;
    if (redriven !== undefined && (row.redriven !== undefined) !== redriven) return undefined;
    if (search !== undefined && !matchesSearch(row.search, search)) return undefined;
    return status === undefined || row.status === status ? row : undefined;
  }

  async #partitions(
    { workflow, version, alias = version?.toString(), mapRun, search }: Filter,
    lists: readonly IndexList[],
  ): Promise<readonly string[]> {
    const workflows = workflow === undefined ? await this.#allWorkflows() : [this.#arns.workflow(workflow)];
    // Where there are several, the first label is the one that the fewest executions have.
    const [label] = search === undefined ? [] : labelsOf(search);
    const named = mapRun === undefined ? alias : mapRunQualifier(mapRun);
    const qualifier = label === undefined ? named : labelQualifier(label);
    const owners = workflows.map((of) => ({ workflow: of, qualifier }));
    const shards = Array.from({ length: INDEX_SHARDS }, (_, shard) => shard);
    return owners.flatMap((of) => lists.flatMap((list) => shards.map((shard) => indexPartition(list, shard, of))));
  }

  async #allWorkflows(): Promise<readonly string[]> {
    const items = await this.#table.all({ pk: INDEX_WORKFLOWS_PARTITION, eventually: true });
    return items.map((item) => itemKey(item).sk);
  }

  async #noteWorkflow(workflow: string): Promise<void> {
    if (this.#known.has(workflow)) return;
    await this.#table.put({ pk: INDEX_WORKFLOWS_PARTITION, sk: workflow }, {});
    this.#known.add(workflow);
  }

  #key(list: IndexList, owner: IndexOwner, row: ExecutionRow): ItemKey {
    return indexKey(list, owner, this.#arns.execution(row.execution), row.startedAt);
  }

  #attributes(row: ExecutionRow): Item {
    const { closedAt } = row;
    return {
      [STATUS]: { S: row.status },
      [COMMIT]: { N: String(row.commit) },
      ...(row.name === nameOf(row.execution) ? {} : { [NAME]: { S: row.name } }),
      ...(row.version === undefined ? {} : { [VERSION]: { N: String(row.version) } }),
      ...(row.alias === undefined ? {} : { [ALIAS]: { S: row.alias } }),
      ...extraAttributes(row),
      ...(closedAt === undefined ? {} : { [CLOSED_AT]: { N: String(closedAt) } }),
      ...(closedAt === undefined || this.#closedSeconds === undefined
        ? {}
        : { [TTL_ATTRIBUTE]: { N: String(Math.ceil(closedAt / 1000) + this.#closedSeconds) } }),
    };
  }

  #row(item: Item): ExecutionRow {
    const { workflow, execution: short, startedAt } = parseIndexKey(itemKey(item));
    const execution = this.#arns.executionArn(short);
    return {
      execution,
      name: item[NAME]?.S ?? nameOf(execution),
      workflow: this.#arns.workflowArn(workflow),
      ...(item[VERSION] ? { version: Number(item[VERSION].N) } : {}),
      ...(item[ALIAS]?.S === undefined ? {} : { alias: item[ALIAS].S }),
      status: executionStatus(item[STATUS]?.S),
      startedAt,
      ...(item[CLOSED_AT] ? { closedAt: Number(item[CLOSED_AT].N) } : {}),
      ...readExtras(item),
      commit: Number(item[COMMIT]?.N),
    };
  }
}

function olderThan(commit: number): Condition {
  return {
    expression: `attribute_not_exists(${COMMIT}) OR ${COMMIT} < :commit`,
    values: { ':commit': { N: String(commit) } },
  };
}

function notNewerThan(commit: number): Condition {
  return {
    expression: `attribute_not_exists(${COMMIT}) OR ${COMMIT} <= :commit`,
    values: { ':commit': { N: String(commit) } },
  };
}
