import { describe, expect, it } from 'vitest';
import { loadDefinition, type Optimizations } from '../../../lib/language/index.ts';
import type { Json } from '../../../lib/model/json.ts';
import { lambda, options } from '../compile/fixture.ts';

function optimizations(definition: Json): Optimizations {
  const loaded = loadDefinition(definition, options);
  if (loaded.plan === undefined) throw new Error(JSON.stringify(loaded.findings));
  return loaded.optimizations();
}

function folded(expression: string): boolean {
  const state = { Type: 'Pass', Output: `{% ${expression} %}`, End: true };
  return optimizations({ QueryLanguage: 'JSONata', StartAt: 'S', States: { S: state } }).folded.length > 0;
}

function foldedCalls(text: string): readonly string[] {
  const state = { Type: 'Pass', Parameters: { 'a.$': text }, End: true };
  return optimizations({ StartAt: 'S', States: { S: state } }).folded.map(({ expression }) => expression);
}

describe('of a JSONata expression', () => {
  it.each([
    '1 + 2 * 3',
    "$uppercase('a') & $string(1)",
    '$map([1..3], function($v) { $v * 2 })',
    '($x := 2; {"double": $x * 2})',
    "$hash('a', 'SHA-256')",
    '[1, 2, 3][$ > 1]',
    "$fromMillis(0, '[Y]')",
  ])('%s is evaluated once', (expression) => {
    expect(folded(expression)).toBe(true);
  });

  it.each([
    '$states.input.a + 1',
    '$states.context.State.Name',
    '$now()',
    '$millis() > 0',
    '$random()',
    '$random(1)',
    '$map([1..3], $random)',
    '$shuffle([1..3])',
    '$uuid()',
    "$toMillis('12:00', '[H]:[m]')",
  ])('%s depends on something', (expression) => {
    expect(folded(expression)).toBe(false);
  });

  it.each(["1 + 'a'", "$error('never')", '$parse("no")', '$sum'])('%s fails, and does so at run time', (expression) => {
    expect(folded(expression)).toBe(false);
  });

  it('one that costs much is left to run time', () => {
    expect(folded('$sum([1..100])')).toBe(true);
    expect(folded('$sum([1..100000])')).toBe(false);
  });

  it('so many that compiling would take long are left to run time', () => {
    const expressions = Array.from({ length: 200 }, (_, index) => `{% $sum([${index}..${index + 3_000}]) %}`);
    const state = { Type: 'Pass', Output: expressions, End: true };
    const { length } = optimizations({ QueryLanguage: 'JSONata', StartAt: 'S', States: { S: state } }).folded;
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(200);
  });
});

describe('of an intrinsic function call', () => {
  it.each([
    "States.Format('{} of {}', 1, States.ArrayLength(States.Array(1, 2)))",
    "States.Hash('a', 'SHA-256')",
    'States.MathRandom(1, 100, 7)',
  ])('%s is evaluated once, as a whole', (text) => {
    expect(foldedCalls(text)).toEqual([text]);
  });

  it.each([
    'States.UUID()',
    'States.MathRandom(1, 9)',
    "States.Format('{}', $.a)",
    'States.ArrayGetItem(States.Array(1), 5)',
  ])('%s is not, as a whole', (text) => {
    expect(foldedCalls(text)).not.toContain(text);
  });

  it('the constant calls in it are', () => {
    expect(foldedCalls("States.Array($.a, States.Format('{}', 1), States.MathAdd(1, States.MathAdd(2, 3)))")).toEqual([
      "States.Format('{}', 1)",
      'States.MathAdd(1, States.MathAdd(2, 3))',
    ]);
  });
});

describe('the report', () => {
  const choice = (...rules: readonly Json[]) => ({ Type: 'Choice', Choices: rules, Default: 'Work' });

  it('names places by JSON pointers, within branches and items too', () => {
    const inner = (name: string) => ({
      StartAt: name,
      States: { [name]: { Type: 'Pass', QueryLanguage: 'JSONata', Output: { 'a/b': ['{% 1 + 1 %}'] }, End: true } },
    });
    const { folded } = optimizations({
      StartAt: 'Both',
      States: {
        Both: { Type: 'Parallel', Branches: [inner('A'), inner('B')], Next: 'Each' },
        Each: { Type: 'Map', ItemProcessor: inner('C'), Next: 'Stop' },
        Stop: { Type: 'Fail', Error: 'E', CausePath: "States.Format('{}', 'c')" },
      },
    });
    expect(folded.map(({ pointer }) => pointer)).toEqual([
      '/States/Both/Branches/0/States/A/Output/a~1b/0',
      '/States/Both/Branches/1/States/B/Output/a~1b/0',
      '/States/Each/ItemProcessor/States/C/Output/a~1b/0',
      '/States/Stop/CausePath',
    ]);
  });

  it('shows chains of Pass and Choice states, and no state that is alone', () => {
    const { fused } = optimizations({
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Next: 'B' },
        B: choice({ Condition: '{% $states.input.n > 1 %}', Next: 'C' }),
        C: { Type: 'Pass', Next: 'Work' },
        Work: { Type: 'Task', Resource: lambda, Next: 'Alone' },
        Alone: { Type: 'Pass', Next: 'Again' },
        Again: { Type: 'Task', Resource: lambda, Next: 'Last' },
        Last: { Type: 'Pass', End: true },
      },
    });
    expect(fused).toEqual([{ states: ['A', 'B', 'C'] }]);
  });

  it('is empty for a plan that was compiled without', () => {
    const loaded = loadDefinition(
      { StartAt: 'A', States: { A: { Type: 'Pass', Parameters: { 'a.$': 'States.MathAdd(1, 2)' }, End: true } } },
      { ...options, isOptimized: false },
    );
    if (loaded.plan === undefined) throw new Error('It is valid.');
    expect(loaded.optimizations()).toEqual({ folded: [], fused: [] });
    expect(loaded.plan.scopes[0]?.fused).toBeUndefined();
  });
});
