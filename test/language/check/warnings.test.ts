import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../../lib/language/index.ts';
import type { JsonObject } from '../../../lib/model/json.ts';

function warnings(state: JsonObject, language = 'JSONPath'): string[] {
  const end = state['Type'] === 'Fail' ? {} : { End: true };
  const definition = { QueryLanguage: language, StartAt: 'S', States: { S: { ...state, ...end } } };
  const { findings } = checkDefinition(definition);
  expect(findings.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
  return findings.map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('a path that is not evaluated', () => {
  it.each([
    ['$.a', true],
    ['$', true],
    ['$$.Execution.Id', true],
    ['States.UUID()', true],
    ['States.Nothing()', false],
    ['$5', false],
    ['$.a[', false],
    ['costs $.5', false],
  ])('in a payload: %s', (value, warned) => {
    const expected = warned ? ['NO_DOLLAR /States/S/Parameters/list/0/a'] : [];
    expect(warnings({ Type: 'Pass', Parameters: { list: [{ a: value, 'b.$': '$.b' }] } })).toEqual(expected);
  });

  it('is told of once in a Result, whatever the names of its fields', () => {
    expect(warnings({ Type: 'Pass', Result: { 'a.$': '$.a', b: '$.b' } })).toEqual([
      'PASS_RESULT_IS_STATIC /States/S/Result/a.$',
    ]);
    expect(warnings({ Type: 'Pass', Result: '$.a' })).toEqual(['PASS_RESULT_IS_STATIC /States/S/Result']);
  });

  it('is told of where a field for paths exists', () => {
    expect(warnings({ Type: 'Fail', Error: '$.error', CausePath: '$.cause' })).toEqual(['NO_PATH /States/S/Error']);
  });

  it('is a text like any other in JSONata', () => {
    expect(warnings({ Type: 'Pass', Output: { a: '$.a' } }, 'JSONata')).toEqual([]);
    expect(warnings({ Type: 'Fail', Error: '$.error' }, 'JSONata')).toEqual([]);
  });
});

describe('a name of nothing', () => {
  it('is told of, since AWS accepts it', () => {
    const Catch = [{ ErrorEquals: ['States.Broken', 'Mine'], Next: 'S' }];
    const Branches = [{ StartAt: 'A', States: { A: { Type: 'Succeed' } } }];
    expect(warnings({ Type: 'Parallel', Branches, Catch })).toEqual(['UNKNOWN_ERROR /States/S/Catch/0/ErrorEquals/0']);
    expect(warnings({ Type: 'Pass', Output: '{% ($f := function($x){$x}; $f(1) + $g(2)) %}' }, 'JSONata')).toEqual([
      'UNKNOWN_FUNCTION /States/S/Output',
    ]);
    expect(warnings({ Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:111111111111:function:\u0024{name}' })).toEqual(
      ['UNKNOWN_RESOURCE /States/S/Resource'],
    );
  });
});
