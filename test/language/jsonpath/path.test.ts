import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PathSyntaxError } from '../../../lib/language/jsonpath/errors.ts';
import { compilePath } from '../../../lib/language/jsonpath/path.ts';
import type { Json } from '../../../lib/model/json.ts';
import { environment, pathError, syntaxError } from './environment.ts';

const shop: Json = {
  name: 'corner shop',
  'opening hours': [9, 18],
  shelves: [
    {
      id: 'a',
      goods: [
        { title: 'tea', price: 4, tags: ['hot'] },
        { title: 'salt', price: 1 },
      ],
    },
    {
      id: 'b',
      goods: [
        { title: 'soap', price: 3, limit: 4 },
        { title: 'rope', price: 12, tags: ['long', 'strong'] },
      ],
    },
  ],
  limit: 3,
};

function evaluate(path: string, input: Json = shop): Json {
  return compilePath(path).evaluate(environment(input));
}

describe('definite paths', () => {
  test.each<[string, Json]>([
    ['$', shop],
    ['$.name', 'corner shop'],
    ["$['opening hours']", [9, 18]],
    ['$["opening hours"][0]', 9],
    ["$['opening hours'][-1]", 18],
    ["$['opening hours'][(@.length-2)]", 9],
    ['$.shelves[1].goods[0].title', 'soap'],
    ["$['name','limit','nothing']", { name: 'corner shop', limit: 3 }],
    ['$.shelves.length()', 2],
    ['$.shelves[*].goods[*].price.max()', 12],
    ['$.shelves[*].goods[*].price.min()', 1],
    ['$.shelves[*].goods[*].price.sum()', 20],
    ['$.shelves[*].goods[*].price.avg()', 5],
    ['$.shelves[1].goods[0].keys()', ['title', 'price', 'limit']],
  ])('%s', (path, expected) => {
    expect(compilePath(path).definite).toBe(true);
    expect(evaluate(path)).toEqual(expected);
  });

  test('a property may hold null, and then it exists', () => {
    expect(evaluate('$.a.b', { a: { b: null } })).toBe(null);
  });

  test('names of inherited members are names like any other', () => {
    expect(compilePath('$.constructor').find(environment({}))).toBe(undefined);
    expect(compilePath('$.a.toString').find(environment({ a: {} }))).toBe(undefined);
    expect(evaluate('$.toString', JSON.parse('{"toString":1}'))).toBe(1);
    expect(evaluate('$.__proto__.x', JSON.parse('{"__proto__":{"x":2}}'))).toBe(2);
  });

  test('the length of an array is no property of it', () => {
    expect(compilePath('$.length').find(environment([1, 2]))).toBe(undefined);
  });

  test('a backslash takes a dot or a bracket into a name', () => {
    expect(evaluate('$.a\\.b.c\\[0', { 'a.b': { 'c[0': 1 } })).toBe(1);
  });

  test('quoted names keep their backslashes, except before the quote and before a backslash', () => {
    expect(evaluate("$['it\\'s']", { "it's": 1 })).toBe(1);
    expect(evaluate(`$['say \\"hi"']`, { 'say \\"hi"': 2 })).toBe(2);
    expect(evaluate("$['c:\\\\']", { 'c:\\': 3 })).toBe(3);
  });
});

describe('indefinite paths', () => {
  test.each<[string, Json]>([
    ['$.shelves[*].id', ['a', 'b']],
    ['$.shelves.*.id', ['a', 'b']],
    ['$..title', ['tea', 'salt', 'soap', 'rope']],
    ["$..['price','limit']", [3, 4, 1, 3, 4, 12]],
    ['$..goods[1].title', ['salt', 'rope']],
    ["$['opening hours'][0:1]", [9]],
    ["$['opening hours'][-1:]", [18]],
    ["$['opening hours'][:]", [9, 18]],
    ['$.shelves[1,0].id', ['b', 'a']],
    ['$.shelves[*].nothing', []],
    ['$.shelves[5:]', []],
    ["$.shelves[0]['id','goods'][0].title", ['tea']],
  ])('%s', (path, expected) => {
    expect(compilePath(path).definite).toBe(false);
    expect(evaluate(path)).toEqual(expected);
  });

  test('a step over a slice', () => {
    expect(evaluate('$[0:5:2]', [0, 1, 2, 3, 4, 5])).toEqual([0, 2, 4]);
  });

  test('parents come before their children in a descent', () => {
    expect(evaluate('$..a', { a: { a: { a: 1 } } })).toEqual([{ a: { a: 1 } }, { a: 1 }, 1]);
  });
});

