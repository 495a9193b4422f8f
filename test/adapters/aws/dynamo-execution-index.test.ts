import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { DynamoExecutionIndex } from '../../../lib/adapters/aws/dynamo-execution-index.ts';
import type { ConsumedUnits, DynamoTable } from '../../../lib/adapters/aws/dynamo-table.ts';
import { INDEX_LISTS, INDEX_SHARDS, indexKey, TTL_ATTRIBUTE } from '../../../lib/adapters/aws/keys.ts';
import { STATE_TABLE } from '../../../lib/adapters/aws/tables.ts';
import type { ExecutionRow } from '../../../lib/ports/execution-index.ts';
import { createTable, type Emulator, emulatedClients, onEachDynamo } from './emulators.ts';
import { ARN_PREFIX, ARNS, newExecution } from './fixtures.ts';

const WORKFLOW = `${ARN_PREFIX}stateMachine:order`;
const START = 1_795_384_100_000;

function started(execution = newExecution(), at = START): ExecutionRow {
  const name = execution.slice(execution.lastIndexOf(':') + 1);
  return { execution, name, workflow: WORKFLOW, status: 'RUNNING', startedAt: at, commit: 0 };
}

function later(row: ExecutionRow, status: ExecutionRow['status'], commit: number): ExecutionRow {
  return { ...row, status, commit, ...(status === 'RUNNING' ? {} : { closedAt: row.startedAt + commit }) };
}

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [i, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(i, 1))) yield [item, ...rest];
  }
}

onEachDynamo(describe, (kind) => {
  let emulator: Emulator;
  let clients: AwsClients;
  let table: DynamoTable;
  let index: DynamoExecutionIndex;
  const consumed: ConsumedUnits[] = [];
  const units = (of: ConsumedUnits['kind']) =>
    consumed.filter((one) => one.kind === of).reduce((sum, one) => sum + one.units, 0);

  beforeAll(async () => {
    emulator = await kind.start();
    clients = emulatedClients({ dynamodb: emulator.endpoint });
  });

  afterAll(async () => {
    clients.destroy();
    await emulator.stop();
  });

  beforeEach(async () => {
    table = await createTable(clients, STATE_TABLE, { onConsumed: (one) => consumed.push(one) });
    index = new DynamoExecutionIndex({ table, arns: ARNS, closedSeconds: 1_000 });
  });

  /** Every row of the execution in any list, and whether it expires. */
  async function rowsOf({ execution, startedAt }: ExecutionRow) {
    const keys = INDEX_LISTS.map((list) => indexKey(list, { workflow: 'order' }, ARNS.execution(execution), startedAt));
    const items = await Promise.all(keys.map((key) => table.get(key)));
    return items.flatMap((item, i) => (item ? [{ list: INDEX_LISTS[i], expiresAt: item[TTL_ATTRIBUTE]?.N }] : []));
  }

  it('writes three units for a start and its end', async () => {
    await index.put(started());
    consumed.length = 0;
    const row = started();
    await index.put(row);
    expect({ write: units('write'), read: units('read') }).toEqual({ write: 1, read: 2 });
    await index.put(later(row, 'SUCCEEDED', 11));
    expect({ write: units('write'), read: units('read') }).toEqual({ write: 3, read: 2 });
  });

  it('ends at the last commit in whatever order rows come, each twice', async () => {
    const deliveries = permutations(['start', 'failure', 'redrive', 'success'] as const);
    for (const order of deliveries) {
      const start = started();
      const rows = {
        start,
        failure: later(start, 'TIMED_OUT', 5),
        redrive: later(start, 'RUNNING', 6),
        success: later(start, 'SUCCEEDED', 9),
      };
      for (const delivery of [...order, ...order]) await index.put(rows[delivery]);
      expect(
        (await rowsOf(start)).map(({ list }) => list),
        order.join(),
      ).toEqual(['S']);
    }
  });

  it('ends at the last commit when rows come at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const start = started();
      const rows = [start, later(start, 'FAILED', 5), later(start, 'RUNNING', 6), later(start, 'ABORTED', 9)];
      await Promise.all([...rows, ...rows].map((row) => index.put(row)));
      expect((await rowsOf(start)).map(({ list }) => list)).toEqual(['U']);
    }
  });

  it('forgets closed executions in time, and open ones never', async () => {
    const open = started();
    const closed = later(started(), 'ABORTED', 3);
    await index.put(open);
    await index.put(closed);
    expect(await rowsOf(open)).toEqual([{ list: 'R', expiresAt: undefined }]);
    expect(await rowsOf(closed)).toEqual([{ list: 'U', expiresAt: String(START / 1000 + 1 + 1_000) }]);
  });

  it('reads the few that failed without reading the many that did not', async () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      later(started(newExecution(), START + i), i % 20 === 0 ? 'FAILED' : 'SUCCEEDED', 1),
    );
    await Promise.all(rows.map((row) => index.put(row)));
    consumed.length = 0;
    const { items } = await index.list({ workflow: WORKFLOW, status: 'FAILED', limit: 10 });
    expect(items).toEqual(rows.filter(({ status }) => status === 'FAILED').toReversed());
    expect(units('read')).toBeLessThanOrEqual(INDEX_SHARDS);
  });
});
