import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/model/json.ts';
import { Desk, definition, pass, place, work } from './desk.ts';

describe('cancelling', () => {
  it('withdraws what runs, what waits and what rests in the states named', () => {
    const desk = new Desk(
      definition({
        A: work(['B', 'C', 'G', 'K', 'P']),
        B: work('D'),
        D: work(undefined),
        C: work('E'),
        E: work(undefined),
        G: work(undefined),
        P: { Type: 'Place', Next: [] },
        K: work(undefined, { Cancels: ['B', 'E', 'P'] }),
      }),
    );
    desk.complete('A');
    desk.begin('B');
    desk.complete('C');
    expect(desk.open).toEqual(['B', 'E', 'G', 'K']);
    desk.complete('K');
    expect(desk.open).toEqual(['G']);
    expect(desk.cancelled.toSorted()).toEqual(['B', 'E']);
    desk.complete('G');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.replay()).toEqual(desk.state);
  });

  it('spares a state that is completing from what its own completion brings about', () => {
    const desk = new Desk(
      definition({
        A: pass(['M', 'K']),
        M: {
          Type: 'Map',
          Items: [1, 2],
          ItemProcessor: { StartAt: 'I', States: { I: work(undefined) } },
          Cancels: ['K'],
          End: true,
        },
        K: work('L', { Completes: ['M'] }),
        L: work(undefined),
      }),
    );
    desk.complete('K');
    expect(desk.open).toEqual(['L']);
    desk.complete('L');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.replay()).toEqual(desk.state);
  });

  it('does not when a catcher takes over', () => {
    const desk = new Desk(
      definition({
        A: pass(['B', 'K']),
        B: work(undefined),
        K: work(undefined, { Cancels: ['B'], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'H' }] }),
        H: pass(undefined),
      }),
    );
    desk.begin('K');
    desk.tell({ type: 'TaskFailed', activation: desk.id('K'), attempt: 1, reason: 'failed', error: 'E' });
    expect(desk.open).toEqual(['B']);
  });

  it('withdraws branches with everything in them, and timers', () => {
    const desk = new Desk(
      definition({
        A: pass(['Both', 'K', 'T']),
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'X', States: { X: work(undefined) } },
            { StartAt: 'Y', States: { Y: { Type: 'Wait', Seconds: 9, End: true } } },
          ],
          End: true,
        },
        T: { Type: 'Wait', Seconds: 10, End: true },
        K: work(undefined, { Cancels: ['Both', 'T'] }),
      }),
    );
    expect(desk.open).toEqual(['K', 'X']);
    desk.complete('K');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.state.scopes.size + desk.state.activations.size + desk.state.offers.size).toBe(0);
    expect(desk.cancelled).toEqual(['X']);
  });
});

describe('ends of a net', () => {
  it('waits for all, and gives the output of the last', () => {
    const desk = new Desk(definition({ A: pass(['B', 'C']), B: work(undefined), C: work(undefined) }));
    desk.complete('C', 'c');
    expect(desk.state.status).toBe('RUNNING');
    desk.complete('B', 'b');
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'b' });
  });

  it('ends at once with Succeed', () => {
    const desk = new Desk(
      definition({ A: pass(['B', 'C']), B: work('T'), C: work(undefined), T: { Type: 'Succeed' } }),
    );
    desk.begin('C');
    desk.complete('B', 'b');
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'b' });
    expect(desk.cancelled).toEqual(['C']);
  });

  it('fails with a deadlock that tells what waits for what, and can be caught', () => {
    const stuck = {
      StartAt: 'A',
      States: {
        A: pass(['J', 'M']),
        J: pass(undefined, { Join: 'all' }),
        M: place('J', 'N'),
        N: pass('J', { Milestone: 'M' }),
      },
    };
    const desk = new Desk(
      definition({
        Try: {
          Type: 'Parallel',
          Branches: [stuck],
          Catch: [{ ErrorEquals: ['States.Deadlock'], Next: 'Caught', Output: '{% $states.errorOutput %}' }],
          End: true,
        },
        Caught: pass(undefined),
      }),
    );
    expect(desk.state.status).toBe('SUCCEEDED');
  });

  it('fails with what a join has collected once that is too large', () => {
    const desk = new Desk(
      definition({ A: pass(['B', 'B']), B: pass(['B', 'B'], { Join: { Threads: 2 } }) }),
      'x'.repeat(1000),
    );
    for (let turn = 0; desk.more && turn < 10; turn += 1) desk.tell({ type: 'Wake' });
    expect(desk.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.DataLimitExceeded' } });
    expect(desk.state.failure?.cause).toBe("What the join of the state 'B' has collected is too large.");
  });

  it('says in the cause which tokens are left', () => {
    const desk = new Desk(
      definition({
        A: pass(['J', 'P']),
        J: pass(undefined, { Join: 'all' }),
        P: { Type: 'Place', Next: [] },
        B: pass('J'),
      }),
    );
    expect(desk.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.Deadlock' } });
    expect(desk.state.failure?.cause).toBe(
      "Nothing can happen any more, and tokens are left: 'J' has tokens from 'A' and waits for 'B'; a token rests in the place 'P'. " +
        `Give 'J' "Join": "active" if branches may be left out, or correct the definition, and redrive with it.`,
    );
  });
});

