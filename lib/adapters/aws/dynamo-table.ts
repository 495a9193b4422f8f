import { randomBytes } from 'node:crypto';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { inParallel } from './in-parallel.ts';
import { type ItemKey, PARTITION_KEY, SORT_KEY } from './keys.ts';
import { attemptsOf, unavailable } from './unavailable.ts';

export type Item = Record<string, AttributeValue>;

/** DynamoDB's condition expression; `names` and `values` stand for its `#…` and `:…`. */
export interface Condition {
  readonly expression: string;
  readonly names?: Record<string, string>;
  readonly values?: Item;
}

export const DOES_NOT_EXIST: Condition = { expression: `attribute_not_exists(${PARTITION_KEY})` };

/** Units that a request took, as DynamoDB reports them. It reports none for a write whose condition failed, though it charges for it. */
export interface ConsumedUnits {
  readonly table: string;
  readonly kind: 'read' | 'write';
  readonly units: number;
}

export interface DynamoTableOptions {
  readonly name: string;
  readonly client: () => Promise<DynamoDBClient>;
  readonly onConsumed?: (consumed: ConsumedUnits) => void;
}

export interface Deletion {
  /** Whether the condition held. */
  readonly done: boolean;
  /** What was deleted, if there was an item. */
  readonly old?: Item;
}

export interface RangeQuery {
  readonly pk: string;
  /** Bounds of the sort key, inclusive. */
  readonly from?: string;
  readonly to?: string;
  /** Only sort keys that begin with this; not together with bounds. */
  readonly prefix?: string;
  /** Goes on behind this sort key. */
  readonly after?: string;
  readonly descending?: boolean;
  /** At most this many items; absent: as many as a page of 1 MB holds. */
  readonly limit?: number;
  readonly eventually?: boolean;
}

/** Tells one put from another. */
const NONCE = 'n';
const NONCE_BYTES = 6;
/** DynamoDB's limit of a BatchWriteItem request. */
const BATCH = 25;
const PARALLEL_BATCHES = 4;

/**
 * One table, strongly consistent unless asked otherwise. Every method throws `StoreUnavailable` when DynamoDB did not
 * answer or throttles for longer than the SDK retries.
 */
export class DynamoTable {
  readonly #options: DynamoTableOptions;

