import { createHash } from 'node:crypto';
import type { ExecutionStatus } from '../../model/state.ts';

/**
 * The key layout of both tables. Every key that the adapters use is made here.
 *
 * Event table: what belongs to one execution. Its stream is the outbox.
 *
 * | pk | sk | item |
 * |---|---|---|
 * | `<execution>` | commit number, ten digits | a commit |
 * | `<execution>#inbox` | id of the fact | a fact on its way into the execution |
 * | `<execution>#inbox` | U+0001 `spread` | says that there are facts in the partitions below |
 * | `<execution>#<shard>#inbox` | id of the fact | a fact that came when the inbox was too busy |
 *
 * State table: everything that changes in place.
 *
 * | pk | sk | item |
 * |---|---|---|
 * | `kv#<collection>` | key | a record of the key-value store |
 * | `ix#<list>#<shard>#<workflow>` | `<startedAt, 14 digits>#<execution>` | a row of the lists of executions |
 * | `ix#<list>#<shard>@<qualifier>#<workflow>` | the same | the same row in the lists of a version, an alias or a map run |
 * | `ix#workflows` | `<workflow>` | a workflow that has rows |
 *
 * `<execution>` and `<workflow>` are short forms of ARNs (see `ShortArns`): the key stands in every item, and a
 * normal commit is to fit into one write unit of 1 KB.
 */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Names of the key and time-to-live attributes, the same in both tables. */
export const PARTITION_KEY = 'pk';
export const SORT_KEY = 'sk';
/** Seconds since the epoch. */
export const TTL_ATTRIBUTE = 'expiresAt';

/**
 * The ARNs of one engine all begin alike (partition, region, account); keys leave that out. ARNs from elsewhere stay
 * whole, so that no two ARNs ever share a short form: no name in an ARN contains a colon, so a short execution has
 * exactly one, a whole ARN at least five.
 */
export class ShortArns {
  readonly #executions: string;
  readonly #workflows: string;

  /** `prefix`: `arn:<partition>:states:<region>:<account>:`. */
  constructor(prefix: string) {
    this.#executions = `${prefix}execution:`;
    this.#workflows = `${prefix}stateMachine:`;
  }

  /** `<workflow>:<name>`. */
  execution(arn: string): string {
    return shorten(arn, this.#executions, 1);
  }

  executionArn(short: string): string {
    return colons(short) === 1 ? this.#executions + short : short;
  }

  /** `<workflow>`. */
  workflow(arn: string): string {
    return shorten(arn, this.#workflows, 0);
  }

  workflowArn(short: string): string {
    return colons(short) === 0 ? this.#workflows + short : short;
  }
}

function shorten(arn: string, prefix: string, expectedColons: number): string {
  if (!arn.startsWith(prefix)) return arn;
  const short = arn.slice(prefix.length);
  return colons(short) === expectedColons ? short : arn;
}

function colons(text: string): number {
  return text.split(':').length - 1;
}

const NUMBER_DIGITS = 10;
/** A busy inbox spreads over this many partitions of 1,000 writes per second each, beside its own. */
const INBOX_SHARDS = 8;
/** Ends the partition key of every inbox: permissions rest on it. */
const INBOX_SUFFIX = '#inbox';

export function commitKey(execution: string, number: number): ItemKey {
  return { pk: execution, sk: commitSortKey(number) };
}

export function commitSortKey(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, '0');
}

export function factKey(execution: string, id: string): ItemKey {
  return { pk: inboxPartition(execution), sk: id };
}

export function spreadFactKey(execution: string, id: string): ItemKey {
  return { pk: spreadPartition(execution, shardOf(id, INBOX_SHARDS)), sk: id };
}

export function spreadMarkKey(execution: string): ItemKey {
  return { pk: inboxPartition(execution), sk: '\u0001spread' };
}

export function inboxPartition(execution: string): string {
  return execution + INBOX_SUFFIX;
}

const INBOX_KEY = /^(.+?)(?:#\d+)?#inbox$/;

/** Whose inbox a partition belongs to, in short form; `undefined`: it is no inbox. */
export function inboxExecution(pk: string): string | undefined {
  return INBOX_KEY.exec(pk)?.[1];
}

/** The partitions of a spread inbox beside its own. */
export function inboxSpreadPartitions(execution: string): readonly string[] {
  return Array.from({ length: INBOX_SHARDS }, (_, shard) => spreadPartition(execution, shard));
}

function spreadPartition(execution: string, shard: number): string {
  return `${execution}#${shard}${INBOX_SUFFIX}`;
}

/** Whether an item of the event table is a commit; a stream shows facts as well. */
export function isCommitPartition(pk: string): boolean {
  return !pk.endsWith(INBOX_SUFFIX);
}

const SHARD_BYTES = 4;

function shardOf(text: string, shards: number): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, SHARD_BYTES) % shards;
}

