import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCondition } from '../../../lib/language/jsonpath/choice.ts';
import { compileStringMatch } from '../../../lib/language/jsonpath/string-match.ts';
import { compareTimestamps, parseTimestamp } from '../../../lib/language/jsonpath/timestamp.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import { environment, pathError, syntaxError } from './environment.ts';

function holds(rule: JsonObject, input: Json): boolean {
  return compileCondition(rule).test(environment(input));
}

describe('comparisons', () => {
  const noon = '2024-05-01T12:00:00Z';
  test.each<[string, Json, Json, boolean]>([
    ['StringEquals', 'a', 'a', true],
    ['StringEquals', 'a', 'b', false],
    ['StringEquals', 'a', 1, false],
    ['StringLessThan', 'b', 'a', true],
    ['StringLessThan', 'b', 'b', false],
    ['StringLessThanEquals', 'b', 'b', true],
    ['StringGreaterThan', 'B', 'a', true],
    ['StringGreaterThanEquals', 'a', 'B', false],
    ['NumericEquals', 1, 1.0, true],
    ['NumericEquals', 1, '1', false],
    ['NumericLessThan', 5, 4.9, true],
    ['NumericLessThanEquals', 5, 5, true],
    ['NumericGreaterThan', 5, 5, false],
    ['NumericGreaterThanEquals', 5, 5, true],
    ['BooleanEquals', false, false, true],
    ['BooleanEquals', false, null, false],
    ['BooleanEquals', true, 'true', false],
    ['TimestampEquals', noon, '2024-05-01T14:00:00+02:00', true],
    ['TimestampEquals', noon, '2024-05-01T12:00:00.000Z', true],
    ['TimestampEquals', noon, 'noon', false],
    ['TimestampLessThan', noon, '2024-05-01T11:59:59.999999999Z', true],
    ['TimestampLessThanEquals', noon, '2024-05-01T12:00:00.000000001Z', false],
    ['TimestampGreaterThan', noon, '2024-05-01T12:00:00.000000001Z', true],
    ['TimestampGreaterThanEquals', noon, 12, false],
  ])('%s %j of %j is %s, also with the operand from a path', (operator, operand, value, expected) => {
    expect(holds({ Variable: '$.value', [operator]: operand, Next: 'X' }, { value })).toBe(expected);
    expect(holds({ Variable: '$.value', [`${operator}Path`]: '$.other' }, { value, other: operand })).toBe(expected);
  });

  test('an operand of the wrong type that comes from a path does not match', () => {
    expect(holds({ Variable: '$.a', NumericEqualsPath: '$.b' }, { a: 1, b: '1' })).toBe(false);
    expect(holds({ Variable: '$.a', TimestampEqualsPath: '$.b' }, { a: noon, b: 'x' })).toBe(false);
  });
});

describe('type tests', () => {
  const samples: readonly Json[] = [null, true, 0, 'x', '2024-05-01T12:00:00Z', [], {}];
  test.each<[string, readonly Json[]]>([
    ['IsNull', [null]],
    ['IsBoolean', [true]],
    ['IsNumeric', [0]],
    ['IsString', ['x', '2024-05-01T12:00:00Z']],
    ['IsTimestamp', ['2024-05-01T12:00:00Z']],
    ['IsPresent', samples],
  ])('%s', (operator, accepted) => {
    for (const value of samples) {
      expect(holds({ Variable: '$.v', [operator]: true }, { v: value })).toBe(accepted.includes(value));
      expect(holds({ Variable: '$.v', [operator]: false }, { v: value })).toBe(!accepted.includes(value));
    }
  });

  test('only IsPresent may look for what is not there', () => {
    expect(holds({ Variable: '$.v', IsPresent: false }, {})).toBe(true);
    expect(holds({ Variable: '$v.x', IsPresent: true }, {})).toBe(false);
    for (const rule of [{ IsNull: true }, { IsString: false }, { NumericEquals: 1 }]) {
      const error = pathError(() => holds({ Variable: '$.v', ...rule }, {}));
      expect(error).toMatchObject({ reason: 'choice-path-not-found', error: 'States.Runtime' });
      expect(error.cause).toBe("Invalid path '$.v': The choice state's condition path references an invalid value.");
    }
    expect(pathError(() => holds({ Variable: '$.a', StringEqualsPath: '$.b' }, { a: 'x' })).cause).toContain("'$.b'");
  });
});

