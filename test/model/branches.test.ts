import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lib/model/json.ts';
import { inOrder, LAMBDA, Scenario } from './scenario.ts';

const work = inOrder({ I: { Type: 'Task', Resource: LAMBDA } });
const map = (rest: JsonObject, ItemProcessor: JsonObject = work) =>
  inOrder({ M: { Type: 'Map', ItemProcessor, ...rest } });

describe('Parallel', () => {
  it('gives the results in the order of its branches, whichever is first', () => {
    const branch = (name: string) => inOrder({ [name]: { Type: 'Task', Resource: LAMBDA } });
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: [branch('A'), branch('B')] } }), 7);
    expect(run.tasks().map(({ input }) => input)).toEqual([7, 7]);
    run.succeed('b', run.task('B'));
    expect(run.state.status).toBe('RUNNING');
    run.succeed('a', run.task('A'));
    expect(run.state.output).toEqual(['a', 'b']);
  });

  it('nests', () => {
    const leaf = (name: string) => inOrder({ [name]: { Type: 'Pass' } });
    const inner = inOrder({ Q: { Type: 'Parallel', Branches: [leaf('A'), leaf('B')] } });
    const run = new Scenario(inOrder({ P: { Type: 'Parallel', Branches: [inner, leaf('C')] } }), 1);
    expect(run.state.output).toEqual([[1, 1], 1]);
  });

  it('keeps the variables of a branch from the outside', () => {
    const branch = inOrder({
      S: { Type: 'Pass', Assign: { y: 2 } },
      U: { Type: 'Pass', Parameters: { 'x.$': '$x', 'y.$': '$y' } },
    });
    const run = new Scenario(
      inOrder({
        A: { Type: 'Pass', Assign: { x: 1 } },
        P: { Type: 'Parallel', Branches: [branch] },
        W: { Type: 'Wait', Seconds: 1 },
      }),
    );
    expect([...run.state.activations.values()][0]?.input).toEqual([{ x: 1, y: 2 }]);
    expect(run.state.scopes.get(0)?.variables).toEqual({ x: 1 });
  });
});

describe('Map', () => {
  it('gives the results in the order of its items', () => {
    const run = new Scenario(map({}), ['a', 'b', 'c']);
    const tasks = run.tasks();
    expect(tasks.map(({ input }) => input)).toEqual(['a', 'b', 'c']);
    for (const task of [...tasks].reverse()) run.succeed([task.input], task);
    expect(run.state.output).toEqual([['a'], ['b'], ['c']]);
  });

  it('is done at once over nothing', () => {
    expect(new Scenario(map({}), []).state.output).toEqual([]);
  });

  it('fails with the error of an item that cannot be made', () => {
    const run = new Scenario(map({ ItemSelector: { 'x.$': '$.missing' } }), [1]);
    expect(run.state).toMatchObject({ status: 'FAILED', failure: { error: 'States.Runtime' } });
    expect(run.replay()).toEqual(run.state);
  });

  it('knows each item by index and value', () => {
    const ItemSelector = { 'index.$': '$$.Map.Item.Index', 'value.$': '$$.Map.Item.Value', 'all.$': '$' };
    const run = new Scenario(map({ ItemSelector }), ['a', 'b']);
    expect(run.tasks()[1]?.input).toEqual({ index: 1, value: 'b', all: ['a', 'b'] });
  });

  it.each([1, 2, 3])('runs at most %i items at a time', (MaxConcurrency) => {
    const run = new Scenario(map({ MaxConcurrency }), [1, 2, 3, 4, 5]);
    const sizes: number[] = [];
    for (let tasks = run.tasks(); tasks.length > 0; tasks = run.tasks()) {
      sizes.push(tasks.length);
      run.succeed(0, tasks.at(-1));
    }
    expect(Math.max(...sizes)).toBe(MaxConcurrency);
    expect(sizes).toHaveLength(5);
    expect(run.state.status).toBe('SUCCEEDED');
  });

  it('fails with the first item that fails', () => {
    const run = new Scenario(map({ MaxConcurrency: 2 }), [1, 2, 3]);
    run.fail({ error: 'E' });
    expect(run.state).toMatchObject({ status: 'FAILED', failure: { error: 'E' } });
    expect(run.cancelled).toEqual(['I']);
    expect(run.types.filter((type) => type === 'ItemStarted')).toHaveLength(2);
  });

  it('starts its items over several decisions if they are many', () => {
    const items = Array.from({ length: 2500 }, (_, index) => index);
    const run = new Scenario(map({}, inOrder({ I: { Type: 'Pass' } })), items);
    expect(run.state.status).toBe('RUNNING');
    expect(run.more).toBe(true);
    while (run.more) run.tell({ type: 'Wake' });
    expect(run.state.output).toEqual(items);
  });

  it('has no more than ten thousand items open, whatever its definition says', () => {
    for (const MaxConcurrency of [0, 50_000]) {
      const run = new Scenario(map({ MaxConcurrency }), Array.from({ length: 10_500 }).fill(0) as number[]);
      while (run.more) run.tell({ type: 'Wake' });
      expect(run.tasks()).toHaveLength(10_000);
      run.succeed(1);
      expect(run.types.filter((type) => type === 'ItemStarted')).toHaveLength(10_001);
    }
  });

  it('within others starts its items one by one where very many are open, and all come to their end', () => {
    const leaf = inOrder({ L: { Type: 'Pass', Next: 'W' }, W: { Type: 'Wait', Seconds: 1 } });
    const inner = inOrder({ N: { Type: 'Map', ItemsPath: '$', ItemProcessor: leaf } });
    const items = Array.from({ length: 8_000 }, () => [1, 2, 3]);
    const run = new Scenario(map({}, inner), items);
    let most = 0;
    for (let turns = 0; run.state.status === 'RUNNING' && turns < 200; turns += 1) {
      if (run.more) run.tell({ type: 'Wake' });
      else run.sleep();
      most = Math.max(most, run.state.scopes.size);
    }
    expect(run.state.status).toBe('SUCCEEDED');
    // 8,000 times 4 scopes otherwise: each of the Maps has one item, and those that came first have three.
    expect(most).toBe(24_000);
    expect(run.state.output).toEqual(items);
  });

  it('withdraws thousands of open items in a moment', () => {
    const items = Array.from({ length: 5000 }, (_, index) => index);
    const run = new Scenario(map({}), items);
    while (run.more) run.tell({ type: 'Wake' });
    expect(run.tasks()).toHaveLength(5000);
    const events = run.fail({ error: 'E' });
    expect(events.map(({ type }) => type)).toEqual([
      'TaskFailed',
      'ScopeFailed',
      'BranchesWithdrawn',
      'BranchesFailed',
      'ExecutionFailed',
    ]);
    expect(run.cancelled).toHaveLength(4999);
  });
});
