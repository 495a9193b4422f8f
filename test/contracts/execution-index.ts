import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExecutionStatus } from '../../lib/model/state.ts';
import {
  type ExecutionIndex,
  type ExecutionQuery,
  type ExecutionRow,
  InvalidPageToken,
} from '../../lib/ports/execution-index.ts';
import { executionArn, workflowArn } from './names.ts';

export interface OpenedExecutionIndex {
  readonly store: ExecutionIndex;
  /** Waits until lists show what was put; absent where they do at once. */
  readonly settle?: () => Promise<void>;
  readonly reopen?: () => Promise<ExecutionIndex>;
  readonly close: () => Promise<void>;
}

type Query = Omit<ExecutionQuery, 'limit'>;

/** What every read model of executions must do. `open` gives an empty index, or one with rows of other workflows. */
export function describeExecutionIndex(name: string, open: () => Promise<OpenedExecutionIndex>): void {
  describe(`ExecutionIndex: ${name}`, () => {
    let opened: OpenedExecutionIndex;
    let index: ExecutionIndex;
    beforeAll(async () => {
      opened = await open();
      index = opened.store;
    });
    afterAll(async () => {
      await opened.close();
    });
    const settle = async () => opened.settle?.();

    describePut(() => index, settle);
    describeFilters(() => index, settle);
    describePages(() => index, settle);
    describeSearch(() => index, settle);
    describeCounts(() => index, settle);

    test('rows are there after closing and opening again', async ({ skip }) => {
      if (opened.reopen === undefined) return skip();
      const kept = row({});
      await index.put(kept);
      index = await opened.reopen();
      await settle();
      expect(await all(index, { workflow: kept.workflow })).toEqual([kept]);
    });
  });
}

function describePut(index: () => ExecutionIndex, settle: () => Promise<void>): void {
  test('a row comes back as it was put, and a later commit replaces it', async () => {
    const first = row({ name: 'näme \u{1F600}' });
    await index().put(first);
    await settle();
    expect(await all(index(), { workflow: first.workflow })).toEqual([first]);
    const closed: ExecutionRow = { ...first, status: 'SUCCEEDED', closedAt: first.startedAt + 50, commit: 7 };
    await index().put(closed);
    await settle();
    expect(await all(index(), { workflow: first.workflow })).toEqual([closed]);
  });

  test('a row of the same or an earlier commit changes nothing', async () => {
    const current = row({ status: 'SUCCEEDED', closedAt: 5, commit: 4 });
    await index().put(current);
    await index().put({ ...current, status: 'FAILED', commit: 4 });
    await index().put({ ...current, status: 'RUNNING', commit: 3 });
    await settle();
    expect(await all(index(), { workflow: current.workflow })).toEqual([current]);
  });

  test('rows that arrive concurrently and in any order end at the last commit', async () => {
    const base = row({});
    const rows = [5, 2, 9, 1, 7, 9, 0].map((commit) => ({ ...base, commit }));
    await Promise.all(rows.map((each) => index().put(each)));
    await settle();
    expect(await all(index(), { workflow: base.workflow })).toEqual([{ ...base, commit: 9 }]);
  });

  test('an execution that is taken up again loses its end', async () => {
    const closed = row({ status: 'FAILED', closedAt: 9, commit: 3 });
    const { closedAt: _, ...open } = closed;
    await index().put(closed);
    await index().put({ ...open, status: 'RUNNING', commit: 4 });
    await settle();
    expect(await all(index(), { workflow: closed.workflow })).toEqual([{ ...open, status: 'RUNNING', commit: 4 }]);
    expect(await all(index(), { workflow: closed.workflow, status: 'FAILED' })).toEqual([]);
  });
}

