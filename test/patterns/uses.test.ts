import { describe, expect, it } from 'vitest';
import { compileStored, load } from '../../lib/execution/definitions.ts';
import { patternTags } from '../../lib/execution/pattern-tags.ts';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import { patternsOf } from '../../lib/patterns/index.ts';

type Next = string | readonly string[];

const task = (next?: Next, rest: JsonObject = {}): JsonObject => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::knhk:workItem',
  ...(next === undefined ? { End: true } : { Next: next as Json }),
  ...rest,
});

const choice = (...next: readonly string[]): JsonObject => {
  const [last = '', ...first] = next.toReversed();
  const rules = first.toReversed().map((name) => ({ Condition: '{% $states.input.x %}', Next: name }));
  return { Type: 'Choice', Choices: rules, Default: last };
};

function usesOf(states: JsonObject, beside: JsonObject = {}): Readonly<Record<string, readonly string[]>> {
  const [StartAt = ''] = Object.keys(states);
  const { definition, findings } = load({ QueryLanguage: 'JSONata', StartAt, States: states, ...beside });
  if (definition === undefined) throw new Error(findings.map(({ message }) => message).join('\n'));
  return Object.fromEntries(patternsOf(definition).map(({ id, pointers }) => [id, pointers]));
}

const ids = (states: JsonObject, beside: JsonObject = {}) => Object.keys(usesOf(states, beside));

describe('Merges', () => {
  it('of ways that exclude one another are simple, also behind a join of parallel branches', () => {
    const states = {
      A: task(['B', 'C']),
      B: task('D'),
      C: task('D'),
      D: task('E', { Join: 'all' }),
      E: choice('F', 'G'),
      F: task('H'),
      G: task('H'),
      H: task(),
    };
    expect(usesOf(states)).toMatchObject({ 'WCP-3': ['/States/D/Join'], 'WCP-5': ['/States/H'] });
    expect(ids(states)).not.toContain('WCP-8');
  });

  it('of parallel branches happen several times', () => {
    const states = { A: task(['B', 'C']), B: task('D'), C: task('D'), D: task('E'), E: task() };
    expect(usesOf(states)).toMatchObject({ 'WCP-8': ['/States/D'] });
  });

  it('are generalized where a branch brings several tokens', () => {
    const twice = { A: task(['B', 'B', 'C']), B: task('D'), C: task('D'), D: task(undefined, { Join: 'all' }) };
    expect(usesOf(twice)).toMatchObject({ 'WCP-33': ['/States/D/Join'], 'WCP-42': ['/States/A/Next'] });
    const round = { A: task(['A', 'B', 'C']), B: task('D'), C: task('D'), D: task(undefined, { Join: 'all' }) };
    expect(ids(round)).toContain('WCP-33');
    expect(ids(round)).not.toContain('WCP-3');
  });

  it('that count are blocking only on a cycle', () => {
    const join = { Join: { Count: 1, Rest: 'absorb' } };
    const once = { A: task(['B', 'C']), B: task('D'), C: task('D'), D: task(undefined, join) };
    expect(ids(once)).toEqual(['WCP-1', 'WCP-2', 'WCP-9']);
    const again = { ...once, D: task('E', join), E: choice('A', 'F'), F: task() };
    expect(ids(again)).toEqual(expect.arrayContaining(['WCP-9', 'WCP-28']));
  });
});

describe('An OR-join', () => {
  const select = { ...choice('B', 'C'), Select: 'All' };
  const structured = { A: select, B: task('D'), C: task('D'), D: task('E', { Join: 'active' }), E: task() };

  it('is structured where one split has it to itself', () => {
    expect(usesOf(structured)).toMatchObject({ 'WCP-7': ['/States/D/Join'] });
  });

  it('is structured also where both are repeated together', () => {
    const states = { ...structured, E: choice('A', 'F'), F: task() };
    expect(ids(states)).toContain('WCP-7');
  });

  it('is local where a branch may leave', () => {
    const states = { ...structured, C: choice('D', 'E') };
    expect(ids(states)).toContain('WCP-37');
  });

  it.each([
    ['a loop', { C: task('G'), G: choice('C', 'D') }],
    ['another join', { B: task('G'), C: task(['G', 'D']), G: task('D', { Join: 'all' }) }],
    ['a cancellation', { E: task(undefined, { Cancels: ['B'] }) }],
  ])('is general with %s before it', (_what, change) => {
    const found = ids({ ...structured, ...change });
    expect(found).toContain('WCP-38');
    expect(found).not.toContain('WCP-7');
  });
});

describe('Cycles', () => {
  it('with one entry and one exit are loops, and an exit by a catcher does not count', () => {
    const states = {
      A: task('B'),
      B: task('C', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'D' }] }),
      C: choice('B', 'D'),
      D: task(),
    };
    expect(usesOf(states)).toMatchObject({ 'WCP-21': ['/States/B'] });
  });

  it('with several entries or exits are arbitrary', () => {
    const entries = { A: choice('B', 'C'), B: task('C'), C: choice('B', 'D'), D: task() };
    expect(usesOf(entries)['WCP-10']).toEqual(['/States/B', '/States/C']);
    const exits = { A: choice('B', 'D'), B: choice('A', 'C'), C: task(), D: task() };
    expect(ids(exits)).toContain('WCP-10');
  });
});

