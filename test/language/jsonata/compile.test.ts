import { describe, expect, it } from 'vitest';
import { compileJsonata, references } from '../../../lib/language/jsonata/index.ts';
import { errorOf, evaluate } from './evaluate.ts';

describe('syntax errors', () => {
  it.each([
    ['1 +', 'S0207', 3],
    ['"abc', 'S0101', 4],
    ['a[', 'S0203', 2],
    ['(1; 2', 'S0203', 5],
    ['1 2', 'S0201', 3],
    ['1 := 2', 'S0212', 1],
    ['function(x) { 1 }', 'S0208', 10],
    ['%', 'S0217', 0],
    ['$match("a", /(/)', 'S0302', 16],
    ['$match("a", /*a/)', 'S0106', 12],
    ['$match("a", /+/)', 'S0303', 0],
    ['', 'S0207', 0],
  ])('%j: %s at %i', (source, code, position) => {
    const error = errorOf(source);
    expect(error).toMatchObject({ name: 'JsonataSyntaxError', code, position });
    expect(error?.message).toMatch(/^[A-Z].*\.$/);
  });
});

describe('compiled expressions', () => {
  it('have no state', () => {
    const compiled = compileJsonata('($n := $n + 1; $match($t, /a/).index & ":" & $n)');
    const options = { now: 0, random: () => 0, bindings: { n: 1, t: 'xa' } };
    expect(compiled.evaluate(null, options)).toBe('1:2');
    expect(compiled.evaluate(null, options)).toBe('1:2');
  });

  it('let bindings hide functions, and own assignments hide bindings', () => {
    expect(evaluate('$sum', undefined, { bindings: { sum: 5 } })).toBe(5);
    expect(evaluate('($sum := 6; $sum)', undefined, { bindings: { sum: 5 } })).toBe(6);
  });
});

describe('references', () => {
  const of = (source: string): { variables: readonly string[]; functions: readonly string[]; usesContext: boolean } =>
    references(compileJsonata(source).tree);

  it.each([
    ['$states.input.a + $total', { variables: ['states', 'total'], functions: [], usesContext: false }],
    ['a.b', { variables: [], functions: [], usesContext: true }],
    ['$$.a', { variables: ['$'], functions: [], usesContext: false }],
    ['$states.input.items[price > $max].name', { variables: ['max', 'states'], functions: [], usesContext: false }],
    [
      '($x := 1; $f := function($y) { $x + $y + $z }; $f($sum([$x])))',
      { variables: ['z'], functions: ['sum'], usesContext: false },
    ],
    ['($f := function() { $g() }; $g := function() { 1 }; $f())', { variables: [], functions: [], usesContext: false }],
    ['$x + ($x := 1; $x)', { variables: ['x'], functions: [], usesContext: false }],
    ['$map($a, $uppercase)', { variables: ['a', 'uppercase'], functions: ['map'], usesContext: false }],
    ['$a ~> $sort(?, $cmp) ~> $count', { variables: ['a', 'cmp', 'count'], functions: ['sort'], usesContext: false }],
    ['$a@$v.b#$i.($v & $i & $w)', { variables: ['a', 'w'], functions: [], usesContext: false }],
    ['$a ~> |b|{"c": $d}, $e|', { variables: ['a', 'd', 'e'], functions: [], usesContext: false }],
    ['$a{$k: $v}^($w)', { variables: ['a', 'k', 'v', 'w'], functions: [], usesContext: false }],
    ['$a ?? $b ?: ($c ? $d : $e)', { variables: ['a', 'b', 'c', 'd', 'e'], functions: [], usesContext: false }],
  ])('%s', (source, expected) => {
    expect(of(source)).toEqual(expected);
  });
});