describe('maps that do not wait for all', () => {
  const map = (more: object, processor: object = work(undefined)) => ({
    Type: 'Map',
    Items: '{% $states.input.items %}',
    ItemProcessor: { StartAt: 'I', States: { I: processor } },
    Next: 'C',
    ...more,
  });
  const flow = (more: object) => definition({ M: map(more) as never, C: work(undefined) });

  it('keeps the rest', () => {
    const desk = new Desk(flow({ Completion: { Count: 2 } }), { items: [1, 2, 3] });
    desk.complete('I', 'one', 0);
    desk.complete('I', 'three', 1);
    expect(desk.allOpen).toEqual(['C', 'I']);
    expect(desk.state.offers.get(desk.id('C'))?.task?.input).toMatchObject({ Payload: ['one', 'three'] });
    desk.complete('C', 'c');
    expect(desk.state.status).toBe('RUNNING');
    desk.complete('I', 'two');
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'c' });
    expect(desk.replay()).toEqual(desk.state);
  });

  it('ignores that a kept item fails', () => {
    const desk = new Desk(flow({ Completion: { Count: 1 } }), { items: [1, 2] });
    desk.complete('I');
    desk.complete('C', 'c');
    desk.tell({ type: 'TaskFailed', activation: desk.id('I'), attempt: 1, reason: 'failed', error: 'E' });
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'c' });
  });

  it('cancels the rest', () => {
    const desk = new Desk(flow({ Completion: { Count: 2 }, Rest: 'cancel' }), { items: [1, 2, 3] });
    desk.complete('I');
    const late = desk.id('I', 1);
    desk.complete('I');
    expect(desk.open).toEqual(['C']);
    expect(desk.tell({ type: 'TaskSucceeded', activation: late, attempt: 1, output: {} })).toEqual([]);
  });

  it('asks a condition about the results, and takes items while it runs', () => {
    const desk = new Desk(
      flow({ Completion: { Condition: '{% $count($states.context.Map.Results[ok]) >= 2 %}' }, Dynamic: true }),
      { items: [1, 2] },
    );
    desk.complete('I', { ok: false });
    desk.add('M', [3], 'a');
    expect(desk.add('M', [3], 'a')).toEqual([]);
    desk.add('M', [4], 'b');
    expect(desk.allOpen).toEqual(['I', 'I', 'I']);
    desk.complete('I', { ok: true });
    desk.complete('I', { ok: true });
    expect(desk.allOpen).toEqual(['C', 'I']);
    expect(desk.add('M', [5], 'c')).toEqual([]);
    desk.complete('I', { ok: true });
    desk.complete('C');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.replay()).toEqual(desk.state);
  });

  it('does not wait at all', () => {
    const desk = new Desk(flow({ Synchronize: false, MaxConcurrency: 2 }), { items: [1, 2, 3] });
    expect(desk.allOpen).toEqual(['C', 'I', 'I']);
    desk.complete('C', 'c');
    desk.complete('I');
    expect(desk.allOpen).toEqual(['I', 'I']);
    desk.complete('I');
    desk.complete('I');
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'c' });
  });

  it('is completed by another state, or cancelled with what it has kept', () => {
    const completed = new Desk(
      definition({
        A: pass(['M', 'K']),
        M: map({ Dynamic: true }) as never,
        C: work(undefined),
        K: work(undefined, { Completes: ['M'] }),
      }),
      { items: [1, 2, 3] },
    );
    completed.complete('I', 'one');
    completed.complete('K');
    expect(completed.open).toEqual(['C']);
    expect(completed.state.offers.get(completed.id('C'))?.task?.input).toMatchObject({ Payload: ['one'] });
    completed.complete('C');
    expect(completed.state.status).toBe('SUCCEEDED');

    const cancelled = new Desk(
      definition({
        A: pass(['M', 'K']),
        M: map({ Completion: { Count: 1 } }) as never,
        C: work(undefined),
        K: work(undefined, { Cancels: ['M'] }),
      }),
      { items: [1, 2, 3] },
    );
    cancelled.complete('I', 'one');
    expect(cancelled.allOpen).toEqual(['C', 'I', 'I', 'K']);
    cancelled.complete('K');
    expect(cancelled.open).toEqual(['C']);
    expect(cancelled.replay()).toEqual(cancelled.state);
  });
});

