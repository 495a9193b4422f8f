import { PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE } from './keys.ts';

/** What a table must be like, as data: the names are those of the CreateTable request. */
export interface TableSchema {
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly ttlAttribute: string;
  /** What the table's stream shows, if it has one. */
  readonly stream?: 'NEW_IMAGE';
}

/** Commits and facts of executions. */
export const EVENT_TABLE: TableSchema = {
  partitionKey: PARTITION_KEY,
  sortKey: SORT_KEY,
  ttlAttribute: TTL_ATTRIBUTE,
  stream: 'NEW_IMAGE',
};

/** Records and lists. */
export const STATE_TABLE: TableSchema = {
  partitionKey: PARTITION_KEY,
  sortKey: SORT_KEY,
  ttlAttribute: TTL_ATTRIBUTE,
};

/** The CreateTable request; `TimeToLive` is switched on by a request of its own. */
export function createTableInput(name: string, schema: TableSchema) {
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: [
      { AttributeName: schema.partitionKey, AttributeType: 'S' as const },
      { AttributeName: schema.sortKey, AttributeType: 'S' as const },
    ],
    KeySchema: [
      { AttributeName: schema.partitionKey, KeyType: 'HASH' as const },
      { AttributeName: schema.sortKey, KeyType: 'RANGE' as const },
    ],
    ...(schema.stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: schema.stream } } : {}),
  };
}

/** The UpdateTimeToLive request that belongs to it. */
export function timeToLiveInput(name: string, schema: TableSchema) {
  return { TableName: name, TimeToLiveSpecification: { Enabled: true, AttributeName: schema.ttlAttribute } };
}