function describeFilters(index: () => ExecutionIndex, settle: () => Promise<void>): void {
  test('by workflow, by status, by both, by neither; newest start first', async () => {
    const [one, other] = [workflowArn(), workflowArn()];
    const base = 4_000_000_000_000 + Math.floor(Math.random() * 1e12);
    const rows = (['RUNNING', 'FAILED', 'RUNNING', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED'] as const).flatMap((status, i) =>
      [one, other].map((workflow, j) => row({ workflow, status, startedAt: base + i * 2 + j })),
    );
    for (const each of rows) await index().put(each);
    await settle();
    const within = { startedFrom: base, startedTo: base + 100 };
    const newest = rows.toReversed();
    expect(await all(index(), within)).toEqual(newest);
    expect(await all(index(), { workflow: one })).toEqual(newest.filter((each) => each.workflow === one));
    expect(await all(index(), { ...within, status: 'RUNNING' })).toEqual(
      newest.filter((each) => each.status === 'RUNNING'),
    );
    expect(await all(index(), { workflow: other, status: 'RUNNING' })).toEqual(
      newest.filter((each) => each.workflow === other && each.status === 'RUNNING'),
    );
    expect(await all(index(), { workflow: workflowArn() })).toEqual([]);
  });

  test('both bounds of the start time are inclusive', async () => {
    const workflow = workflowArn();
    for (const startedAt of [10, 20, 30, 40]) await index().put(row({ workflow, startedAt }));
    await settle();
    const starts = async (query: Query) => (await all(index(), { workflow, ...query })).map((each) => each.startedAt);
    expect(await starts({ startedFrom: 20, startedTo: 30 })).toEqual([30, 20]);
    expect(await starts({ startedFrom: 21 })).toEqual([40, 30]);
    expect(await starts({ startedTo: 29 })).toEqual([20, 10]);
    expect(await starts({ startedFrom: 41 })).toEqual([]);
    expect(await starts({ startedFrom: 20, startedTo: 30, status: 'RUNNING' })).toEqual([30, 20]);
  });
}

function describePages(index: () => ExecutionIndex, settle: () => Promise<void>): void {
  const statuses = ['RUNNING', 'SUCCEEDED', 'FAILED'] as const;
  async function putMany(workflow: string, count: number): Promise<ExecutionRow[]> {
    // Starts collide in groups of four, so that pages end between rows of one time.
    const rows = Array.from({ length: count }, (_, i) =>
      row({ workflow, startedAt: 1_000 + Math.floor(i / 4), status: statuses[i % 3] ?? 'RUNNING' }),
    );
    await Promise.all(rows.map((each) => index().put(each)));
    await settle();
    return rows;
  }

  test('pages of any size together give every row once, in order', async () => {
    const workflow = workflowArn();
    const rows = await putMany(workflow, 50);
    for (const limit of [1, 3, 4, 49, 50, 51, 1_000]) {
      const found = await all(index(), { workflow }, limit);
      expect(found.map((each) => each.execution).toSorted()).toEqual(rows.map((each) => each.execution).toSorted());
      const starts = found.map((each) => each.startedAt);
      expect(starts).toEqual(starts.toSorted((a, b) => b - a));
    }
  });

  test('pages of filtered lists', async () => {
    const workflow = workflowArn();
    const rows = await putMany(workflow, 40);
    for (const status of statuses) {
      const found = await all(index(), { workflow, status, startedFrom: 1_002, startedTo: 1_008 }, 3);
      const expected = rows.filter((x) => x.status === status && x.startedAt >= 1_002 && x.startedAt <= 1_008);
      expect(found.map((each) => each.execution).toSorted()).toEqual(expected.map((each) => each.execution).toSorted());
    }
  });

  test('rows put while a list is read do not disturb the pages that follow', async () => {
    const workflow = workflowArn();
    const rows = await putMany(workflow, 12);
    const first = await index().list({ workflow, limit: 5 });
    await index().put(row({ workflow, startedAt: 9_000 }));
    await settle();
    const rest = await index().list({ workflow, limit: 1_000, ...after(first.next) });
    const found = [...first.items, ...rest.items].map((each) => each.execution);
    expect(found.toSorted()).toEqual(rows.map((each) => each.execution).toSorted());
  });

  test('lists of a version and of an alias', async () => {
    const workflow = workflowArn();
    const other = workflowArn();
    const plain = row({ workflow });
    const first = row({ workflow, version: 1 });
    const aliased = row({ workflow, version: 2, alias: 'PROD' });
    const canary = row({ workflow, version: 1, alias: 'PROD' });
    const elsewhere = row({ workflow: other, version: 1, alias: 'PROD' });
    const ended = { ...canary, status: 'FAILED', closedAt: canary.startedAt + 5, commit: 1 } as const;
    for (const each of [plain, first, aliased, canary, elsewhere, ended]) await index().put(each);
    await settle();
    expect(await all(index(), { workflow })).toEqual([ended, aliased, first, plain]);
    expect(await all(index(), { workflow, version: 1 })).toEqual([ended, first]);
    expect(await all(index(), { workflow, version: 1, status: 'RUNNING' })).toEqual([first]);
    expect(await all(index(), { workflow, version: 2 })).toEqual([aliased]);
    expect(await all(index(), { workflow, version: 3 })).toEqual([]);
    expect(await all(index(), { workflow, alias: 'PROD' }, 1)).toEqual([ended, aliased]);
    expect(await all(index(), { workflow, alias: 'PROD', status: 'FAILED' })).toEqual([ended]);
    expect(await all(index(), { workflow: other, alias: 'PROD' })).toEqual([elsewhere]);
    expect(await all(index(), { workflow: other, alias: 'TEST' })).toEqual([]);
  });

  test('lists of the children of a map run, and of those that have been redriven', async () => {
    const workflow = workflowArn();
    const [run, other] = ['arn:aws:states:eu-central-1:123456789012:mapRun:w/L:e-3', 'arn:aws:states:::mapRun:w/L:e-9'];
    const redriven = { count: 2, at: 1_800_000_000_000 };
    const plain = row({ workflow });
    const first = row({ workflow, mapRun: run });
    const again = row({ workflow, mapRun: run, itemCount: 5, redriven, commit: 4 });
    const elsewhere = row({ workflow, mapRun: other, redriven });
    const ended = { ...again, status: 'FAILED', closedAt: again.startedAt + 5, commit: 7 } as const;
    for (const each of [plain, first, again, elsewhere, ended]) await index().put(each);
    await settle();
    expect(await all(index(), { workflow })).toEqual([elsewhere, ended, first, plain]);
    expect(await all(index(), { workflow, mapRun: run }, 1)).toEqual([ended, first]);
    expect(await all(index(), { workflow, mapRun: run, status: 'FAILED' })).toEqual([ended]);
    expect(await all(index(), { workflow, mapRun: run, redriven: true })).toEqual([ended]);
    expect(await all(index(), { workflow, mapRun: run, redriven: false })).toEqual([first]);
    expect(await all(index(), { workflow, mapRun: other })).toEqual([elsewhere]);
    expect(await all(index(), { workflow, redriven: true })).toEqual([elsewhere, ended]);
  });

  test('a token that is garbage, or of another query, is refused', async () => {
    const workflow = workflowArn();
    await putMany(workflow, 8);
    const { next } = await index().list({ workflow, limit: 3 });
    expect(next).toBeTypeOf('string');
    const refused: Query[] = [
      { workflow, after: 'garbage' },
      { workflow, after: '' },
      { workflow, after: Buffer.from('{"a":1}').toString('base64url') },
      { workflow: workflowArn(), ...after(next) },
      { workflow, status: 'RUNNING', ...after(next) },
      { workflow, startedFrom: 1, ...after(next) },
      { workflow, startedTo: 5_000, ...after(next) },
      { workflow, version: 1, ...after(next) },
      { workflow, alias: 'PROD', ...after(next) },
      { workflow, mapRun: 'arn:aws:states:::mapRun:w/L:e-3', ...after(next) },
      { workflow, redriven: false, ...after(next) },
      { ...after(next) },
    ];
    for (const query of refused) {
      await expect(index().list({ ...query, limit: 3 }), JSON.stringify(query)).rejects.toThrow(InvalidPageToken);
    }
  });
}

function describeSearch(index: () => ExecutionIndex, settle: () => Promise<void>): void {
  test('executions are found by business key, tags and attributes, and by all of them together', async () => {
    const workflow = workflowArn();
    const one = row({
      workflow,
      search: { businessKey: 'order#1', tags: ['eu', 'gold'], attributes: { total: 12.5, vip: true } },
    });
    const two = row({
      workflow,
      search: { businessKey: 'order#1', tags: ['eu'], attributes: { total: 12.5, vip: 'true' } },
    });
    const three = row({ workflow, version: 2, search: { businessKey: 'Ö@2', attributes: { total: 7, größe: 'x' } } });
    const plain = row({ workflow });
    const elsewhere = row({ search: { businessKey: 'order#1' } });
    const ended = { ...two, status: 'FAILED', closedAt: two.startedAt + 5, commit: 3 } as const;
    for (const each of [one, two, three, plain, elsewhere, ended]) await index().put(each);
    await settle();
    expect(await all(index(), { workflow })).toEqual([plain, three, ended, one]);
    expect(await all(index(), { workflow, search: { businessKey: 'order#1' } }, 1)).toEqual([ended, one]);
    expect(await all(index(), { workflow, search: { businessKey: 'Ö@2' }, version: 2 })).toEqual([three]);
    expect(await all(index(), { workflow, search: { businessKey: 'Ö@2' }, version: 3 })).toEqual([]);
    expect(await all(index(), { workflow, search: { tags: ['eu'] } })).toEqual([ended, one]);
    expect(await all(index(), { workflow, search: { tags: ['gold', 'eu'] } })).toEqual([one]);
    expect(await all(index(), { workflow, search: { attributes: { total: 12.5 } }, status: 'FAILED' })).toEqual([
      ended,
    ]);
    expect(await all(index(), { workflow, search: { attributes: { vip: true } } })).toEqual([one]);
    expect(await all(index(), { workflow, search: { attributes: { vip: 'true' }, tags: ['eu'] } })).toEqual([ended]);
    expect(await all(index(), { workflow, search: { businessKey: 'order#' } })).toEqual([]);
    expect(await all(index(), { workflow: elsewhere.workflow, search: { businessKey: 'order#1' } })).toEqual([
      elsewhere,
    ]);
    const { next } = await index().list({ workflow, search: { tags: ['eu'] }, limit: 1 });
    await expect(index().list({ workflow, search: { tags: ['gold'] }, limit: 1, ...after(next) })).rejects.toThrow(
      InvalidPageToken,
    );
  });

  test('one whose payloads are erased is found by nothing any more, in whatever order rows come', async () => {
    const workflow = workflowArn();
    const search = { businessKey: 'k', tags: ['t'] };
    const born = row({ workflow, search });
    const closed = { ...born, status: 'SUCCEEDED', closedAt: born.startedAt + 5, commit: 4 } as const;
    const { search: _, ...bare } = closed;
    const erased = { ...bare, commit: 5 };
    for (const order of [
      [born, closed, erased],
      [erased, closed, born],
      [born, erased, closed, erased],
    ]) {
      const other = executionArn();
      for (const each of order) {
        await index().put({ ...each, execution: other, ...(each === erased ? { unlisted: search } : {}) });
      }
      await settle();
      expect(await all(index(), { workflow, search: { businessKey: 'k' } })).toEqual([]);
      expect(await all(index(), { workflow, search: { tags: ['t'] } })).toEqual([]);
      expect(await all(index(), { workflow })).toContainEqual({ ...erased, execution: other });
    }
  });

  test('shows which ones are suspended', async () => {
    const suspended = row({ suspendedAt: 1_700_000_000_123 });
    await index().put(suspended);
    await settle();
    expect(await all(index(), { workflow: suspended.workflow })).toEqual([suspended]);
    const { suspendedAt: _, ...resumed } = suspended;
    await index().put({ ...resumed, commit: 2 });
    await settle();
    expect(await all(index(), { workflow: suspended.workflow })).toEqual([{ ...resumed, commit: 2 }]);
  });
}

function describeCounts(index: () => ExecutionIndex, settle: () => Promise<void>): void {
  test('counts what lists would give, by status', async () => {
    const workflow = workflowArn();
    const statuses = ['RUNNING', 'RUNNING', 'FAILED', 'TIMED_OUT', 'SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'] as const;
    const rows = statuses.map((status, i) =>
      row({ workflow, status, startedAt: 100 + i, ...(i % 2 === 0 ? { search: { tags: ['even'] } } : {}) }),
    );
    for (const each of rows) await index().put(each);
    await settle();
    const complete = (byStatus: Partial<Record<ExecutionStatus, number>>) => ({ byStatus, isComplete: true });
    expect(await index().count({ workflow })).toEqual(complete({ RUNNING: 2, FAILED: 1, TIMED_OUT: 1, SUCCEEDED: 3 }));
    expect(await index().count({ workflow, status: 'TIMED_OUT' })).toEqual(complete({ TIMED_OUT: 1 }));
    expect(await index().count({ workflow, startedFrom: 101, startedTo: 104 })).toEqual(
      complete({ RUNNING: 1, FAILED: 1, TIMED_OUT: 1, SUCCEEDED: 1 }),
    );
    expect(await index().count({ workflow, search: { tags: ['even'] } })).toEqual(
      complete({ RUNNING: 1, FAILED: 1, SUCCEEDED: 2 }),
    );
    expect(await index().count({ workflow: workflowArn() })).toEqual(complete({}));
    expect(await index().count({ workflow, startedFrom: 9, startedTo: 8 })).toEqual(complete({}));
  });
}

let serial = 0;

function row(given: Partial<ExecutionRow> & { readonly status?: ExecutionStatus }): ExecutionRow {
  serial += 1;
  return {
    execution: executionArn(),
    name: `run ${serial}`,
    workflow: workflowArn(),
    status: 'RUNNING',
    startedAt: 1_700_000_000_000 + serial,
    commit: 0,
    ...given,
  };
}

async function all(index: ExecutionIndex, query: Query, limit = 100): Promise<ExecutionRow[]> {
  const rows: ExecutionRow[] = [];
  let next: string | undefined;
  do {
    const page = await index.list({ ...query, limit, ...after(next) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    rows.push(...page.items);
    next = page.next;
  } while (next !== undefined);
  return rows;
}

function after(next: string | undefined): { readonly after?: string } {
  return next === undefined ? {} : { after: next };
}