describe('filters', () => {
  test.each<[string, Json]>([
    ['@.price < 4', ['salt', 'soap']],
    ['@.price <= 4 && @.price > 1', ['tea', 'soap']],
    ["@.title == 'tea' || @.price >= 12", ['tea', 'rope']],
    ["@.title != 'tea' && @.price != 12", ['salt', 'soap']],
    ['@.tags', ['tea', 'rope']],
    ['!@.tags', ['salt', 'soap']],
    ['!(@.price < 4 || @.tags)', []],
    ['@.price == $.limit', ['soap']],
    ['@.price < @.limit', ['soap']],
    ["@.price == '12'", ['rope']],
    ["@.price === '12'", []],
    ['@.title =~ /s.*/', ['salt', 'soap']],
    ['@.title =~ /S.+/i', ['salt', 'soap']],
    ['@.title =~ /oap/', []],
    ['@.title in [\'tea\', "rope"]', ['tea', 'rope']],
    ["@.title nin ['tea','rope']", ['salt', 'soap']],
    ["@.tags contains 'long'", ['rope']],
    ["@.tags anyof ['hot','cold']", ['tea']],
    ["@.tags noneof ['hot']", ['rope']],
    ["@.tags subsetof ['hot','cold']", ['tea']],
    ['@.tags size 2', ['rope']],
    ['@.tags empty false', ['tea', 'rope']],
    ['@.tags.length() > 1', ['rope']],
    ["@.tags[?(@ == 'hot')]", ['tea']],
    ['@.title == tea', ['tea']],
    ["'tea' == @.title", ['tea']],
    ['@.nothing == null', []],
    ["@['title'] == 'salt'", ['salt']],
  ])('[?(%s)]', (filter, expected) => {
    expect(evaluate(`$.shelves[*].goods[?(${filter})].title`)).toEqual(expected);
  });

  test('an object is tested itself', () => {
    expect(evaluate("$.a[?(@.kind == 'x')].n", { a: { kind: 'x', n: 1 } })).toEqual([1]);
  });

  test('after a descent each object is tested once', () => {
    expect(evaluate('$..[?(@.price > 3)].title')).toEqual(['tea', 'rope']);
  });
});

describe('roots', () => {
  const env = environment({ id: 1 }, { variables: { order: { id: 'o-1', lines: [1, 2] }, größe: 5 } });

  test.each<[string, Json]>([
    ['$$.Execution.Name', 'run-7'],
    ['$$.Execution.Input.id', 1],
    ['$order.id', 'o-1'],
    ['$order.lines[*]', [1, 2]],
    ['$order', { id: 'o-1', lines: [1, 2] }],
    ['$größe', 5],
  ])('%s', (path, expected) => {
    expect(compilePath(path).evaluate(env)).toEqual(expected);
  });

  test('a path says which variable it needs', () => {
    expect(compilePath('$order.id').variables).toEqual(['order']);
    expect(compilePath('$.order.id').variables).toEqual([]);
  });

  test('a variable without a value', () => {
    const error = pathError(() => compilePath('$invoice.id', 'id.$').evaluate(env));
    expect(error).toMatchObject({ reason: 'variable-undefined', error: 'States.Runtime' });
    expect(compilePath('$toString').find(env)).toBe(undefined);
  });
});