describe('Instances', () => {
  const map = (rest: JsonObject): JsonObject => ({
    A: { Type: 'Map', ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } }, End: true, ...rest },
  });

  it.each<[JsonObject, readonly string[]]>([
    [{ Items: [1, 2, 3] }, ['WCP-13']],
    [{ Items: '{% $states.input.list %}' }, ['WCP-14']],
    [{}, ['WCP-14']],
    [{ Dynamic: true }, ['WCP-15']],
    [{ Synchronize: false }, ['WCP-11', 'WCP-12']],
    [{ Completion: { Count: 2 } }, ['WCP-11', 'WCP-34']],
    [{ Completion: { Count: 2 }, Rest: 'cancel' }, ['WCP-35']],
    [{ Completion: { Count: 2 }, Dynamic: true }, ['WCP-11', 'WCP-36']],
    [{ Completion: { Count: 2 }, Dynamic: true, Rest: 'cancel' }, ['WCP-35', 'WCP-36']],
  ])('of a Map with %j are %j', (fields, expected) => {
    expect(ids(map(fields))).toEqual(expected);
  });
});

describe('Cancellation', () => {
  const states = (cancels: readonly string[]) => ({
    A: task(['B', 'C', 'M', 'K']),
    B: task(),
    C: task(),
    M: { Type: 'Map', ItemProcessor: { StartAt: 'I', States: { I: task() } }, End: true },
    K: task(undefined, { Cancels: [...cancels] }),
  });
  const only = ['WCP-19', 'WCP-25', 'WCP-26'];

  it.each([
    [['B'], ['WCP-19']],
    [['M'], ['WCP-26']],
    [['B', 'C'], ['WCP-25']],
    [
      ['B', 'M'],
      ['WCP-25', 'WCP-26'],
    ],
  ])('of %j is %j', (cancels, expected) => {
    expect(ids(states(cancels)).filter((id) => only.includes(id))).toEqual(expected);
  });

  it('of the case is used where the definition does it, or has children', () => {
    const fail = { Type: 'Fail', Error: 'E' };
    expect(ids({ A: task(['B', 'C']), B: task(), C: fail })).toContain('WCP-20');
    expect(ids({ A: { Type: 'Pass', Next: 'B' }, B: fail })).not.toContain('WCP-20');
    expect(usesOf({ A: { Type: 'Pass', End: true } }, { TimeoutSeconds: 60 })).toEqual({
      'WCP-20': ['/TimeoutSeconds'],
    });
    const child = 'arn:aws:states:::states:startExecution.sync:2';
    const start = (arn: string) => ({
      A: { Type: 'Task', Resource: child, Arguments: { StateMachineArn: arn, Input: {} }, End: true },
    });
    expect(ids(start('arn:aws:states:us-east-1:000000000000:stateMachine:other'))).toEqual(['WCP-20']);
    expect(ids(start('{% $states.context.StateMachine.Id %}'))).toEqual(['WCP-20', 'WCP-22']);
  });
});

describe('Mutexes', () => {
  const parallel = {
    A: task(['B', 'C', 'D']),
    B: task('E'),
    C: task('E'),
    D: task('E'),
    E: task(undefined, { Join: 'all' }),
  };

  it.each<[Json, string]>([
    [['B', 'C', 'D'], 'WCP-40'],
    [['B', 'C', 'E'], 'WCP-17'],
    [[['B', 'E'], ['C']], 'WCP-39'],
  ])('%j is %s', (groups, expected) => {
    const uses = usesOf(parallel, { Mutex: { 'a/b': groups } });
    expect(uses[expected]).toEqual(['/Mutex/a~1b']);
  });
});

describe('Plain Amazon States Language', () => {
  it('ends explicitly only where something else may be left', () => {
    const succeed = { Type: 'Succeed' };
    expect(ids({ A: choice('B', 'C'), B: succeed, C: { Type: 'Pass', End: true } })).toEqual(['WCP-4']);
    expect(ids({ A: task(['B', 'C']), B: task(), C: succeed })).toContain('WCP-43');
  });

  it('splits and joins in a Parallel, whose states are found by pointer', () => {
    const branch = (name: string) => ({
      StartAt: name,
      States: { [name]: { Type: 'Pass', Next: `${name}2` }, [`${name}2`]: { Type: 'Pass', End: true } },
    });
    expect(usesOf({ A: { Type: 'Parallel', Branches: [branch('B~/'), branch('C')], End: true } })).toEqual({
      'WCP-1': ['/States/A/Branches/0/States/B~0~1/Next', '/States/A/Branches/1/States/C/Next'],
      'WCP-2': ['/States/A/Branches'],
      'WCP-3': ['/States/A'],
    });
  });
});

it('is found out once for a plan', () => {
  const states = { A: task(['B', 'C']), B: task(), C: task() };
  const plan = compileStored(JSON.stringify({ StartAt: 'A', States: states }));
  const tags = patternTags(plan);
  expect(tags).toEqual(['WCP-2', 'WCP-11']);
  expect(patternTags(plan)).toBe(tags);
});
