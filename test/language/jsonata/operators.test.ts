import { describe, expect, it } from 'vitest';
import { errorCode, errorOf, evaluate } from './evaluate.ts';

describe('operators', () => {
  it.each([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['-(7 % 4)', -3],
    ['"a" & 1 & true & null & [1]', 'a1truenull[1]'],
    ['"a" & missing', 'a'],
    ['0.1 + 0.2 & ""', '0.3'],
    ['1 = 1.0', true],
    ['{"a": [1, 2]} = {"a": [1, 2]}', true],
    ['missing = missing', false],
    ['missing != 1', false],
    ['"b" > "a" and 2 >= 2', true],
    ['false or "x"', true],
    ['2 in [1, 2]', true],
    ['"x" in "x"', true],
    ['[1..3, 7]', [1, 2, 3, 7]],
    ['[3..1]', []],
    ['1 > 2 ? "yes" : "no"', 'no'],
    ['missing ?? null', null],
    ['(missing ?? missing) ?? 3', 3],
    ['0 ?? 5', 0],
    ['0 ?: 5', 5],
    ['($x := 1; ($x := 2; $x) + $x)', 3],
    ['[[1, 2], [3]]', [[1, 2], [3]]],
    ['[1, missing, [2]]', [1, [2]]],
    ['{"a": missing, "b": 1}', { b: 1 }],
  ])('%s', (source, expected) => {
    expect(evaluate(source, {})).toEqual(expected);
  });

  it.each([
    ['1 + "a"', 'T2002'],
    ['"a" + 1', 'T2001'],
    ['1 < "a"', 'T2009'],
    ['null < 1', 'T2010'],
    ['-"a"', 'D1002'],
    ['["a".."b"]', 'T2003'],
    ['[1..2.5]', 'T2004'],
    ['1e300 * 1e300', 'D1001'],
    ['1 ~> 2', 'T2006'],
    ['nothing(1)', 'T1006'],
    ['sum(1)', 'T1005'],
    ['sum(?)', 'T1007'],
    ['$nothing(?)', 'T1008'],
  ])('%s fails with %s', (source, code) => {
    expect(errorCode(source, {})).toBe(code);
  });

  it('tells where and what failed', () => {
    expect(errorOf('a + (b - "x")', { b: 1 })).toMatchObject({ code: 'T2002', token: '-', position: 8 });
    expect(errorOf('$substring({})')).toMatchObject({ code: 'T0410', token: 'substring' });
    expect(errorOf('$error("no stock")')).toMatchObject({ code: 'D3137', message: 'no stock' });
  });

  it('transforms a copy', () => {
    const input = {
      a: [
        { n: 1, x: 1 },
        { n: 2, x: 1 },
      ],
      keep: { y: 1 },
    };
    const before = structuredClone(input);
    expect(evaluate('$ ~> |a|{"n": n * 10}, "x"|', input)).toEqual({ a: [{ n: 10 }, { n: 20 }], keep: { y: 1 } });
    expect(evaluate('a ~> |$$.keep|{"y": 2}|', input)).toEqual(before.a);
    expect(input).toEqual(before);
    expect(errorCode('$ ~> |a|1|', input)).toBe('T2011');
    expect(errorCode('$ ~> |a|{}, 1|', input)).toBe('T2012');
  });
});

describe('functions of the expression', () => {
  it.each([
    ['function($x, $y) { $x + $y }(1, 2)', 3],
    ['($add := function($x, $y) { $x + $y }; $inc := $add(1, ?); $inc(41))', 42],
    ['($f := $substring(?, 0, 2); $f("hello"))', 'he'],
    ['($f := $uppercase ~> $trim; " ab " ~> $f)', 'AB'],
    ['"a b" ~> $split(" ") ~> $count', 2],
    ['($fact := function($n) { $n <= 1 ? 1 : $n * $fact($n - 1) }; $fact(10))', 3628800],
    ['($make := function($n) { function() { $n } }; $make(7)())', 7],
    ['(function($n)<n:n> { $n })(3)', 3],
    ['a.(function($x)<s-:s> { $uppercase($x) })()', 'TEXT'],
    ['(function($xs)<a<n>:n> { $sum($xs) })(3)', 3],
    ['λ($x) { $x }(1)', 1],
  ])('%s', (source, expected) => {
    expect(evaluate(source, { a: 'text' })).toEqual(expected);
  });

  it('checks signatures', () => {
    expect(errorCode('function($n)<n:n> { $n }("a")')).toBe('T0410');
    expect(errorCode('function($n)<a<n>:n> { $n }(["a"])')).toBe('T0412');
    expect(errorCode('a.(function($x)<n-:n> { $x })()', { a: 'text' })).toBe('T0411');
  });

  it('makes tail calls without growing the stack', () => {
    const source =
      '($count := function($n, $sum) { $n = 0 ? $sum : ($next := $n - 1; $count($next, $sum + $n)) }; $count(20000, 0))';
    expect(evaluate(source)).toBe(200010000);
  });

  it('applies predicates and groups to a call in tail position', () => {
    expect(evaluate('($f := function() { $g()[1] }; $g := function() { [5, 6] }; $f())')).toBe(6);
    expect(evaluate('($f := function() { ($g())[0] }; $g := function() { [5, 6] }; $f())')).toBe(5);
  });

  it('offers $eval only if allowed', () => {
    expect(errorCode('$eval("1 + 1")')).toBe('T1006');
    expect(evaluate('($x := 2; $eval("$x + 1"))', undefined, { allowEval: true })).toBe(3);
    expect(errorCode('$eval("1 +")', undefined, { allowEval: true })).toBe('D3120');
    expect(errorCode('$eval("1 + \'a\'")', undefined, { allowEval: true })).toBe('D3121');
  });
});
