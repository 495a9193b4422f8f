import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import { inOrder, LAMBDA, Scenario } from './scenario.ts';

/** Definitions and inputs that try to occupy or exhaust the process: each must fail its state, after a bounded amount of work. */

/** Runs to the end, in at most so many decisions. */
function outcome(definition: JsonObject, input: Json = {}, decisions = 50): string {
  const run = new Scenario(definition, input);
  for (let i = 1; run.more && i < decisions; i += 1) run.tell({ type: 'Wake' });
  return run.state.status === 'FAILED' ? (run.state.failure?.error ?? '') : run.state.status;
}

const pass = (fields: JsonObject, language = 'JSONPath') => ({
  QueryLanguage: language,
  ...inOrder({ A: { Type: 'Pass', ...fields } }),
});
const path = (expression: string) => pass({ Parameters: { 'a.$': expression } });
const jsonata = (expression: string) => pass({ Output: `{% ${expression} %}` }, 'JSONata');
const choice = (pattern: string) => ({
  StartAt: 'A',
  States: {
    A: { Type: 'Choice', Choices: [{ Variable: '$', StringMatches: pattern, Next: 'B' }], Default: 'B' },
    B: { Type: 'Succeed' },
  },
});

const nested = (depth: number): Json => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
const wide: Json = Array.from({ length: 2_000 }, (_, i) => ({ i, a: 'x' }));

describe('a hostile JSONPath', () => {
  it.each<[string, JsonObject, Json, string]>([
    ['descents within descents', path('$..a..a..a..a'), nested(300), 'States.Runtime'],
    ['descents from wildcards', path('$..*..*..*'), nested(500), 'States.Runtime'],
    ['filters that look at all for each', path('$[?(@.a in $..a)]'), wide, 'States.Runtime'],
    ['a filter with an exponential pattern', path('$[?(@ =~ /^(a+)+$/)]'), [`${'a'.repeat(5_000)}!`], 'SUCCEEDED'],
    ['a pattern of many stars', choice(`${'*a'.repeat(500)}b`), 'a'.repeat(100_000), 'SUCCEEDED'],
    ['a long range', path('States.ArrayRange(0, 1000000000, 1)'), {}, 'States.IntrinsicFailure'],
    ['a range without end', path('States.ArrayRange(0, 10, 0)'), {}, 'States.IntrinsicFailure'],
    ['chunks of nothing', path('States.ArrayPartition($, 0)'), [1], 'States.IntrinsicFailure'],
    [
      'a text that is put together of itself',
      path(`States.Format('${'{}'.repeat(100)}'${', $'.repeat(100)})`),
      'x'.repeat(1_000_000),
      'States.IntrinsicFailure',
    ],
  ])('%s', (_what, definition, input, expected) => {
    expect(outcome(definition, input)).toBe(expected);
  });

  it('shares what a state may cost among all its fields', () => {
    const Parameters = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}.$`, '$..a']));
    expect(outcome(pass({ Parameters, ResultPath: null }), nested(900))).toBe('SUCCEEDED');
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}.$`, '$[*].a']));
    expect(
      outcome(
        pass({ Parameters: many, ResultPath: null }),
        Array.from({ length: 10_000 }, () => ({})),
      ),
    ).toBe('States.Runtime');
    const text = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}.$`, 'States.JsonToString($)']));
    expect(outcome(pass({ Parameters: text, ResultPath: null }), 'x'.repeat(1_000_000))).toBe(
      'States.IntrinsicFailure',
    );
  });
});

describe('a hostile JSONata expression', () => {
  it.each([
    ['recursion without end', '($f := function($n) { 1 + $f($n + 1) }; $f(0))'],
    ['a huge range', '[1..1e9]'],
    ['a range that is filtered', '$filter([1..900000], function($x) { $x in [1..900000] })'],
    ['a huge $range', '$range(1, 1e9, 1)'],
    ['chunks of nothing', '$partition([1..10], 0)'],
    ['a padded text', '$pad("", 1e9)'],
    [
      'a text that is put together of itself',
      '($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f("x", 99))',
    ],
    ['an evaluated text', '$eval("1 + 1")'],
  ])('%s', (_what, expression) => {
    expect(outcome(jsonata(expression))).toBe('States.QueryEvaluationError');
  });

  /** Costs about a million units of the four million that a state has. */
  const dear = '$sum($map([1..250], function() { $sum([1..4000]) }))';

  it('shares what a state may cost with those in its other fields', () => {
    expect(outcome(pass({ Output: [`{% ${dear} %}`] }, 'JSONata'))).toBe('SUCCEEDED');
    expect(outcome(pass({ Output: Array(12).fill(`{% ${dear} %}`) }, 'JSONata'))).toBe('States.QueryEvaluationError');
    const Choices = Array(12).fill({ Condition: `{% ${dear} < 0 %}`, Next: 'B' });
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: { A: { Type: 'Choice', Choices }, B: { Type: 'Succeed' } },
    };
    expect(outcome(definition)).toBe('States.QueryEvaluationError');
  });

  it('leaves what follows to later decisions, so that others get their turn', () => {
    const Output = `{% ${dear} %}`;
    const names = Array.from({ length: 12 }, (_, i) => `S${i}`);
    const run = new Scenario({
      QueryLanguage: 'JSONata',
      ...inOrder(Object.fromEntries(names.map((name) => [name, { Type: 'Pass', Output }]))),
    });
    const entered = run.events.filter(({ type }) => type === 'StateEntered').length;
    expect(run.more).toBe(true);
    expect(entered).toBeLessThan(9);
    while (run.more) run.tell({ type: 'Wake' });
    expect(run.state.status).toBe('SUCCEEDED');
  });

  it('is stopped in the items of a Map as well', () => {
    const ItemProcessor = { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } };
    const Items = Array.from({ length: 12 }, (_, i) => i);
    const map = { Type: 'Map', Items, ItemSelector: { a: `{% ${dear} %}` }, ItemProcessor };
    const run = new Scenario({ QueryLanguage: 'JSONata', ...inOrder({ M: map }) });
    expect(run.events.filter(({ type }) => type === 'ItemStarted').length).toBeLessThan(9);
    while (run.more) run.tell({ type: 'Wake' });
    expect(run.state.status).toBe('SUCCEEDED');
  });
});

describe('a task', () => {
  it('whose result the log could not take fails', () => {
    const run = new Scenario(inOrder({ T: { Type: 'Task', Resource: LAMBDA } }));
    run.succeed(nested(5_000));
    expect(run.state.failure?.error).toBe('States.DataLimitExceeded');
  });
});

describe('a value that grows', () => {
  const loop = (state: JsonObject) => ({
    StartAt: 'A',
    States: {
      A: { ...state, Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Variable: '$.stop', IsPresent: true, Next: 'C' }], Default: 'A' },
      C: { Type: 'Succeed' },
    },
  });

  it.each<[string, JsonObject]>([
    ['twice in a payload', { Type: 'Pass', Parameters: { 'a.$': '$', 'b.$': '$' } }],
    ['twice by ResultPath', { Type: 'Pass', ResultPath: '$.a', Parameters: { 'x.$': '$', 'y.$': '$' } }],
    [
      'twice in JSONata',
      { Type: 'Pass', QueryLanguage: 'JSONata', Output: { a: '{% $states.input %}', b: '{% $states.input %}' } },
    ],
    ['deeper and deeper', { Type: 'Pass', Parameters: { 'a.$': '$' } }],
  ])('%s fails its state', (_what, state) => {
    expect(outcome(loop(state), { x: 'y' })).toBe('States.DataLimitExceeded');
  });
});
