import { describe, expect, test } from 'vitest';
import { compileIntrinsic } from '../../../lib/language/jsonpath/intrinsic.ts';
import type { Json } from '../../../lib/model/json.ts';
import { environment, pathError, syntaxError } from './environment.ts';

const input: Json = {
  numbers: [3, 1, 3],
  empty: [],
  name: 'Ada',
  nested: { a: 1, b: [true, null, 'x'] },
  template: 'Dear {}',
  half: 2.5,
  mixed: [1, '1', { a: 1, b: 2 }, { b: 2, a: 1 }, [1], [1], null, null, true],
};

function call(text: string, over: Json = input): Json {
  return compileIntrinsic(text).evaluate(environment(over));
}

describe('values', () => {
  test.each<[string, Json]>([
    ['States.Array()', []],
    ["States.Array($.name, 1, -2.5, true, null, 'x')", ['Ada', 1, -2.5, true, null, 'x']],
    ['States.ArrayPartition($.numbers, 2)', [[3, 1], [3]]],
    ['States.ArrayPartition($.numbers, 2.9)', [[3, 1], [3]]],
    ['States.ArrayPartition($.empty, 3)', []],
    ['States.ArrayContains($.numbers, 1)', true],
    ["States.ArrayContains($.numbers, '1')", false],
    ['States.ArrayContains(States.Array($.nested), $.nested)', true],
    ['States.ArrayRange(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['States.ArrayRange(5, 1, -2)', [5, 3, 1]],
    ['States.ArrayRange(5, 1, 1)', []],
    ['States.ArrayRange(3, 3, -1)', [3]],
    ['States.ArrayRange(1.6, 1.4, 1)', [1]],
    ['States.ArrayGetItem($.numbers, 1)', 1],
    ['States.ArrayGetItem($.numbers, 1.9)', 1],
    ['States.ArrayGetItem($.empty, 4)', null],
    ['States.ArrayLength($.numbers)', 3],
    ['States.ArrayUnique($.mixed)', [1, '1', { a: 1, b: 2 }, [1], null, true]],
    ["States.Base64Encode('Grüße ✓')", 'R3LDvMOfZSDinJM='],
    ["States.Base64Decode('R3LDvMOfZSDinJM=')", 'Grüße ✓'],
    ["States.Base64Decode('')", ''],
    ["States.Base64Decode('YWJj ZA')", 'abcd'],
    ["States.Base64Decode('YWI=Yw==')", 'ab'],
    ["States.Hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
    ["States.Hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['States.JsonMerge($.nested, $.other, false)', { a: 2, b: [true, null, 'x'], c: 3 }],
    ['States.JsonToString($.nested)', '{"a":1,"b":[true,null,"x"]}'],
    ["States.StringToJson('[1, {}]')", [1, {}]],
    ["States.StringToJson(' ')", null],
    ['States.MathAdd(1.5, 1.51)', 4],
    ['States.MathAdd(-1.5, 0)', -1],
    ['States.MathAdd($.half, 0)', 3],
    ['States.MathAdd(2147483646, 1)', 2147483647],
    ['States.MathRandom(10, 20)', 15],
    ['States.MathRandom(1.6, 2.6)', 1],
    ["States.StringSplit('a,b;;c,', ',;')", ['a', 'b', 'c']],
    ["States.StringSplit('', ',')", []],
    ["States.StringSplit('abc', '')", ['abc']],
    ['States.UUID()', '7d444840-9dc0-41d1-b245-5ffdce74fad2'],
    ["States.Format('{} is {}, {}', $.name, 36, null)", 'Ada is 36, null'],
    ["States.Format('no holes')", 'no holes'],
    ['States.Format($.template, $.name)', 'Dear Ada'],
    ["States.Format('\\{{}\\} \\'q\\' \\\\ \"d\"', $.half)", `{2.5} 'q' \\ "d"`],
    ["States.Format('{}', $.nested)", '{a=1, b=[true, null, x]}'],
    ["States.ArrayGetItem(States.StringSplit('x/y/z', '/'), States.MathAdd(States.ArrayLength($.numbers), -1))", 'z'],
    ["States.Array( $['name'] , $.nested.b[0:2],$$.Execution.Name )", ['Ada', [true, null], 'run-7']],
  ])('%s', (text, expected) => {
    expect(call(text, { ...(input as object), other: { a: 2, c: 3 } })).toEqual(expected);
  });

  test('a merge makes no prototypes', () => {
    const merged = call('States.JsonMerge($.a, $.b, false)', { a: JSON.parse('{"__proto__":{"x":1}}'), b: {} });
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"x":1}}');
  });

  test('a seed decides the number', () => {
    const numbers = [1, 2, 3, 4, 5].map((seed) => call(`States.MathRandom(0, 1000000, ${seed})`));
    expect(numbers).toEqual([1, 2, 3, 4, 5].map((seed) => call(`States.MathRandom(0, 1000000, ${seed})`)));
    expect(new Set(numbers).size).toBe(5);
    for (const number of numbers) expect(number).toBeGreaterThanOrEqual(0);
  });

  test('variables are named', () => {
    const intrinsic = compileIntrinsic("States.Format('{} {} {}', $a.x, States.Array($b), $a)");
    expect(intrinsic.variables).toEqual(['a', 'b']);
    expect(intrinsic.evaluate(environment(0, { variables: { a: { x: 1 }, b: 2 } }))).toBe('1 [2] {x=1}');
  });
});

describe('failures', () => {
  test.each([
    ["States.ArrayLength('x')", 'Invalid arguments in States.ArrayLength: the first argument must be an array.'],
    ['States.ArrayPartition($.numbers, 0.6)', 'Invalid arguments in States.ArrayPartition: the size must be'],
    ['States.ArrayRange(1, 1001, 1)', 'Invalid arguments in States.ArrayRange: the range must not exceed 1000'],
    ['States.ArrayRange(1, 5, 0.4)', 'Invalid arguments in States.ArrayRange: the step must not be zero'],
    ['States.ArrayGetItem($.numbers, 3)', 'the index 3 is outside the array, which has 3 items'],
    ['States.ArrayGetItem($.numbers, -1)', 'the index -1 is outside'],
    ["States.ArrayGetItem($.numbers, '1')", 'the index must be a number'],
    ["States.Hash('a', 'SHA-3')", 'the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512'],
    ['States.JsonMerge($.nested, $.nested, true)', 'deep merging is not supported'],
    ['States.JsonMerge($.nested, null, false)', 'the first two arguments must be objects'],
    ['States.MathAdd(true, 1)', 'the first argument must be a number'],
    ['States.MathAdd(2147483647, 1)', 'the sum must fit into 32 bits'],
    ['States.MathAdd(3000000000, 1)', 'the first argument must fit into 32 bits'],
    ['States.MathRandom(1.4, 1.6)', 'the first number must be smaller than the second'],
    ['States.StringSplit(1, 2)', 'the text must be a string'],
    ["States.StringToJson('{')", 'the argument is not valid JSON'],
    ["States.Format('{} {}', 1)", 'number of arguments do not match the occurrences of {}.'],
    ["States.Format('{', 1)", "Invalid template in States.Format: matching '}' not found for '{'."],
    ['States.Format(1, 2)', 'Invalid arguments in States.Format: the first argument must be a string'],
    ['States.ArrayLength()', 'Invalid arguments in States.ArrayLength: it takes 1 argument, not 0.'],
    ['States.MathRandom(1)', 'Invalid arguments in States.MathRandom: it takes 2 to 3 arguments, not 1.'],
    [
      'States.JsonToString($.gone)',
      "The JsonPath argument for the field '$.gone' could not be found in the input '{\"a\":",
    ],
  ])('%s', (text, cause) => {
    const error = pathError(() => call(text, { a: 1, numbers: [3, 1, 3], nested: {} }));
    expect(error).toMatchObject({ reason: 'intrinsic-failed', error: 'States.IntrinsicFailure' });
    expect(error.cause).toContain(`There was an error while evaluating the intrinsic function: ${text}. `);
    expect(error.cause).toContain(cause);
  });

  test('the innermost call is the one that failed', () => {
    const error = pathError(() => call("States.Array(States.ArrayLength('x'))"));
    expect(error.cause).toContain("function: States.ArrayLength('x'). ");
  });

  test('texts are bounded', () => {
    const text = 'x'.repeat(10_001);
    expect(pathError(() => call('States.Base64Encode($.t)', { t: text })).cause).toContain('10000 characters');
    expect(pathError(() => call("States.Hash($.t, 'MD5')", { t: text })).cause).toContain('10000 characters');
  });
});

describe('syntax', () => {
  const nested = (depth: number) => `${'States.Array('.repeat(depth)}1${')'.repeat(depth)}`;

  test('ten calls may stand in one another, eleven may not', () => {
    expect(call(nested(10))).toEqual([[[[[[[[[[1]]]]]]]]]]);
    expect(syntaxError(() => compileIntrinsic(nested(11))).message).toContain('more than 10 deep');
  });

  test.each([
    ['States.Nothing(1)', 'unknown function "States.Nothing" at character 1'],
    ['States.Array(1', 'expected "," at the end'],
    ['States.Array(1,)', "expected a path, a 'string'"],
    ['States.Array(1) ', undefined],
    ['States.Array(1)[0]', 'unexpected text at character 16'],
    ['States.Array("a")', "expected a path, a 'string'"],
    ["States.Array('a)", "expected ' at the end"],
    ["States.Array('a\\n')", 'a backslash may stand only before'],
    ['States.Array(\'say \\"x\\"\')', 'a backslash may stand only before'],
    ['States.Array(word)', "expected a path, a 'string'"],
  ])('%s', (text, problem) => {
    if (problem === undefined) expect(call(text)).toEqual([1]);
    else expect(syntaxError(() => compileIntrinsic(text)).message).toContain(problem);
  });
});