describe('combinations', () => {
  const big = { Variable: '$.n', NumericGreaterThan: 10 };
  const red = { Variable: '$.colour', StringEquals: 'red' };
  test.each<[JsonObject, boolean]>([
    [{ And: [big, red] }, false],
    [{ Or: [big, red] }, true],
    [{ Not: big }, true],
    [{ And: [{ Not: big }, { Or: [red, big] }], Next: 'X', Comment: 'c' }, true],
  ])('%j', (rule, expected) => {
    expect(holds(rule, { n: 5, colour: 'red' })).toBe(expected);
  });

  test('what need not be known is not looked at', () => {
    const rule = { And: [{ Variable: '$.n', IsPresent: true }, big] };
    expect(holds(rule, {})).toBe(false);
  });

  test('variables are named', () => {
    const rule = { Or: [{ Variable: '$a.x', IsNull: true }, { Not: { Variable: '$.y', StringEqualsPath: '$b' } }] };
    expect(compileCondition(rule).variables).toEqual(['a', 'b']);
  });
});

describe('bad rules', () => {
  test.each<[Json, string, string]>([
    [{ Variable: '$.a', Next: 'X' }, '', 'exactly one operator; this one has 0'],
    [{ Variable: '$.a', IsNull: true, IsString: true }, '', 'this one has 2'],
    [{ Variable: '$.a', StringLike: 'x' }, '/StringLike', 'is not an operator'],
    [{ Variable: '$.a', NumericEquals: '1' }, '/NumericEquals', 'must be a number'],
    [{ Variable: '$.a', TimestampEquals: 'noon' }, '/TimestampEquals', 'must be a timestamp'],
    [{ Variable: '$.a', IsPresent: 1 }, '/IsPresent', 'must be true or false'],
    [{ Variable: 'a', IsNull: true }, '/Variable', 'not a valid JSONPath'],
    [{ IsNull: true }, '/Variable', 'must be a path'],
    [{ And: [] }, '/And', 'must be a list of rules'],
    [{ Or: [{ Variable: '$.a', StringEqualsPath: 'b' }] }, '/Or/0/StringEqualsPath', 'not a valid JSONPath'],
    [{ Not: 3 }, '/Not', 'must be an object'],
  ])('%j', (rule, pointer, message) => {
    const error = syntaxError(() => compileCondition(rule));
    expect(error.pointer).toBe(pointer);
    expect(error.message).toContain(message);
  });
});

describe('StringMatches', () => {
  test.each<[string, string, boolean]>([
    ['log-*.txt', 'log-.txt', true],
    ['log-*.txt', 'log-a\nb.txt', true],
    ['log-*.txt', 'log.txt', false],
    ['*', '', true],
    ['a*a', 'a', false],
    ['*b*c*', 'abxxc', true],
    ['*b*c*', 'cab', false],
    ['a*b*b', 'ab', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a\\\\*', 'a\\z', true],
    ['a.c', 'abc', false],
  ])('%s against %j: %s', (pattern, text, expected) => {
    expect(holds({ Variable: '$', StringMatches: pattern }, text)).toBe(expected);
  });

  test('only strings match', () => {
    expect(holds({ Variable: '$', StringMatches: '*' }, 1)).toBe(false);
  });

  test('agrees with the regular expression of the same meaning', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 }).map((l) => l.join(''));
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '[^]*')}$`);
        expect(compileStringMatch(pattern)(text)).toBe(regex.test(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('timestamps', () => {
  test.each([
    '2024-05-01',
    '2024-05-01T12:00:00',
    '2024-05-01 12:00:00Z',
    '2024-05-01t12:00:00z',
    '2024-05-01T12:00Z',
    '2024-13-01T12:00:00Z',
    '2023-02-29T12:00:00Z',
    '2024-05-01T24:00:00Z',
    '2024-05-01T12:60:00Z',
    '2024-05-01T12:00:00+0200',
    '2024-05-01T12:00:00.Z',
    '01-05-2024T12:00:00Z',
    '',
  ])('%j is none', (text) => {
    expect(parseTimestamp(text)).toBe(undefined);
  });

  test('leap days, early years and fractions', () => {
    expect(parseTimestamp('2024-02-29T00:00:00Z')).toEqual({ seconds: 1709164800, nanoseconds: 0 });
    expect(parseTimestamp('1970-01-01T00:00:00.5Z')).toEqual({ seconds: 0, nanoseconds: 500_000_000 });
    expect(parseTimestamp('0050-01-01T00:00:00Z')?.seconds).toBe(Date.parse('0050-01-01T00:00:00Z') / 1000);
  });

  test('agrees with the platform on what it can express', () => {
    const date = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, date, (a, b) => {
        const [left, right] = [parseTimestamp(a.toISOString()), parseTimestamp(b.toISOString())];
        if (left === undefined || right === undefined) throw new Error('not parsed');
        expect(left.seconds * 1000 + left.nanoseconds / 1e6).toBe(a.getTime());
        expect(Math.sign(compareTimestamps(left, right))).toBe(Math.sign(a.getTime() - b.getTime()));
      }),
    );
  });
});
