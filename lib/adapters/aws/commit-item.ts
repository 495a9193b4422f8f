import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { SearchFields } from '../../model/search.ts';
import type { ExecutionStatus } from '../../model/state.ts';
import type { BlobStore } from '../../ports/blob-store.ts';
import type { StoredCommit } from '../../ports/event-store.ts';
import type { ExecutionRow } from '../../ports/execution-index.ts';
import { isCommitPartition, PARTITION_KEY, type ShortArns, SORT_KEY, TTL_ATTRIBUTE } from './keys.ts';
import { readText } from './stored-text.ts';

/** Attribute names of a commit's item: one letter or two, since they stand in every item. */
export const CommitAttribute = {
  body: 'b',
  snapshot: 's',
  snapshotNumber: 'sn',
  leaseOwner: 'lo',
  leaseUntil: 'lu',
  row: 'r',
} as const;

/** An item, as the table or its stream shows it. */
export type CommitImage = Readonly<Record<string, AttributeValue>>;

/** All attributes but the key and the texts. */
export function commitAttributes(commit: StoredCommit, arns: ShortArns): Record<string, AttributeValue> {
  const { lease, snapshotNumber, row, expiresAt } = commit;
  return {
    ...(lease
      ? { [CommitAttribute.leaseOwner]: { S: lease.owner }, [CommitAttribute.leaseUntil]: { N: String(lease.until) } }
      : {}),
    ...(snapshotNumber === undefined ? {} : { [CommitAttribute.snapshotNumber]: { N: String(snapshotNumber) } }),
    ...(row ? { [CommitAttribute.row]: { M: rowAttributes(row, arns) } } : {}),
    ...(expiresAt === undefined ? {} : { [TTL_ATTRIBUTE]: { N: String(expiresAt) } }),
  };
}

/** Execution and commit number of a row are those of its commit, and its name is mostly the execution's. */
function rowAttributes(row: ExecutionRow, arns: ShortArns): Record<string, AttributeValue> {
  return {
    w: { S: arns.workflow(row.workflow) },
    s: { S: row.status },
    a: { N: String(row.startedAt) },
    ...(row.closedAt === undefined ? {} : { z: { N: String(row.closedAt) } }),
    ...(row.hash === undefined ? {} : { h: { S: row.hash } }),
    ...(row.name === nameOf(row.execution) ? {} : { m: { S: row.name } }),
    ...(row.version === undefined ? {} : { v: { N: String(row.version) } }),
    ...(row.alias === undefined ? {} : { l: { S: row.alias } }),
    ...extraAttributes(row),
    ...(row.unlisted === undefined ? {} : { u: { S: JSON.stringify(row.unlisted) } }),
  };
}

const REDRIVE_COUNT = 'rc';
const REDRIVEN_AT = 'ra';
const MAP_RUN = 'mr';
const ITEM_COUNT = 'ic';

const SEARCH = 'sf';
const SUSPENDED_AT = 'sa';

/** What only some rows have, in the row of a commit and in the lists alike. */
export function extraAttributes(row: ExecutionRow): Record<string, AttributeValue> {
  const { redriven, mapRun, itemCount, search, suspendedAt } = row;
  return {
    ...(redriven === undefined
      ? {}
      : { [REDRIVE_COUNT]: { N: String(redriven.count) }, [REDRIVEN_AT]: { N: String(redriven.at) } }),
    ...(mapRun === undefined ? {} : { [MAP_RUN]: { S: mapRun } }),
    ...(itemCount === undefined ? {} : { [ITEM_COUNT]: { N: String(itemCount) } }),
    ...(search === undefined ? {} : { [SEARCH]: { S: JSON.stringify(search) } }),
    ...(suspendedAt === undefined ? {} : { [SUSPENDED_AT]: { N: String(suspendedAt) } }),
  };
}

