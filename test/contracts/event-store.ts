import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventStore, StoredCommit } from '../../lib/ports/event-store.ts';
import type { ExecutionRow, LoggedRows } from '../../lib/ports/execution-index.ts';
import { executionArn, workflowArn } from './names.ts';

export interface OpenedEventStore {
  readonly store: EventStore & LoggedRows;
  /** Closes the store and opens the same data again; absent where nothing outlives the process. */
  readonly reopen?: () => Promise<EventStore & LoggedRows>;
  readonly close: () => Promise<void>;
}

/** What every commit log must do. `open` gives an empty store; each test uses executions of its own. */
export function describeEventStore(name: string, open: () => Promise<OpenedEventStore>): void {
  describe(`EventStore: ${name}`, () => {
    let opened: OpenedEventStore;
    let store: EventStore & LoggedRows;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(async () => {
      await opened.close();
    });

    describeAppend(() => store);
    describeLoad(() => store);
    describeRead(() => store);

    test('tells all rows that are in the log, page by page, while others write', async () => {
      const search = { businessKey: 'k', tags: ['t'], attributes: { a: 1, b: true, c: 'x' } };
      const rowIn = (execution: string, number: number): ExecutionRow => ({
        ...{ execution, name: 'run', workflow: workflowArn(), status: 'RUNNING', startedAt: 1_000, commit: number },
        ...{ search, suspendedAt: 1_500, redriven: { count: 1, at: 5 }, mapRun: 'arn:run', itemCount: 2, version: 3 },
      });
      const rows = Array.from({ length: 7 }, () => rowIn(executionArn(), 0));
      for (const row of rows) {
        await appendAll(store, [{ ...commit(row.execution, 0), row }, commit(row.execution, 1)]);
      }
      const found: ExecutionRow[] = [];
      let after: string | undefined;
      do {
        const page = await store.rows({ limit: 2, ...(after === undefined ? {} : { after }) });
        found.push(...page.items);
        after = page.next;
        const late = executionArn();
        if (found.length < 3) await appendAll(store, [{ ...commit(late, 0), row: rowIn(late, 0) }]);
      } while (after !== undefined);
      for (const row of rows) expect(found.filter(({ execution }) => execution === row.execution)).toEqual([row]);
    });

    test('a commit is replaced as a whole, and no other one', async ({ skip }) => {
      if (store.replace === undefined) return skip();
      const [execution, other] = [executionArn(), executionArn()];
      const withSnapshot = { ...commit(execution, 1), snapshot: 'what it was', snapshotNumber: 1 };
      const all = [commit(execution, 0), withSnapshot, { ...commit(execution, 2), snapshotNumber: 1 }];
      await appendAll(store, all);
      await appendAll(store, plain(other, 3));
      for (const number of [0, 1, 2]) await store.replace({ ...commit(execution, number), body: 'short' });
      await store.forgetTexts?.(execution);
      const replaced = [0, 1, 2].map((number) => ({ ...commit(execution, number), body: 'short' }));
      expect(await readAll(store, execution)).toEqual(replaced);
      expect(await store.load(execution)).toEqual(replaced);
      expect(await readAll(store, other)).toEqual(plain(other, 3));
    });

    test('texts that no commit needs are forgotten, and those that one needs stay', async ({ skip }) => {
      if (store.replace === undefined || store.forgetTexts === undefined) return skip();
      const execution = executionArn();
      const large = (mark: string) => `${mark}${noise(500_000, mark.length)}`;
      const [first, second] = [large('first'), large('second')];
      await appendAll(store, [
        { execution, number: 0, body: first },
        { execution, number: 1, body: second },
      ]);
      await store.replace({ execution, number: 0, body: 'short' });
      await store.forgetTexts(execution);
      expect((await readAll(store, execution)).map(({ body }) => body)).toEqual(['short', second]);
    });

    test('what was appended is there after closing and opening again', async ({ skip }) => {
      if (opened.reopen === undefined) return skip();
      const execution = executionArn();
      await appendAll(store, plain(execution, 3));
      store = await opened.reopen();
      expect(await readAll(store, execution)).toEqual(plain(execution, 3));
      expect(await store.append(commit(execution, 2))).toBe('conflict');
      expect(await store.append(commit(execution, 3))).toBe('appended');
    });
  });
}

