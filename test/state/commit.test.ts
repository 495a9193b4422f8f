import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededIds } from '../../lib/adapters/memory/index.ts';
import { CorruptLog } from '../../lib/model/errors.ts';
import type { ExecutionEvent } from '../../lib/model/event.ts';
import type { StoredCommit } from '../../lib/ports/event-store.ts';
import { decodeCommit, decodeLog, encodeCommit, erased } from '../../lib/state/commit.ts';

const execution = 'arn:aws:states:eu-central-1:123456789012:execution:order:A-1';

const value = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<string>;
const at = fc.nat();
const event: fc.Arbitrary<ExecutionEvent> = fc.oneof(
  fc.record({ type: fc.constant('StateEntered' as const), id: fc.nat(), tokens: fc.array(fc.nat()), at }),
  fc.record({ type: fc.constant('TaskSucceeded' as const), id: fc.nat(), output: value, at }),
  fc.record({ type: fc.constant('TaskStarted' as const), id: fc.nat(), worker: fc.string(), at }),
);
const commits = fc.array(
  fc.record({
    events: fc.array(event, { minLength: 1, maxLength: 3 }),
    snapshot: fc.option(fc.string({ minLength: 1 })),
  }),
  { minLength: 1, maxLength: 6 },
);

function written(drafts: readonly { events: ExecutionEvent[]; snapshot: string | null }[]): StoredCommit[] {
  const ids = new SeededIds(1);
  let previous: string | undefined;
  return drafts.map(({ events, snapshot }, number) => {
    const text = JSON.stringify(events);
    const draft = { execution, number, events, text, snapshot: snapshot ?? undefined, previous };
    const { body, hash } = encodeCommit(draft, ids);
    previous = hash;
    return { execution, number, body, ...(snapshot === null ? {} : { snapshot }) };
  });
}

/** From the last snapshot on, as stores load a log. */
function asLoaded(log: readonly StoredCommit[]): readonly StoredCommit[] {
  return log.slice(
    Math.max(
      0,
      log.findLastIndex(({ snapshot }) => snapshot !== undefined),
    ),
  );
}

describe('A log', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(commits, (drafts) => {
        const log = written(drafts);
        const plain = drafts.map(({ events }) => JSON.parse(JSON.stringify(events)));
        expect(decodeLog(log).map(({ events }) => events)).toEqual(plain);
        expect(decodeLog(asLoaded(log)).at(-1)?.events).toEqual(plain.at(-1));
      }),
    );
  });

  test('tells which commit is not what was written, whatever was changed', () => {
    fc.assert(
      fc.property(commits, fc.nat(), fc.nat(), fc.constantFrom('0', '1', 'x', '"', ' '), (drafts, which, where, by) => {
        const log = written(drafts);
        const number = which % log.length;
        const commit = log[number] ?? expect.fail();
        const place = where % commit.body.length;
        const body = commit.body.slice(0, place) + by + commit.body.slice(place + 1);
        if (isSame(body, commit.body)) return;
        log[number] = { ...commit, body };
        expect(() => decodeLog(log)).toThrow(CorruptLog);
      }),
      { numRuns: 500 },
    );
  });

  test('names what is changed, missing, moved or added', () => {
    const entered = (id: number): ExecutionEvent => ({ type: 'StateEntered', id, tokens: [id], at: id });
    const log = written([1, 2, 3, 4].map((id) => ({ events: [entered(id)], snapshot: null })));
    const [first, second, third, fourth] = log as [StoredCommit, StoredCommit, StoredCommit, StoredCommit];
    const named = (changed: readonly StoredCommit[]) => () => decodeLog(changed);
    expect(named([first, third, fourth])).toThrow('Commit 1 of');
    expect(named([second, third])).not.toThrow();
    expect(named([first, { ...third, number: 1 }, { ...second, number: 2 }, fourth])).toThrow('Commit 1 of');
    expect(named([first, { ...second, body: first.body }, third, fourth])).toThrow('Commit 1 of');
    const [other] = written([{ events: [entered(9)], snapshot: null }]) as [StoredCommit];
    expect(named([other, second])).toThrow('Commit 1 of');
    const elsewhere = { ...first, execution: `${execution}2` };
    expect(named([elsewhere])).toThrow(`Commit 0 of ${execution}2 is not what was written`);
  });

  test('tells that its snapshot is not the one that was written with it', () => {
    const events: ExecutionEvent[] = [{ type: 'TaskHeartbeat', id: 1, at: 1 }];
    const log = asLoaded(
      written([
        { events, snapshot: null },
        { events, snapshot: '{"a":1}' },
        { events, snapshot: null },
      ]),
    );
    expect(log).toHaveLength(2);
    decodeLog(log);
    expect(() => decodeLog(log.map((commit) => ({ ...commit, snapshot: '{"a":2}' })))).toThrow('Commit 1 of');
  });

  test('holds without its payloads, which nobody can put back but as they were', () => {
    fc.assert(
      fc.property(commits, (drafts) => {
        const log = written(drafts);
        const without = log.map(eraseStored);
        expect(without.map(eraseStored)).toEqual(without);
        expect(() => decodeLog(without)).not.toThrow();
      }),
    );
    const [commit] = written([
      { events: [{ type: 'TaskSucceeded', id: 1, output: 'yes', at: 1 }], snapshot: null },
    ]) as [StoredCommit];
    const { events: _, ...rest } = JSON.parse(eraseStored(commit).body);
    const forged = { ...rest, events: [{ type: 'TaskSucceeded', id: 1, output: 'no', at: 1 }] };
    expect(() => decodeLog([{ ...commit, body: JSON.stringify(forged) }])).toThrow(CorruptLog);
  });

  test('of the first format is read, and is what later commits go on from', () => {
    const events: ExecutionEvent[] = [{ type: 'TaskHeartbeat', id: 1, at: 1 }];
    const old = { execution, number: 0, body: JSON.stringify({ format: 1, events }) };
    const draft = {
      execution,
      number: 1,
      events,
      text: JSON.stringify(events),
      snapshot: undefined,
      previous: undefined,
    };
    const { body, hash } = encodeCommit(draft, new SeededIds(1));
    const log = [old, { execution, number: 1, body }];
    expect(decodeLog(log).map((commit) => [commit.events, commit.hash])).toEqual([
      [events, undefined],
      [events, hash],
    ]);
    expect(() => decodeCommit({ ...old, body: '{"format":3,"events":[]}' })).toThrow('format 3; this version reads 2');
  });
});

function isSame(left: string, right: string): boolean {
  try {
    return JSON.stringify(JSON.parse(left)) === JSON.stringify(JSON.parse(right));
  } catch {
    return false;
  }
}

function eraseStored(commit: StoredCommit): StoredCommit {
  const { snapshot: _, ...rest } = commit;
  const { execution: _execution, number: _number, ...body } = erased(decodeCommit(commit));
  return { ...rest, body: JSON.stringify({ format: 2, ...body }) };
}
