import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileJsonata,
  DEFAULT_LIMITS,
  JsonataError,
  JsonataSyntaxError,
} from '../../../lib/language/jsonata/index.ts';
import { errorCode, evaluate, NOW } from './evaluate.ts';

/** `$twice(v, n)` doubles a value n times, sharing the halves. */
const twice = (double: string): string => `$twice := function($v, $n) { $n = 0 ? $v : $twice(${double}, $n - 1) }`;

/** Tighter than the defaults, so that the tests are quick. */
const TIGHT = { fuel: 600_000, output: 2_000_000, array: 100_000, string: 4_000_000 };

describe('limits', () => {
  it.each([
    ['an endless loop', '($f := function() { $f() }; $f())', 'L1001'],
    ['endless recursion', '($f := function($n) { 1 + $f($n + 1) }; $f(0))', 'L1002'],
    ['recursion through callbacks', '($f := function($n) { $map([1], function() { [$f($n + 1)] }) }; $f(0))', 'L1002'],
    ['a long range', '[1..1e7]', 'L1003'],
    ['a huge range', '[1..1e9]', 'D2014'],
    ['a long $range', '$range(1, 1e12, 1)', 'L1003'],
    ['many ranges', '$map([1..1000], function() { [1..10000] })', 'L1001'],
    ['a long string', '$pad("", 1e9)', 'L1004'],
    ['doubled strings', `(${twice('$v & $v')}; $twice("x", 60))`, 'L1004'],
    ['doubled arrays', `(${twice('[[$v], [$v]]')}; $twice(1, 60))`, 'L1005'],
    ['doubled objects', `(${twice('{"a": $v, "b": $v}')}; $twice(1, 60))`, 'L1005'],
    ['text of doubled arrays', `(${twice('[[$v], [$v]]')}; $string($twice(1, 60)))`, 'L1001'],
    ['equality of doubled objects', `(${twice('{"a": $v, "b": $v}')}; $twice(1, 60) = $twice(1, 60))`, 'L1001'],
    ['descendants of doubled objects', `(${twice('{"a": $v, "b": $v}')}; $count($twice(1, 60).**))`, 'L1003'],
    ['truth of doubled arrays', `(${twice('[[$v], [$v]]')}; $boolean($twice(0, 60)))`, 'L1001'],
    ['deep results', '($f := function($v, $n) { $n = 0 ? $v : $f([[$v]], $n - 1) }; $f(1, 5000))', 'L1007'],
    ['a result that holds itself', '{"a": {"b": 1}} ~> |a|{"self": $}|', 'L1007'],
    ['a function as the result', '{"f": $sum}', 'L1006'],
    ['nested quantifiers', '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)', 'L1001'],
    ['stars side by side', '$contains($pad("", 100000, "a"), /a*a*a*a*b/)', 'L1001'],
    ['a regular expression with many open choices', '$match($pad("", 1000000, "a"), /(?:a|b)*c/)', 'L1001'],
    ['an ambiguous date picture', '$toMillis($pad("", 50000, "1"), "[f][f][f][f]x")', 'L1001'],
    ['a wide number', '$fromMillis(0, "[Y,1000000000]")', 'L1004'],
    ['Roman numerals of a large number', '$formatInteger(1e15, "I")', 'L1004'],
    ['a multiplying replacement', '$replace($pad("", 100000, "a"), "a", $pad("", 10000, "b"))', 'L1001'],
    [
      'a matcher without end',
      '($f := function() { {"match": "a", "start": 0, "next": $f} }; $match("a", $f))',
      'L1001',
    ],
    ['nested $eval', '($f := function() { $eval("$f() + 1") }; $f())', 'L1002'],
  ])('end %s', (_, source, code) => {
    expect(errorCode(source, {}, { allowEval: true, limits: TIGHT })).toBe(code);
  });

  it('refuses sources that are too long, too deep, or would explode while parsing', () => {
    expect(errorCode(`"${'a'.repeat(60_000)}"`)).toBe('L2001');
    expect(errorCode(`${'('.repeat(20_000)}1${')'.repeat(20_000)}`)).toBe('L2002');
    expect(errorCode(`1${'+1'.repeat(20_000)}`)).toBe('L2002');
    expect(errorCode(`${'('.repeat(60)}1${' ?? 2)'.repeat(60)}`)).toBe('L2002');
    expect(errorCode(`${'('.repeat(60)}1${' ?: ")")'.repeat(60)}`)).toBe('L2002');
    expect(errorCode(`$f(1, /${'('.repeat(5_000)}a${')'.repeat(5_000)}/)`)).toBe('S0303');
    const nested = `${'('.repeat(60)}1${' ?? 2)'.repeat(60)}`;
    for (const start of [
      '$f(1, /"/) + ',
      '$f(1, /\\\\{/) + ',
      'a and /"/ + ',
      '**/1 + ',
      '\u00a0/1 + ',
      'a"b + ',
      '"\\"" + ',
      '/* " */ ',
    ]) {
      expect(errorCode(start + nested), start).toBe('L2002');
    }
    expect(errorCode(`${nested}${'/* '.repeat(10_000)}`)).toBe('L2002');
  });

  it('takes long chains of default operators', () => {
    expect(evaluate(`${Array.from({ length: 100 }, (_, i) => `(a.b${i})`).join(' ?? ')} ?? 7`, { a: {} })).toBe(7);
  });

  it('can be set', () => {
    const options = { limits: { fuel: 1_000, array: 10, string: 10, output: 50, nesting: 2, depth: 100 } };
    expect(errorCode('[1..11]', {}, options)).toBe('L1003');
    expect(errorCode('"123456" & "123456"', {}, options)).toBe('L1004');
    expect(errorCode('[[[1]]]', {}, options)).toBe('L1007');
    expect(errorCode('$match($pad("", 1000000, "a"), /(?:a|b)*c/)', {}, { limits: { fuel: 1e8 } })).toBe('L1008');
    expect(errorCode('[1..10].{"a": $}', {}, options)).toBe('L1005');
    expect(errorCode('$sum($map([1..10], function($x) { $sum([1..10]) * $x }))', {}, { limits: { fuel: 50 } })).toBe(
      'L1001',
    );
  });

  it('counts the same work each time', () => {
    const source = '$sum($map([1..50], function($x) { $length($string($x)) }))';
    const fits = (fuel: number): boolean => errorCode(source, {}, { limits: { fuel } }) === undefined;
    let enough = DEFAULT_LIMITS.fuel;
    while (fits(enough / 2)) enough /= 2;
    let short = enough / 2;
    while (enough - short > 0.5) {
      const middle = (enough + short) / 2;
      if (fits(middle)) enough = middle;
      else short = middle;
    }
    for (let i = 0; i < 5; i++) expect([fits(enough), fits(short)]).toEqual([true, false]);
  });

  it('ends every random program with a result or a typed error', () => {
    const leaf = fc.constantFrom('1', '"a"', '$', '$x', 'a', 'a.b', 'null', '[1..20]', '/a+/', '$sum', '**', '*', '%');
    const { program } = fc.letrec<{ program: string }>((tie) => {
      const p = tie('program');
      return {
        program: fc.oneof(
          { depthSize: 'medium' },
          leaf,
          fc
            .tuple(p, fc.constantFrom('+', '&', '=', 'and', '.', '??', '~>', 'in', '<'), p)
            .map(([a, o, b]) => `(${a} ${o} ${b})`),
          fc.tuple(p, p).map(([a, b]) => `${a}[${b}]`),
          fc.tuple(p, p).map(([a, b]) => `($x := ${a}; ${b})`),
          fc.tuple(p, p).map(([a, b]) => `{"k": ${a}, "l": ${b}}`),
          fc.tuple(p, p).map(([a, b]) => `${a}{$string(${b}): $}`),
          fc.tuple(p, p).map(([a, b]) => `$map(${a}, function($x) { ${b} })`),
          fc.tuple(p, p).map(([a, b]) => `$reduce([1..30], function($x, $y) { ${a} }, ${b})`),
          fc.tuple(p, p).map(([a, b]) => `(${a} ~> |${b}|{"k": $x}|)`),
          fc
            .tuple(fc.constantFrom('string', 'keys', 'spread', 'distinct', 'append', 'join', 'merge', 'sort'), p, p)
            .map(([f, a, b]) => `$${f}(${a}, ${b})`),
          p.map((a) => `(${a})^(${'$'})`),
        ),
      };
    });
    const input = { a: [{ b: 1 }, { b: 'x' }], c: { d: [1, [2]] } };
    const frozen = JSON.stringify(input);
    fc.assert(
      fc.property(program, (source) => {
        try {
          const result = compileJsonata(source).evaluate(input, {
            now: NOW,
            random: () => 0.5,
            limits: { fuel: 20_000 },
          });
          expect(JSON.parse(JSON.stringify(result ?? null))).toEqual(result ?? null);
        } catch (error) {
          expect(error instanceof JsonataError || error instanceof JsonataSyntaxError, `${source}: ${error}`).toBe(
            true,
          );
        }
        expect(JSON.stringify(input)).toBe(frozen);
      }),
      { numRuns: 1_500 },
    );
  });
});
