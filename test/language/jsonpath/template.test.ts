import { describe, expect, test } from 'vitest';
import { expressionProblem } from '../../../lib/language/jsonpath/expression.ts';
import { compileTemplate, templateProblems } from '../../../lib/language/jsonpath/template.ts';
import type { Json } from '../../../lib/model/json.ts';
import { environment, pathError, syntaxError } from './environment.ts';

function evaluate(template: Json, input: Json): Json {
  return compileTemplate(template).evaluate(environment(input, { variables: { v: 'var' } }));
}

describe('templates', () => {
  test('fields that end in .$ are evaluated, at any depth, and lose the ending', () => {
    const template = {
      first: 1,
      'id.$': '$.order.id',
      list: [{ 'n.$': '$.n' }, '$.n', { plain: true }],
      'text.$': "States.Format('{}-{}', $.n, $v)",
      last: { 'name.$': '$$.State.Name' },
    };
    const output = evaluate(template, { order: { id: 'o' }, n: null });
    expect(output).toEqual({
      first: 1,
      id: 'o',
      list: [{ n: null }, '$.n', { plain: true }],
      text: 'null-var',
      last: { name: 'Pack' },
    });
    expect(Object.keys(output as object)).toEqual(['first', 'id', 'list', 'text', 'last']);
  });

  test('a constant template is itself; constant parts are shared', () => {
    const constant = { a: [1, { b: '$.x' }] };
    expect(compileTemplate(constant).constant).toBe(true);
    expect(evaluate(constant, {})).toBe(constant);
    const part = { deep: true };
    const output = evaluate({ part, 'x.$': '$' }, 1) as { part: unknown };
    expect(output.part).toBe(part);
  });

  test('evaluations do not see each other', () => {
    const template = compileTemplate({ fixed: 1, 'x.$': '$.x', 'y.$': '$.y' });
    const first = template.evaluate(environment({ x: 1, y: 2 }));
    const second = template.evaluate(environment({ x: 3, y: 4 }));
    expect([first, second]).toEqual([
      { fixed: 1, x: 1, y: 2 },
      { fixed: 1, x: 3, y: 4 },
    ]);
  });

  test.each<[Json]>([['text'], [null], [7], [[]], [{}]])('%j may be a template', (template) => {
    expect(evaluate(template, {})).toEqual(template);
  });

  test('a field called __proto__ is a field', () => {
    const output = evaluate(JSON.parse('{"a":1,"__proto__.$":"$.x"}'), { x: { y: 1 } });
    expect(JSON.stringify(output)).toBe('{"a":1,"__proto__":{"y":1}}');
  });

  test('variables are named once', () => {
    const template = { 'a.$': '$x.y', b: [{ 'c.$': 'States.Array($x, $z)' }] };
    expect(compileTemplate(template).variables).toEqual(['x', 'z']);
  });

  test('a missing value names the field as it stands in the template', () => {
    expect(pathError(() => evaluate({ 'total.$': '$.sum' }, {})).cause).toBe(
      "The JSONPath '$.sum' specified for the field 'total.$' could not be found in the input '{}'",
    );
  });
});

describe('problems', () => {
  test('all are found, each with its place', () => {
    const template = {
      'a.$': 1,
      'b.$': 'word',
      c: [{ 'd/e.$': "States.Array('\\n')" }],
      f: 1,
      'f.$': '$.f',
      'good.$': '$.good',
    };
    expect(templateProblems(template).map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/a.$', 'Template.Field'],
      ['/b.$', 'Path.Syntax'],
      ['/c/0/d~1e.$', 'Intrinsic.Syntax'],
      ['/f.$', 'Template.Field'],
    ]);
    expect(syntaxError(() => compileTemplate(template)).pointer).toBe('/a.$');
  });

  test('the message has Step Functions’ wording, the detail says what is wrong', () => {
    const [problem] = templateProblems({ 'b.$': '$.' });
    expect(problem?.message).toBe(
      "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
    );
    expect(problem?.detail).toBe("'$.' is not a valid JSONPath: expected the name of a property at the end.");
  });

  test('expressions can be checked on their own', () => {
    expect(expressionProblem('$.a[*]', 'path')).toBe(undefined);
    expect(expressionProblem('$.a[*]', 'reference-path')).toContain('is not a valid reference path');
    expect(expressionProblem('States.UUID()', 'path')).toContain('is not a valid JSONPath');
    expect(expressionProblem('States.UUID()', 'intrinsic')).toBe(undefined);
    expect(expressionProblem('States.UUID()', 'path-or-intrinsic')).toBe(undefined);
    expect(expressionProblem('$.a', 'intrinsic')).toContain('is not a valid intrinsic function call');
  });
});