/** The inverse of `extraAttributes`. */
export function readExtras(
  item: CommitImage,
): Pick<ExecutionRow, 'redriven' | 'mapRun' | 'itemCount' | 'search' | 'suspendedAt'> {
  const count = item[REDRIVE_COUNT]?.N;
  const mapRun = item[MAP_RUN]?.S;
  const itemCount = item[ITEM_COUNT]?.N;
  const suspendedAt = item[SUSPENDED_AT]?.N;
  const search = searchIn(item[SEARCH]);
  return {
    ...(count === undefined ? {} : { redriven: { count: Number(count), at: Number(item[REDRIVEN_AT]?.N) } }),
    ...(mapRun === undefined ? {} : { mapRun }),
    ...(itemCount === undefined ? {} : { itemCount: Number(itemCount) }),
    ...(search === undefined ? {} : { search }),
    ...(suspendedAt === undefined ? {} : { suspendedAt: Number(suspendedAt) }),
  };
}

function searchIn(value: AttributeValue | undefined): SearchFields | undefined {
  // Nobody else writes these attributes.
  return value?.S === undefined ? undefined : (JSON.parse(value.S) as SearchFields);
}

/** The last part of an execution's ARN. */
export function nameOf(execution: string): string {
  return execution.slice(execution.lastIndexOf(':') + 1);
}

/** The row in a commit's item, if it has one: what a reader of the table's stream feeds the lists with. Facts have none. */
export function commitRow(image: CommitImage, arns: ShortArns): ExecutionRow | undefined {
  const row = image[CommitAttribute.row]?.M;
  const pk = image[PARTITION_KEY]?.S;
  if (!row || pk === undefined || !isCommitPartition(pk)) return undefined;
  const execution = arns.executionArn(pk);
  const unlisted = searchIn(row['u']);
  return {
    execution,
    name: row['m']?.S ?? nameOf(execution),
    workflow: arns.workflowArn(row['w']?.S ?? ''),
    ...(row['v'] ? { version: Number(row['v'].N) } : {}),
    ...(row['l']?.S === undefined ? {} : { alias: row['l'].S }),
    status: executionStatus(row['s']?.S),
    startedAt: Number(row['a']?.N),
    ...(row['z'] ? { closedAt: Number(row['z'].N) } : {}),
    ...readExtras(row),
    ...(unlisted === undefined ? {} : { unlisted }),
    ...(row['h']?.S === undefined ? {} : { hash: row['h'].S }),
    commit: Number(image[SORT_KEY]?.S),
  };
}

/** ARN of the execution whose commit the item is, and the commit's number; `undefined`: it is something else. */
export function commitIdentity(
  image: CommitImage,
  arns: ShortArns,
): { readonly execution: string; readonly number: number } | undefined {
  const pk = image[PARTITION_KEY]?.S;
  if (pk === undefined || !isCommitPartition(pk)) return undefined;
  return { execution: arns.executionArn(pk), number: Number(image[SORT_KEY]?.S) };
}

export async function readCommit(image: CommitImage, arns: ShortArns, blobs: BlobStore): Promise<StoredCommit> {
  const identity = commitIdentity(image, arns);
  const body = image[CommitAttribute.body];
  if (!identity || !body) throw new Error('An item of the event table is not a commit: restore the table.');
  const snapshot = image[CommitAttribute.snapshot];
  const row = commitRow(image, arns);
  const snapshotNumber = image[CommitAttribute.snapshotNumber]?.N;
  const expiresAt = image[TTL_ATTRIBUTE]?.N;
  const [bodyText, snapshotText] = await Promise.all([
    readText(body, blobs),
    snapshot ? readText(snapshot, blobs) : undefined,
  ]);
  return {
    ...identity,
    body: bodyText,
    ...leaseOf(image),
    ...(snapshotText === undefined ? {} : { snapshot: snapshotText }),
    ...(snapshotNumber === undefined ? {} : { snapshotNumber: Number(snapshotNumber) }),
    ...(row ? { row } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt: Number(expiresAt) }),
  };
}

export function leaseOf(image: CommitImage): Pick<StoredCommit, 'lease'> {
  const owner = image[CommitAttribute.leaseOwner]?.S;
  return owner === undefined ? {} : { lease: { owner, until: Number(image[CommitAttribute.leaseUntil]?.N) } };
}

const STATUSES: readonly ExecutionStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

export function executionStatus(text: string | undefined): ExecutionStatus {
  const status = STATUSES.find((known) => known === text);
  if (!status) throw new Error(`An item has the unknown status ${text}: read it with a newer version.`);
  return status;
}
