import { describe, expect, it } from 'vitest';
import { Desk, definition, pass, place, work } from './desk.ts';

describe('joins', () => {
  it('starts a state for each token without one, and waits for all branches with "all"', () => {
    const each = new Desk(definition({ A: work(['B', 'C']), B: work('D'), C: work('D'), D: work(undefined) }));
    each.complete('A');
    each.complete('B', 'b');
    each.complete('C', 'c');
    expect(each.allOpen).toEqual(['D', 'D']);
    each.complete('D');
    each.complete('D');
    expect(each.state.status).toBe('SUCCEEDED');

    const all = new Desk(
      definition({ A: work(['B', 'C']), B: work('D'), C: work('D'), D: work(undefined, { Join: 'all' }) }),
    );
    all.complete('A');
    all.complete('C', 'c');
    expect(all.open).toEqual(['B']);
    all.complete('B', 'b');
    expect(all.open).toEqual(['D']);
    expect(all.state.offers.get(all.id('D'))?.task?.input).toMatchObject({ Payload: ['b', 'c'] });
    expect(all.isSound).toBe(true);
  });

  it('keeps surplus tokens of a branch for the next time', () => {
    const desk = new Desk(
      definition({
        A: work(['S', 'S', 'T', 'T']),
        S: work('J'),
        T: work('J'),
        J: work(undefined, { Join: 'all' }),
      }),
    );
    desk.complete('A');
    expect(desk.allOpen).toEqual(['S', 'S', 'T', 'T']);
    desk.complete('S', 1);
    desk.complete('S', 2);
    expect(desk.open).toEqual(['T']);
    desk.complete('T', 3);
    expect(desk.open).toEqual(['J', 'T']);
    desk.complete('J');
    desk.complete('T', 4);
    desk.complete('J');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.isSound).toBe(true);
  });

  const discriminator = (join: object) =>
    definition({
      A: work(['B', 'C', 'D']),
      B: work('E'),
      C: work('E'),
      D: work('E'),
      E: work('More', { Join: join as never, Output: '{% $states.result %}' }),
      More: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.again %}', Next: 'A' }], Default: 'Done' },
      Done: pass(undefined),
    });

  it('fires at the k-th branch, absorbs the rest, holds back what comes again', () => {
    const desk = new Desk(discriminator({ Count: 1, Rest: 'absorb' }));
    desk.complete('A');
    desk.complete('B');
    expect(desk.open).toEqual(['C', 'D', 'E']);
    desk.complete('E', { again: true });
    desk.complete('A');
    desk.complete('B');
    expect(desk.open).toEqual(['C', 'D']);
    desk.complete('C');
    desk.complete('C');
    expect(desk.open).toEqual(['D']);
    desk.complete('D');
    expect(desk.open).toEqual(['D', 'E']);
    desk.complete('E', { again: false });
    expect(desk.state.status).toBe('RUNNING');
    desk.complete('D');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.replay()).toEqual(desk.state);
  });

  it('withdraws the other branches with Rest cancel, and resets at once', () => {
    const desk = new Desk(discriminator({ Count: 2, Rest: 'cancel', Cancels: ['B', 'C', 'D'] }));
    desk.complete('A');
    desk.complete('B');
    desk.begin('C');
    const late = desk.id('C');
    desk.complete('D');
    expect(desk.open).toEqual(['E']);
    expect(desk.cancelled).toContain('C');
    expect(desk.tell({ type: 'TaskSucceeded', activation: late, attempt: 1, output: {} })).toEqual([]);
    desk.complete('E', { again: true });
    desk.complete('A');
    desk.complete('C');
    desk.complete('B');
    expect(desk.open).toEqual(['E']);
    desk.complete('E', { again: false });
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.replay()).toEqual(desk.state);
  });

  it('evaluates a count when the first token of a round comes', () => {
    const desk = new Desk(discriminator({ Count: '{% $states.input.n %}', Rest: 'absorb' }));
    desk.complete('A');
    desk.complete('B', { n: 2 });
    expect(desk.open).toEqual(['C', 'D']);
    desk.complete('C', { n: 1 });
    expect(desk.open).toEqual(['D', 'E']);
    expect(desk.isSound).toBe(true);
  });

  it('evaluates a count with the value of that token as its input', () => {
    const desk = new Desk(
      definition({
        A: work(['B', 'B']),
        B: work('J'),
        J: work(undefined, { Join: { Threads: '{% $states.input %}' } }),
      }),
    );
    desk.complete('A');
    desk.complete('B', 2);
    expect(desk.open).toEqual(['B']);
    desk.complete('B', 1);
    expect(desk.open).toEqual(['J']);
  });

  it('evaluates a count anew when a round has lost its tokens before it fired', () => {
    const n = '{% $states.input.n %}';
    const taken = new Desk(
      definition({
        A: work(['P', 'G']),
        P: place('J', 'X'),
        X: work(undefined),
        G: work('P'),
        J: work(undefined, { Join: { Threads: n } }),
      }),
    );
    taken.complete('A', { n: 2 });
    expect(taken.open).toEqual(['G', 'X']);
    taken.complete('X');
    taken.complete('G', { n: 1 });
    expect(taken.open).toEqual(['J', 'X']);
    expect(taken.isSound).toBe(true);

    const withdrawn = new Desk(
      definition({
        A: work(['P', 'G', 'K']),
        P: place('J'),
        K: work(undefined, { Cancels: ['P'] }),
        G: work(['P', 'H']),
        H: work('J'),
        J: work(undefined, { Join: { Count: n, Rest: 'absorb' } }),
      }),
    );
    withdrawn.complete('A', { n: 2 });
    withdrawn.complete('K');
    withdrawn.complete('G', { n: 1 });
    expect(withdrawn.open).toEqual(['H', 'J']);
    expect(withdrawn.isSound).toBe(true);
  });

  it('begins a new round when an event has taken the tokens for somebody outside', () => {
    const desk = new Desk(
      definition({
        A: work(['B', 'B', 'B', 'B']),
        B: work('J'),
        J: work(undefined, { Join: { Threads: '{% $states.input.n %}' }, Trigger: { Event: 'e' } }),
      }),
    );
    desk.complete('A');
    desk.complete('B', { n: 2 });
    desk.complete('B', { n: 2 });
    desk.send('e');
    desk.complete('B', { n: 1 });
    desk.send('e');
    expect(desk.allOpen).toEqual(['B', 'J', 'J']);
    expect(desk.isSound).toBe(true);
  });

  it('fails the scope if a count cannot be evaluated', () => {
    const desk = new Desk(discriminator({ Count: '{% $states.input.n %}', Rest: 'absorb' }));
    desk.complete('A');
    desk.complete('B', { n: 'two' });
    expect(desk.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.QueryEvaluationError' } });
    expect(desk.state.failure?.cause).toContain("'E'");
  });

  it('merges threads of one branch', () => {
    const desk = new Desk(
      definition({
        A: work(['B', 'B', 'B', 'B', 'B']),
        B: work('E'),
        E: work('F', { Join: { Threads: 2 } }),
        F: work(undefined),
      }),
    );
    desk.complete('A');
    desk.complete('B', 1);
    expect(desk.open).toEqual(['B']);
    desk.complete('B', 2);
    expect(desk.open).toEqual(['B', 'E']);
    desk.complete('E', {});
    desk.complete('B', 3);
    desk.complete('B', 4);
    desk.complete('E', {});
    desk.complete('F');
    desk.complete('F');
    desk.complete('B', 5);
    expect(desk.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.Deadlock' } });
    expect(desk.state.failure?.cause).toContain("'E' has 1 of 2 tokens");
    expect(desk.replay()).toEqual(desk.state);
  });

  it('decides an OR-join again when a branch goes elsewhere', () => {
    const desk = new Desk(
      definition({
        A: work(['B', 'C']),
        B: work('Where'),
        Where: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.d %}', Next: 'D' }], Default: 'F' },
        C: work('J'),
        D: work('J'),
        F: work(undefined),
        J: work(undefined, { Join: 'active' }),
      }),
    );
    desk.complete('A');
    desk.complete('C');
    expect(desk.open).toEqual(['B']);
    desk.complete('B', { d: false });
    expect(desk.open).toEqual(['F', 'J']);
    desk.complete('J');
    desk.complete('F');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.isSound).toBe(true);
  });

  it('lets the first of two OR-joins fire that wait for each other, and says so', () => {
    const desk = new Desk(
      definition({
        A: pass(['B', 'C']),
        B: pass('J'),
        C: pass('K'),
        J: pass(['K', 'End J'], { Join: 'active' }),
        K: pass(['J', 'End K'], { Join: 'active' }),
        'End J': work(undefined),
        'End K': work(undefined),
      }),
    );
    expect(desk.types).toContain('JoinTieBroken');
    expect(desk.events.find(({ type }) => type === 'JoinTieBroken')).toMatchObject({ state: 'J' });
  });

  it('does not wait for a branch that can only come once another is withdrawn from a place before the join', () => {
    const desk = new Desk(
      definition({
        A: work(['P', 'K']),
        P: place('J'),
        K: work('J', { Cancels: ['J'] }),
        J: work(undefined, { Join: 'active' }),
      }),
    );
    desk.complete('A');
    expect(desk.open).toEqual(['J', 'K']);
    desk.complete('K');
    desk.complete('J');
    expect(desk.state.status).toBe('SUCCEEDED');
  });

  it('counts tokens that rest in a place before a join', () => {
    const desk = new Desk(
      definition({ A: work(['P', 'B']), P: place('J'), B: work('J'), J: work(undefined, { Join: 'all' }) }),
    );
    desk.complete('A', 'a');
    desk.complete('B', 'b');
    expect(desk.open).toEqual(['J']);
    desk.complete('J');
    expect(desk.state.status).toBe('SUCCEEDED');
  });
});