describe('paths that lead nowhere', () => {
  test.each([
    '$.b',
    '$.a.b.c',
    '$.a[0]',
    '$.list[3]',
    '$.list.x',
    '$.b[*]',
    '$.a[0:1]',
    '$.a[0,1]',
    '$.n[?(@.x)]',
    "$.n['a','b']",
  ])('%s', (path) => {
    const env = environment({ a: { b: 1 }, list: [1], n: null });
    expect(compilePath(path).find(env)).toBe(undefined);
    expect(pathError(() => compilePath(path).evaluate(env)).reason).toBe('path-not-found');
  });

  test('the error names the path, the field and the input', () => {
    const env = environment({ a: [1] });
    const error = pathError(() => compilePath('$.total', 'sum.$').evaluate(env));
    expect(error.error).toBe('States.Runtime');
    expect(error.cause).toBe(
      `The JSONPath '$.total' specified for the field 'sum.$' could not be found in the input '{"a":[1]}'`,
    );
    expect(pathError(() => compilePath('$.total').evaluate(env)).cause).toBe(
      `The JSONPath '$.total' could not be found in the input '{"a":[1]}'`,
    );
  });
});

describe('bounds', () => {
  test('descents within descents end with an error', () => {
    let input: Json = 1;
    for (let i = 0; i < 400; i += 1) input = [input];
    const error = pathError(() => evaluate('$..*..*..*..*', input));
    expect(error).toMatchObject({ reason: 'path-too-costly', error: 'States.Runtime' });
  });

  test.each([
    `$${'.a'.repeat(3000)}`,
    `$[?(${'('.repeat(3000)}@.a${')'.repeat(3000)})]`,
    `$[?(@.a in ${'['.repeat(9000)})]`,
  ])('a path with too many parts does not compile', (path) => {
    expect(syntaxError(() => compilePath(path)).message).toContain('more than 2000 parts');
  });
});

describe('syntax', () => {
  test.each([
    ['', 'expected "$" at the end'],
    ['name', 'expected "$" at character 1'],
    ['$.', 'expected the name of a property at the end'],
    ['$...a', 'expected the name of a property at character 4'],
    ['$.a b', 'unexpected text at character 4'],
    ['$23', 'unexpected text at character 2'],
    ['$[', 'expected an index, a quoted name, a slice, "*" or a filter at the end'],
    ["$['a]", "expected ' at the end"],
    ['$[1,]', 'expected an index at character 5'],
    ['$[::0]', 'the step of a slice must be positive at character 6'],
    ['$[99999999999999999999]', 'this index is too large'],
    ['$.a.size()', 'unknown function "size()"'],
    ['$[?(@.a like 3)]', 'unknown operator "like" at character 9'],
    ['$[?(@.a == )]', 'expected a path, a string'],
    ['$[?(@.a =~ /(/)]', 'expected ")" in the pattern'],
    ['$[?(@.a =~ /a/x)]', 'unknown flag in "x"'],
  ])('%s', (path, problem) => {
    const error = syntaxError(() => compilePath(path));
    expect(error.code).toBe('Path.Syntax');
    expect(error.message).toContain(`is not a valid JSONPath: ${problem}`);
  });

  test('whatever the text is, it compiles or is a syntax error', () => {
    const piece = fc.constantFrom(
      ...[
        '$',
        '.',
        '..',
        '[',
        ']',
        '(',
        ')',
        '?',
        '@',
        'a',
        "'",
        '"',
        '*',
        ',',
        ':',
        '-1',
        '0',
        '==',
        '=~',
        '/',
        '&&',
        '!',
        ' ',
        '\\',
        '{',
        'in',
      ],
    );
    const text = fc.array(piece, { maxLength: 14 }).map((pieces) => `$${pieces.join('')}`);
    fc.assert(
      fc.property(text, fc.jsonValue({ maxDepth: 4 }), (path, input) => {
        try {
          // fast-check's JSON values are ours by another name.
          compilePath(path).find(environment(input as Json));
        } catch (error) {
          expect(error).toBeInstanceOf(PathSyntaxError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
