import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileRegex } from '../../../lib/language/jsonpath/regex.ts';

function matches(pattern: string, text: string, flags = ''): boolean {
  const regex = compileRegex(pattern, flags);
  if (typeof regex === 'string') throw new Error(regex);
  return regex.matches(text);
}

describe('regular expressions', () => {
  test.each<[string, string, boolean]>([
    ['abc', 'abc', true],
    ['abc', 'xabc', false],
    ['.*abc.*', 'xabcx', true],
    ['a|bc', 'bc', true],
    ['(a|b)*c', 'ababc', true],
    ['(?:ab)+', 'abab', true],
    ['(?:ab)+', '', false],
    ['a{2,3}', 'aaaa', false],
    ['a{2,}', 'aaaa', true],
    ['a{2}', 'aa', true],
    ['colou?r', 'color', true],
    ['[a-c_]+', 'ab_c', true],
    ['[^a-c]+', 'xyb', false],
    ['[]-]', ']', true],
    ['\\d+-\\w+', '12-x_1', true],
    ['\\S\\s\\D', 'a b', true],
    ['[\\d.]+', '1.5', true],
    ['a\\.b', 'axb', false],
    ['\\bfoo\\b.*', 'foo bar', true],
    ['foo\\b.+', 'foobar', false],
    ['^a$', 'a', true],
    ['a.c', 'a\nc', false],
    ['a+?b*?', 'aab', true],
    ['\\u0041', 'A', true],
    ['.', '😀', true],
    ['', '', true],
    ['()*', '', true],
  ])('/%s/ against %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  test('flags', () => {
    expect(matches('straße [A-C]', 'STRAßE b', 'i')).toBe(true);
    expect(matches('a.c', 'a\nc', 's')).toBe(true);
  });

  test.each([
    ['a)', 'unexpected ")"'],
    ['(a', 'expected ")"'],
    ['*a', 'nothing to repeat'],
    ['a{1', 'a "{"'],
    ['a{3,1}', 'wrong order'],
    ['[z-a]', 'wrong order'],
    ['[a', 'ends too early'],
    ['(?=a)', 'not supported'],
    ['(a)\\1', 'not supported'],
    ['\\u12', 'hexadecimal'],
    [`${'('.repeat(200)}a${')'.repeat(200)}`, 'nested too deep'],
    ['((((a{50}){50}){50}){50}){50}', 'too large'],
    ['((((){999}){999}){999}){999}', 'too large'],
  ])('/%s/ is refused', (pattern, problem) => {
    expect(compileRegex(pattern, '')).toContain(problem);
  });

  test('patterns that would keep a backtracking matcher busy for ages are answered', () => {
    expect(matches('(a+)+b', 'a'.repeat(5000))).toBe(false);
    expect(matches('(a|aa)+$b', 'a'.repeat(5000))).toBe(false);
  });

  test('agrees with the platform', () => {
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', ''),
        fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => `${x}${y}`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => `(${x}|${y})`),
        fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}')).map(([x, q]) => `(${x})${q}`),
      ),
    }));
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        fc.pre(source.length < 40);
        expect(matches(source, subject)).toBe(new RegExp(`^(?:${source})$`).test(subject));
      }),
      { numRuns: 1500 },
    );
  });
});