describe('maps that fail', () => {
  const map = (more: JsonObject): JsonObject => ({
    Type: 'Map',
    Items: [1, 2],
    ItemProcessor: { StartAt: 'I', States: { I: work(undefined) } },
    ...more,
  });

  it('fail their scope with the error of an item that cannot be made', () => {
    const desk = new Desk(
      definition({ M: map({ ItemSelector: '{% $error("no") %}', Synchronize: false, End: true }) }),
    );
    expect(desk.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.QueryEvaluationError' } });
    expect(desk.replay()).toEqual(desk.state);
  });

  it('fail a scope that is about to succeed', () => {
    const desk = new Desk(
      definition({
        A: pass(['M', 'K']),
        M: map({ Output: '{% $error("no") %}', End: true }),
        K: work('S'),
        S: { Type: 'Succeed', Completes: ['M'] },
      }),
    );
    desk.complete('K');
    expect(desk.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.QueryEvaluationError' } });
    expect(desk.replay()).toEqual(desk.state);
  });

  it('are completed without results while they wait for their next attempt', () => {
    const desk = new Desk(
      definition({
        A: pass(['M', 'K']),
        M: map({ Next: 'C', Retry: [{ ErrorEquals: ['States.ALL'] }] }),
        C: work(undefined),
        K: work(undefined, { Completes: ['M'] }),
      }),
    );
    desk.tell({ type: 'TaskFailed', activation: desk.id('I'), attempt: 1, reason: 'failed', error: 'E' });
    expect(desk.open).toEqual(['K']);
    desk.complete('K');
    expect(desk.open).toEqual(['C']);
    expect(desk.state.offers.get(desk.id('C'))?.task?.input).toMatchObject({ Payload: [] });
    expect(desk.isSound).toBe(true);
  });

  it('make their output again after a redrive, while what they have kept runs on', () => {
    const states = (output: string) =>
      definition({ M: map({ Synchronize: false, Output: output, Next: 'C' }), C: work(undefined) });
    const desk = new Desk(states('{% $error("no") %}'));
    expect(desk.state.status).toBe('FAILED');
    desk.redrive(states('{% $states.result %}'));
    expect(desk.allOpen).toEqual(['C', 'I', 'I']);
    desk.complete('C', 'c');
    desk.complete('I');
    desk.complete('I');
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'c' });
    expect(desk.replay()).toEqual(desk.state);
  });
});

describe('work items', () => {
  it('are returned, and taken again', () => {
    const desk = new Desk(definition({ A: work(undefined, { Arguments: { Assignee: 'ann', Payload: 1 } }) }));
    const id = desk.id('A');
    desk.tell({ type: 'TaskStarted', activation: id, attempt: 1, worker: 'ann' });
    expect(desk.state.activations.get(id)?.work).toMatchObject({ stage: 'started', worker: 'ann' });
    desk.tell({ type: 'TaskReturned', activation: id, attempt: 1 });
    expect(desk.state.activations.get(id)?.work).toMatchObject({ stage: 'scheduled' });
    expect(desk.tell({ type: 'TaskReturned', activation: id, attempt: 1 })).toEqual([]);
    desk.tell({ type: 'TaskStarted', activation: id, attempt: 1, worker: 'bob' });
    desk.complete('A', 'done');
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(desk.replay()).toEqual(desk.state);
  });
});
