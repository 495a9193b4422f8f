import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fact, Inbox } from '../../lib/ports/event-store.ts';
import { executionArn } from './names.ts';

export interface OpenedInbox {
  readonly store: Inbox;
  /** Closes the store and opens the same data again; absent where nothing outlives the process. */
  readonly reopen?: () => Promise<Inbox>;
  readonly close: () => Promise<void>;
}

/** What every inbox must do. Each test uses executions of its own. */
export function describeInbox(name: string, open: () => Promise<OpenedInbox>): void {
  describe(`Inbox: ${name}`, () => {
    let opened: OpenedInbox;
    let inbox: Inbox;
    beforeAll(async () => {
      opened = await open();
      inbox = opened.store;
    });
    afterAll(async () => {
      await opened.close();
    });

    describeDeposit(() => inbox);
    describeDiscard(() => inbox);

    test('facts are there after closing and opening again', async ({ skip }) => {
      if (opened.reopen === undefined) return skip();
      const execution = executionArn();
      await inbox.deposit(execution, fact('a', 1));
      inbox = await opened.reopen();
      expect(await inbox.facts(execution)).toEqual([fact('a', 1)]);
      expect(await inbox.deposit(execution, fact('a', 2))).toBe('exists');
    });
  });
}

function describeDeposit(inbox: () => Inbox): void {
  test('an execution without facts', async () => {
    expect(await inbox().facts(executionArn())).toEqual([]);
  });

  test('facts come in the order of their times, whatever their ids', async () => {
    const execution = executionArn();
    const facts = ['m', 'z', 'a', 'k', '0'].map((id, i) => fact(id, 1_700_000_000_000 + i));
    for (const each of facts) expect(await inbox().deposit(execution, each)).toBe('deposited');
    expect(await inbox().facts(execution)).toEqual(facts);
  });

  test('a fact that arrives late takes its place by its time', async () => {
    const execution = executionArn();
    for (const each of [fact('b', 20), fact('c', 300), fact('a', 1)]) await inbox().deposit(execution, each);
    expect((await inbox().facts(execution)).map((each) => each.id)).toEqual(['a', 'b', 'c']);
  });

  test('facts of one time are all there', async () => {
    const execution = executionArn();
    const ids = Array.from({ length: 50 }, (_, i) => `id ${i}`);
    await Promise.all(ids.map((id) => inbox().deposit(execution, fact(id, 7))));
    expect((await inbox().facts(execution)).map((each) => each.id).toSorted()).toEqual(ids.toSorted());
  });

  test('the second delivery of an id changes nothing', async () => {
    const execution = executionArn();
    expect(await inbox().deposit(execution, fact('a', 1))).toBe('deposited');
    expect(await inbox().deposit(execution, { id: 'a', at: 9, body: 'other' })).toBe('exists');
    expect(await inbox().facts(execution)).toEqual([fact('a', 1)]);
  });

  test('of many concurrent deliveries of an id exactly one is kept', async () => {
    const execution = executionArn();
    const facts = Array.from({ length: 20 }, (_, i) => ({ id: 'same', at: i, body: `delivery ${i}` }));
    const outcomes = await Promise.all(facts.map((each) => inbox().deposit(execution, each)));
    expect(outcomes.filter((outcome) => outcome === 'deposited')).toHaveLength(1);
    expect(await inbox().facts(execution)).toEqual([facts[outcomes.indexOf('deposited')]]);
  });

  test('the same id in another execution is another fact', async () => {
    const executions = [executionArn(), executionArn()];
    for (const execution of executions) expect(await inbox().deposit(execution, fact('a', 1))).toBe('deposited');
    for (const execution of executions) expect(await inbox().facts(execution)).toEqual([fact('a', 1)]);
  });

  test('ids and bodies keep every character, and ids that are prefixes of each other differ', async () => {
    const execution = executionArn();
    const ids = ['a', 'a/b', 'a#b', 'A', 'é', '漢字', '\u{1F600}', ' ', '"'];
    const facts = ids.map((id, i) => ({ id, at: i, body: `{"of":"${id} \u{10FFFF}"}` }));
    for (const each of facts) expect(await inbox().deposit(execution, each)).toBe('deposited');
    expect(await inbox().facts(execution)).toEqual(facts);
  });

  test('a thousand facts, and a body of 250 KB', async () => {
    const execution = executionArn();
    const facts = Array.from({ length: 1_000 }, (_, i) => fact(`child-${i}`, i));
    for (let i = 0; i < facts.length; i += 100) {
      await Promise.all(facts.slice(i, i + 100).map((each) => inbox().deposit(execution, each)));
    }
    const large = { id: 'large', at: 5_000, body: 'x'.repeat(250_000) };
    await inbox().deposit(execution, large);
    expect(await inbox().facts(execution)).toEqual([...facts, large]);
  });
}

function describeDiscard(inbox: () => Inbox): void {
  test('what is discarded is gone, the rest stays', async () => {
    const execution = executionArn();
    for (const each of [fact('a', 1), fact('b', 2), fact('c', 3)]) await inbox().deposit(execution, each);
    await inbox().discard(execution, ['a', 'c']);
    expect(await inbox().facts(execution)).toEqual([fact('b', 2)]);
  });

  test('discarding touches no other execution, and what is not there, or nothing, is no error', async () => {
    const [one, other] = [executionArn(), executionArn()];
    await inbox().deposit(one, fact('a', 1));
    await inbox().deposit(other, fact('a', 1));
    await inbox().discard(one, ['a', 'never deposited']);
    await inbox().discard(one, ['a']);
    await inbox().discard(one, []);
    expect(await inbox().facts(one)).toEqual([]);
    expect(await inbox().facts(other)).toEqual([fact('a', 1)]);
  });

  test('after discarding, a delivery of the same id is told truly: kept in mind, or deposited anew', async () => {
    const execution = executionArn();
    await inbox().deposit(execution, fact('a', 1));
    await inbox().discard(execution, ['a']);
    const outcome = await inbox().deposit(execution, fact('a', 2));
    expect(await inbox().facts(execution)).toEqual(outcome === 'deposited' ? [fact('a', 2)] : []);
  });

  test('hundreds are discarded at once', async () => {
    const execution = executionArn();
    const facts = Array.from({ length: 300 }, (_, i) => fact(`f${i}`, i));
    await Promise.all(facts.map((each) => inbox().deposit(execution, each)));
    await inbox().discard(
      execution,
      facts.slice(0, 299).map((each) => each.id),
    );
    expect(await inbox().facts(execution)).toEqual([fact('f299', 299)]);
  });
}

function fact(id: string, at: number): Fact {
  return { id, at, body: `{"fact":${JSON.stringify(id)}}` };
}