function describeAppend(store: () => EventStore): void {
  test('a commit number is taken once, and the loser changes nothing', async () => {
    const execution = executionArn();
    expect(await store().append(commit(execution, 0))).toBe('appended');
    expect(await store().append({ ...commit(execution, 0), body: 'other' })).toBe('conflict');
    expect(await readAll(store(), execution)).toEqual([commit(execution, 0)]);
  });

  test('of many concurrent appends of one number exactly one wins, and its body is the one that is kept', async () => {
    const execution = executionArn();
    for (const number of [0, 1, 2]) {
      const bodies = Array.from({ length: 20 }, (_, i) => `writer ${i} of ${number}`);
      const outcomes = await Promise.all(bodies.map((body) => store().append({ execution, number, body })));
      expect(outcomes.filter((outcome) => outcome === 'appended')).toHaveLength(1);
      const [kept] = await store().read(execution, number, 1);
      expect(kept?.body).toBe(bodies[outcomes.indexOf('appended')]);
    }
  });

  test('the same number in different executions does not conflict', async () => {
    const executions = Array.from({ length: 40 }, executionArn);
    const outcomes = await Promise.all(executions.map((execution) => store().append(commit(execution, 0))));
    expect(new Set(outcomes)).toEqual(new Set(['appended']));
    for (const execution of executions) expect(await readAll(store(), execution)).toEqual([commit(execution, 0)]);
  });

  test('only the number decides: one that is free can be taken behind a later one', async () => {
    const execution = executionArn();
    expect(await store().append(commit(execution, 0))).toBe('appended');
    expect(await store().append(commit(execution, 2))).toBe('appended');
    expect(await store().append(commit(execution, 1))).toBe('appended');
    expect(await store().append(commit(execution, 1))).toBe('conflict');
    expect((await readAll(store(), execution)).map((each) => each.number)).toEqual([0, 1, 2]);
  });

  test('every part of a commit comes back as it was given', async () => {
    const execution = executionArn();
    const row = {
      execution,
      name: 'näme',
      workflow: workflowArn(),
      status: 'RUNNING',
      startedAt: 1_000,
      commit: 0,
    } as const;
    const first: StoredCommit = {
      ...commit(execution, 0),
      lease: { owner: 'owner-1', until: 1_900_000_000_123 },
      row,
    };
    const last: StoredCommit = {
      ...commit(execution, 1),
      snapshot: '{"state":1}',
      snapshotNumber: 1,
      row: { ...row, status: 'SUCCEEDED', closedAt: 2_000, commit: 1 },
      expiresAt: 4_102_444_800,
    };
    await appendAll(store(), [first, last]);
    expect(await readAll(store(), execution)).toEqual([first, last]);
  });

  test('a lease that a commit leaves out is not made up', async () => {
    const execution = executionArn();
    const lease = { owner: 'a', until: 5 };
    await appendAll(store(), [{ ...commit(execution, 0), lease }, commit(execution, 1)]);
    const loaded = await store().load(execution);
    expect(loaded.map((each) => each.lease)).toEqual([lease, undefined]);
  });

  test('bodies keep every character: empty, quotes, controls, beyond the basic plane', async () => {
    const execution = executionArn();
    const bodies = ['', '"\\\'`', 'line\r\n\ttab', 'nul \u0000 inside', 'é ✓ 漢字 \u{1F600} \u{10FFFF}', '\uFEFFmark'];
    const commits = bodies.map((body, number) => ({ execution, number, body }));
    await appendAll(store(), commits);
    expect(await readAll(store(), execution)).toEqual(commits);
  });

  test('a body of 1 MB, and one with a snapshot of 1 MB', async () => {
    const execution = executionArn();
    const large = text(1_000_000);
    const commits = [
      { execution, number: 0, body: large },
      { execution, number: 1, body: large, snapshot: large.replaceAll('item', 'thing'), snapshotNumber: 1 },
      { execution, number: 2, body: 'after', snapshotNumber: 1 },
    ];
    await appendAll(store(), commits);
    expect(await readAll(store(), execution)).toEqual(commits);
    expect(await store().load(execution)).toEqual(commits.slice(1));
  });

  test('names of executions that are prefixes of each other, or differ in case or script, do not mix', async () => {
    const base = executionArn();
    const executions = [base, `${base}0`, `${base}-1`, `${base}é`, `${base}漢\u{1F600}`, `${base}X`, `${base}x`];
    for (const execution of executions) await appendAll(store(), plain(execution, 2));
    for (const execution of executions) expect(await readAll(store(), execution)).toEqual(plain(execution, 2));
  });
}

