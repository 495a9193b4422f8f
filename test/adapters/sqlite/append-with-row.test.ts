import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SqliteStores } from '../../../lib/adapters/sqlite/index.ts';
import type { ExecutionRow } from '../../../lib/ports/execution-index.ts';
import { executionArn, workflowArn } from '../../contracts/names.ts';
import { opened } from './data-dir.ts';

let stores: SqliteStores;
let close: () => Promise<void>;
beforeAll(async () => {
  const all = await opened((each) => each);
  stores = all.store;
  close = all.close;
});
afterAll(() => close());

function row(execution: string, workflow: string, given: Partial<ExecutionRow> = {}): ExecutionRow {
  return { execution, name: 'run', workflow, status: 'RUNNING', startedAt: 1_000, commit: 0, ...given };
}

async function listed(workflow: string): Promise<readonly ExecutionRow[]> {
  return (await stores.index.list({ workflow, limit: 100 })).items;
}

describe('a commit with a row', () => {
  test('changes the lists when it is written, and not when it conflicts', async () => {
    const [execution, workflow] = [executionArn(), workflowArn()];
    const first = row(execution, workflow);
    await stores.events.append({ execution, number: 0, body: '', row: first });
    expect(await listed(workflow)).toEqual([first]);
    await stores.events.append({ execution, number: 1, body: '' });
    expect(await listed(workflow)).toEqual([first]);
    const lost = row(execution, workflow, { status: 'FAILED', commit: 5 });
    expect(await stores.events.append({ execution, number: 1, body: '', row: lost })).toBe('conflict');
    expect(await listed(workflow)).toEqual([first]);
    const last = row(execution, workflow, { status: 'SUCCEEDED', closedAt: 2_000, commit: 2 });
    await stores.events.append({ execution, number: 2, body: '', row: last, expiresAt: 9_000_000_000 });
    expect(await listed(workflow)).toEqual([last]);
  });

  test('never goes behind a row of a later commit', async () => {
    const [execution, workflow] = [executionArn(), workflowArn()];
    const later = row(execution, workflow, { status: 'SUCCEEDED', commit: 8 });
    await stores.index.put(later);
    await stores.events.append({ execution, number: 0, body: '', row: row(execution, workflow) });
    expect(await listed(workflow)).toEqual([later]);
    expect((await stores.events.load(execution)).at(-1)?.number).toBe(0);
  });
});

describe('what has expired', () => {
  const end = 5_000_000_000;

  async function closedExecution(workflow: string, expiresAt: number): Promise<string> {
    const execution = executionArn();
    await stores.events.append({ execution, number: 0, body: '', row: row(execution, workflow) });
    const closed = row(execution, workflow, { status: 'SUCCEEDED', closedAt: 5, commit: 1 });
    await stores.events.append({ execution, number: 1, body: '', row: closed, expiresAt });
    await stores.inbox.deposit(execution, { id: 'late', at: 1, body: '' });
    await stores.blobs.put(`${execution}/output`, 'large');
    return execution;
  }

  test('is forgotten with all that belongs to it, and nothing else is', async () => {
    const workflow = workflowArn();
    const expired = await closedExecution(workflow, end);
    const kept = await closedExecution(workflow, end + 1);
    const neighbour = `${expired}0`;
    await stores.blobs.put(`${neighbour}/output`, 'of another');
    expect(await stores.forgetExpired(end, 100)).toBe(1);
    expect(await stores.forgetExpired(end, 100)).toBe(0);
    expect(await stores.events.load(expired)).toEqual([]);
    expect(await stores.inbox.facts(expired)).toEqual([]);
    expect(await stores.blobs.get(`${expired}/output`)).toBeUndefined();
    expect(await stores.blobs.get(`${neighbour}/output`)).toBe('of another');
    expect((await listed(workflow)).map((each) => each.execution)).toEqual([kept]);
    expect((await stores.events.load(kept)).at(-1)?.number).toBe(1);
    expect(await stores.blobs.get(`${kept}/output`)).toBe('large');
    expect(await stores.events.append({ execution: expired, number: 0, body: 'again' })).toBe('appended');
  });

  test('is kept when the execution has been taken up again', async () => {
    const workflow = workflowArn();
    const execution = await closedExecution(workflow, end);
    await stores.events.append({ execution, number: 2, body: '', row: row(execution, workflow, { commit: 2 }) });
    expect(await stores.forgetExpired(end, 100)).toBe(0);
    expect((await stores.events.load(execution)).at(-1)?.number).toBe(2);
  });

  test('goes in portions', async () => {
    const workflow = workflowArn();
    for (let i = 0; i < 5; i += 1) await closedExecution(workflow, 100);
    expect(await stores.forgetExpired(100, 3)).toBe(3);
    expect(await stores.forgetExpired(100, 3)).toBe(2);
  });
});