  constructor(options: DynamoTableOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /**
   * Writes the item if the condition holds; `false`: it did not. A put that had to be sent again because its first
   * answer was lost fails its own condition: the nonce in the item tells that it was the same put, not another's.
   */
  async put(key: ItemKey, attributes: Item, condition?: Condition): Promise<boolean> {
    const nonce = randomBytes(NONCE_BYTES);
    const item = { ...keyItem(key), ...attributes, ...(condition ? { [NONCE]: { B: nonce } } : {}) };
    try {
      const request = new PutItemCommand({ ...this.#common(), Item: item, ...conditionInput(condition) });
      this.#consumed('write', await (await this.#options.client()).send(request));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error, 'DynamoDB');
      return attemptsOf(error) > 1 && (await this.#holds(key, nonce));
    }
  }

  async #holds(key: ItemKey, nonce: Uint8Array): Promise<boolean> {
    const stored = (await this.get(key))?.[NONCE]?.B;
    return stored !== undefined && Buffer.compare(stored, nonce) === 0;
  }

  /** Writes the attributes and adds 1 to the number `counter`, whether the item exists or not; gives the new number. */
  async putAndCount(key: ItemKey, attributes: Item, counter: string): Promise<number> {
    const names = Object.keys(attributes);
    const request = new UpdateItemCommand({
      ...this.#common(),
      Key: keyItem(key),
      UpdateExpression: `SET ${names.map((_, i) => `#a${i} = :a${i}`).join(', ')} ADD #counter :one`,
      ExpressionAttributeNames: {
        ...Object.fromEntries(names.map((name, i) => [`#a${i}`, name])),
        '#counter': counter,
      },
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.values(attributes).map((value, i) => [`:a${i}`, value])),
        ':one': { N: '1' },
      },
      ReturnValues: 'UPDATED_NEW',
    });
    const answer = await this.#send((client) => client.send(request));
    this.#consumed('write', answer);
    return Number(answer.Attributes?.[counter]?.N);
  }

  /**
   * Deletes the item if the condition holds. A delete that had to be sent again and finds no item counts as done: most
   * likely it was the first one's doing.
   */
  async delete(key: ItemKey, condition?: Condition): Promise<Deletion> {
    try {
      const request = new DeleteItemCommand({
        ...this.#common(),
        Key: keyItem(key),
        ReturnValues: 'ALL_OLD',
        ...conditionInput(condition),
      });
      const answer = await (await this.#options.client()).send(request);
      this.#consumed('write', answer);
      return { done: true, ...(answer.Attributes ? { old: answer.Attributes } : {}) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw unavailable(error, 'DynamoDB');
      return { done: attemptsOf(error) > 1 && (await this.get(key)) === undefined };
    }
  }

  /** Deletes what is there of the items. */
  async deleteAll(keys: readonly ItemKey[]): Promise<void> {
    const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, i) =>
      keys.slice(i * BATCH, (i + 1) * BATCH),
    );
    await inParallel(batches, PARALLEL_BATCHES, async (batch) => {
      const left = await this.#deleteBatch(batch);
      // What DynamoDB left undone, it throttled: one by one, the SDK waits before it tries again.
      for (const key of left) await this.delete(key);
    });
  }

  async #deleteBatch(keys: readonly ItemKey[]): Promise<readonly ItemKey[]> {
    const request = new BatchWriteItemCommand({
      RequestItems: { [this.#options.name]: keys.map((key) => ({ DeleteRequest: { Key: keyItem(key) } })) },
      ...(this.#options.onConsumed ? { ReturnConsumedCapacity: 'TOTAL' as const } : {}),
    });
    const answer = await this.#send((client) => client.send(request));
    for (const consumed of answer.ConsumedCapacity ?? []) this.#consumed('write', { ConsumedCapacity: consumed });
    const left = answer.UnprocessedItems?.[this.#options.name] ?? [];
    return left.flatMap(({ DeleteRequest }) => (DeleteRequest?.Key ? [itemKey(DeleteRequest.Key)] : []));
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    const request = new GetItemCommand({ ...this.#common(), Key: keyItem(key), ConsistentRead: true });
    const answer = await this.#send((client) => client.send(request));
    this.#consumed('read', answer);
    return answer.Item;
  }

  /** One page: it may hold fewer items than `limit` although there are more; then `more` is true. */
  async page(query: RangeQuery): Promise<{ readonly items: readonly Item[]; readonly more: boolean }> {
    const request = new QueryCommand({
      ...this.#common(),
      ...rangeInput(query),
      ConsistentRead: !query.eventually,
      ScanIndexForward: !query.descending,
      ...(query.limit === undefined ? {} : { Limit: query.limit }),
      ...(query.after === undefined ? {} : { ExclusiveStartKey: keyItem({ pk: query.pk, sk: query.after }) }),
    });
    const answer = await this.#send((client) => client.send(request));
    this.#consumed('read', answer);
    return { items: answer.Items ?? [], more: answer.LastEvaluatedKey !== undefined };
  }

  /** A page of all items that have the attribute, in no order; `after`: goes on behind this key. Costs as much as reading the whole table. */
  async scan(
    attribute: string,
    { limit, after }: { readonly limit: number; readonly after?: ItemKey },
  ): Promise<{ readonly items: readonly Item[]; readonly next?: ItemKey }> {
    const request = new ScanCommand({
      ...this.#common(),
      Limit: limit,
      FilterExpression: 'attribute_exists(#attribute)',
      ProjectionExpression: `${PARTITION_KEY}, ${SORT_KEY}, #attribute`,
      ExpressionAttributeNames: { '#attribute': attribute },
      ConsistentRead: true,
      ...(after === undefined ? {} : { ExclusiveStartKey: keyItem(after) }),
    });
    const answer = await this.#send((client) => client.send(request));
    this.#consumed('read', answer);
    const { Items = [], LastEvaluatedKey } = answer;
    return { items: Items, ...(LastEvaluatedKey === undefined ? {} : { next: itemKey(LastEvaluatedKey) }) };
  }

  /** All items of the range, or the first `limit`. */
  async all(query: RangeQuery): Promise<readonly Item[]> {
    const items: Item[] = [];
    let after = query.after;
    for (;;) {
      const page = await this.page({
        ...query,
        ...(after === undefined ? {} : { after }),
        ...(query.limit === undefined ? {} : { limit: query.limit - items.length }),
      });
      items.push(...page.items);
      const last = page.items.at(-1);
      if (!page.more || !last || items.length === query.limit) return items;
      after = itemKey(last).sk;
    }
  }

  async #send<T>(request: (client: DynamoDBClient) => Promise<T>): Promise<T> {
    try {
      return await request(await this.#options.client());
    } catch (error) {
      throw unavailable(error, 'DynamoDB');
    }
  }

  #common() {
    return {
      TableName: this.#options.name,
      ...(this.#options.onConsumed ? { ReturnConsumedCapacity: 'TOTAL' as const } : {}),
    };
  }

  #consumed(
    kind: ConsumedUnits['kind'],
    answer: { readonly ConsumedCapacity?: { readonly CapacityUnits?: number | undefined } | undefined },
  ): void {
    const units = answer.ConsumedCapacity?.CapacityUnits;
    if (units !== undefined) this.#options.onConsumed?.({ table: this.#options.name, kind, units });
  }
}

function keyItem(key: ItemKey): Item {
  return { [PARTITION_KEY]: { S: key.pk }, [SORT_KEY]: { S: key.sk } };
}

export function itemKey(item: Item): ItemKey {
  return { pk: item[PARTITION_KEY]?.S ?? '', sk: item[SORT_KEY]?.S ?? '' };
}

function conditionInput(condition: Condition | undefined) {
  if (!condition) return {};
  return {
    ConditionExpression: condition.expression,
    ...(condition.names ? { ExpressionAttributeNames: condition.names } : {}),
    ...(condition.values ? { ExpressionAttributeValues: condition.values } : {}),
  };
}

function rangeInput({ pk, from, to, prefix }: RangeQuery) {
  const values: Item = { ':pk': { S: pk } };
  let range = '';
  if (prefix) {
    values[':prefix'] = { S: prefix };
    range = ` AND begins_with(${SORT_KEY}, :prefix)`;
  } else if (from !== undefined && to !== undefined) {
    values[':from'] = { S: from };
    values[':to'] = { S: to };
    range = ` AND ${SORT_KEY} BETWEEN :from AND :to`;
  } else if (from !== undefined) {
    values[':from'] = { S: from };
    range = ` AND ${SORT_KEY} >= :from`;
  } else if (to !== undefined) {
    values[':to'] = { S: to };
    range = ` AND ${SORT_KEY} <= :to`;
  }
  return { KeyConditionExpression: `${PARTITION_KEY} = :pk${range}`, ExpressionAttributeValues: values };
}