function describeLoad(store: () => EventStore): void {
  test('loading an execution that does not exist', async () => {
    expect(await store().load(executionArn())).toEqual([]);
  });

  test('the head is the number and the lease of the last commit', async ({ skip }) => {
    const log = store();
    if (log.head === undefined) return skip();
    const execution = executionArn();
    expect(await log.head(execution)).toBeUndefined();
    const lease = { owner: 'process-1', until: 1_800_000_000_000 };
    await log.append({ ...commit(execution, 0), lease });
    expect(await log.head(execution)).toEqual({ number: 0, lease });
    await log.append(commit(execution, 1));
    expect(await log.head(execution)).toEqual({ number: 1 });
  });

  test('loading without a snapshot gives every commit', async () => {
    const execution = executionArn();
    await appendAll(store(), plain(execution, 12));
    expect(await store().load(execution)).toEqual(plain(execution, 12));
  });

  test('loading with a snapshot gives the last one and the commits after it', async () => {
    const execution = executionArn();
    const commits = withSnapshots(execution, 15, [4, 10]);
    await appendAll(store(), commits);
    expect(await store().load(execution)).toEqual(commits.slice(10));
  });

  test('loading when the last commit carries the snapshot, and when the first does', async () => {
    const execution = executionArn();
    const four = withSnapshots(execution, 4, [3]);
    await appendAll(store(), four);
    expect(await store().load(execution)).toEqual(four.slice(3));
    const other = executionArn();
    const commits = withSnapshots(other, 2, [0]);
    await appendAll(store(), commits);
    expect(await store().load(other)).toEqual(commits);
  });

  test('a load sees what was appended just before', async () => {
    const execution = executionArn();
    for (const one of plain(execution, 20)) {
      await store().append(one);
      expect((await store().load(execution)).at(-1)?.number).toBe(one.number);
    }
  });

  test('a load gives a history that is too long for one page as a whole', async () => {
    const execution = executionArn();
    const commits = Array.from({ length: 60 }, (_, number) => ({ execution, number, body: noise(50_000, number) }));
    await appendAll(store(), commits);
    const loaded = await store().load(execution);
    expect(loaded.at(-1)?.number).toBe(59);
    expect(loaded).toEqual(commits);
  });
}

function describeRead(store: () => EventStore): void {
  test('reading from a number on, at most so many', async () => {
    const execution = executionArn();
    await appendAll(store(), withSnapshots(execution, 9, [2, 5]));
    const numbers = async (from: number, limit: number) => {
      const found: number[] = [];
      while (found.length < limit) {
        const page = await store().read(execution, from + found.length, limit - found.length);
        if (page.length === 0) break;
        found.push(...page.map((each) => each.number));
      }
      return found;
    };
    expect(await numbers(0, 3)).toEqual([0, 1, 2]);
    expect(await numbers(4, 100)).toEqual([4, 5, 6, 7, 8]);
    expect(await numbers(8, 1)).toEqual([8]);
  });

  test('reading beyond the end, and of an execution that does not exist, gives nothing', async () => {
    const execution = executionArn();
    await appendAll(store(), plain(execution, 2));
    expect(await store().read(execution, 2, 10)).toEqual([]);
    expect(await store().read(execution, 1_000_000, 10)).toEqual([]);
    expect(await store().read(executionArn(), 0, 10)).toEqual([]);
  });

  test('a page is never larger than asked, and never empty before the end', async () => {
    const execution = executionArn();
    const commits = Array.from({ length: 30 }, (_, number) => ({ execution, number, body: noise(100_000, number) }));
    await appendAll(store(), commits);
    expect(await readAll(store(), execution, 7)).toEqual(commits);
    expect(await readAll(store(), execution, 1_000)).toEqual(commits);
  });
}

function commit(execution: string, number: number): StoredCommit {
  return { execution, number, body: `{"number":${number}}` };
}

function plain(execution: string, count: number): StoredCommit[] {
  return Array.from({ length: count }, (_, number) => commit(execution, number));
}

function withSnapshots(execution: string, count: number, at: readonly number[]): StoredCommit[] {
  return plain(execution, count).map((each) => {
    const last = at.findLast((number) => number <= each.number);
    return {
      ...each,
      ...(last === undefined ? {} : { snapshotNumber: last }),
      ...(last === each.number ? { snapshot: `state at ${last}` } : {}),
    };
  });
}

async function appendAll(store: EventStore, commits: readonly StoredCommit[]): Promise<void> {
  for (const each of commits) expect(await store.append(each)).toBe('appended');
}

/** All commits of an execution, page by page. */
async function readAll(store: EventStore, execution: string, limit = 100): Promise<StoredCommit[]> {
  const all: StoredCommit[] = [];
  for (;;) {
    const page = await store.read(execution, all.length, limit);
    expect(page.length).toBeLessThanOrEqual(limit);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** JSON-like text that compresses about as histories do. */
function text(length: number): string {
  let result = '';
  for (let i = 0; result.length < length; i += 1) result += `{"item":${i},"of":"a history","é":"✓"},`;
  return result.slice(0, length);
}

/** Text that does not compress, so that a page's size limit is really met. */
function noise(length: number, seed: number): string {
  let state = seed + 1;
  let result = '';
  while (result.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    result += state.toString(36);
  }
  return result.slice(0, length);
}
