import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyResultPath,
  compileReferencePath,
  compileResultPath,
} from '../../../lib/language/jsonpath/reference-path.ts';
import type { Json } from '../../../lib/model/json.ts';
import { environment, pathError, syntaxError } from './environment.ts';

function put(path: string, input: Json, result: Json): Json {
  return applyResultPath(compileResultPath(path), input, result);
}

describe('applyResultPath', () => {
  test.each<[string, Json, Json]>([
    ['$', 'new', { a: 1 }],
    ['$.a', { a: 'new', b: 2 }, { a: 1, b: 2 }],
    ['$.c', { a: 1, c: 'new' }, { a: 1 }],
    ['$.c.d.e', { c: { d: { e: 'new' } } }, {}],
    ["$['x y'].z", { 'x y': { z: 'new', w: 1 } }, { 'x y': { w: 1 } }],
    ['$.list[1]', { list: [1, 'new', 3] }, { list: [1, 2, 3] }],
    ['$.list[0].a', { list: [{ a: 'new' }] }, { list: [{}] }],
    ['$[0]', ['new'], [null]],
  ])('%s gives %j', (path, expected, input) => {
    expect(put(path, input, 'new')).toEqual(expected);
  });

  test('the input stays as it was, and what is off the path is shared', () => {
    const kept = { deep: [1] };
    const input = { a: { b: 1 }, kept };
    const output = put('$.a.c', input, 2);
    expect(input).toEqual({ a: { b: 1 }, kept: { deep: [1] } });
    expect(output).toEqual({ a: { b: 1, c: 2 }, kept: { deep: [1] } });
    expect((output as { kept: unknown }).kept).toBe(kept);
  });

  test('a property called __proto__ is a property', () => {
    const output = put('$.__proto__', {}, { polluted: true });
    expect(JSON.stringify(output)).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(output)).toBe(Object.prototype);
  });

  test.each<[string, Json]>([
    ['$.a', 'text'],
    ['$.a', null],
    ['$.a', [1]],
    ['$.a.b', { a: 7 }],
    ['$.a.b', { a: null }],
    ['$.a[0]', { a: [] }],
    ['$.a[0]', {}],
    ['$.a[0]', { a: { 0: 1 } }],
  ])('%s cannot be applied to %j', (path, input) => {
    const error = pathError(() => put(path, input, 1));
    expect(error).toMatchObject({ reason: 'result-path-mismatch', error: 'States.ResultPathMatchFailure' });
    expect(error.cause).toBe(`Unable to apply ReferencePath ${path} to input ${JSON.stringify(input)}`);
  });

  test('what was put at a path is found there', () => {
    const name = fc.constantFrom('a', 'b', 'c d', 'constructor', '__proto__');
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const path = compileResultPath(`$${names.map((n) => `['${n}']`).join('')}`);
        expect(path.evaluate(environment(applyResultPath(path, { z: 1 }, 42)))).toBe(42);
      }),
    );
  });
});

describe('syntax', () => {
  test.each(['$.a[*]', '$..a', '$.a[0:1]', "$['a','b']", '$.a[?(@.b)]', '$.a.length()', '$.a[-1]', '$.a[0,1]'])(
    '%s names more than one place',
    (path) => {
      expect(syntaxError(() => compileReferencePath(path)).code).toBe('ReferencePath.Syntax');
    },
  );

  test('a reference path may lead into the context object or a variable, a result path may not', () => {
    expect(compileReferencePath('$$.State.Name').evaluate(environment(1))).toBe('Pack');
    expect(compileReferencePath('$order.id').variables).toEqual(['order']);
    expect(syntaxError(() => compileResultPath('$$.State')).code).toBe('ReferencePath.Syntax');
    expect(syntaxError(() => compileResultPath('$order')).code).toBe('ReferencePath.Syntax');
  });
});