/** Key of a text too large for its item. `unique` keeps the text of a writer that lost from replacing the winner's. */
export function blobKey(execution: string, part: string, unique: string): string {
  return `${execution}/${part}-${unique}`;
}

export function recordPartition(collection: string): string {
  return `kv#${collection}`;
}

/** The three lists that an execution can be in: running, succeeded, unsuccessful. */
export type IndexList = 'R' | 'S' | 'U';

export const INDEX_LISTS: readonly IndexList[] = ['R', 'U', 'S'];

export function indexList(status: ExecutionStatus): IndexList {
  switch (status) {
    case 'RUNNING':
      return 'R';
    case 'SUCCEEDED':
      return 'S';
    case 'FAILED':
    case 'TIMED_OUT':
    case 'ABORTED':
      return 'U';
  }
}

/**
 * A partition takes 1,000 writes per second, and new rows all go to the end of a list: each list of a workflow is
 * spread over this many partitions, which makes 2,000 starts and ends per second and workflow.
 */
export const INDEX_SHARDS = 4;

const TIME_DIGITS = 14;

/** Whose lists: all executions of a workflow, or those of one of its versions or aliases, or those found by one field. */
export interface IndexOwner {
  readonly workflow: string;
  readonly qualifier?: string | undefined;
}

export function indexKey(list: IndexList, owner: IndexOwner, execution: string, startedAt: number): ItemKey {
  const shard = shardOf(execution, INDEX_SHARDS);
  return { pk: indexPartition(list, shard, owner), sk: `${timeDigits(startedAt)}#${execution}` };
}

/** What stands last in the ARN of a map run is its own within the workflow; no version and no alias has a colon in its name. */
export function mapRunQualifier(mapRun: string): string {
  return `run:${mapRun.slice(mapRun.lastIndexOf(':') + 1)}`;
}

/** Texts of any length and content, in as many characters as a key has room for. */
export function labelQualifier(label: string): string {
  return `by:${createHash('sha256').update(label).digest('base64url')}`;
}

export function indexPartition(list: IndexList, shard: number, { workflow, qualifier }: IndexOwner): string {
  return `ix#${list}#${shard}${qualifier === undefined ? '' : `@${qualifier}`}#${workflow}`;
}

export const INDEX_WORKFLOWS_PARTITION = 'ix#workflows';

/** Bounds of the sort keys of rows that started from `from` to `to`, inclusive. */
export function indexRange(from: number | undefined, to: number | undefined): { low: string; high: string } {
  // '$' comes right after '#', so the upper bound includes every execution of that millisecond.
  return {
    low: timeDigits(Math.max(0, Math.ceil(from ?? 0))),
    high: to === undefined ? ':' : to < 0 ? '' : `${timeDigits(Math.floor(to))}$`,
  };
}

/** What a row's key says about it: the inverse of `indexKey`. */
export function parseIndexKey(key: ItemKey): { workflow: string; execution: string; startedAt: number } {
  const [, , , ...workflow] = key.pk.split('#');
  return {
    workflow: workflow.join('#'),
    execution: key.sk.slice(TIME_DIGITS + 1),
    startedAt: Number(key.sk.slice(0, TIME_DIGITS)),
  };
}

function timeDigits(ms: number): string {
  return String(ms).padStart(TIME_DIGITS, '0');
}
