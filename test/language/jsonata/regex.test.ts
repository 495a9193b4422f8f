import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

/** First match by the engine under test, in the shape of RegExp's. */
function firstMatch(pattern: string, flags: string, text: string): unknown {
  const source = `[$match($text, /${pattern}/${flags}, 1)]`;
  const [found] = evaluate(source, undefined, { bindings: { text } }) as {
    match: string;
    index: number;
    groups: unknown[];
  }[];
  return found === undefined ? null : [found.index, found.match, ...found.groups];
}

function expectedMatch(pattern: string, flags: string, text: string): unknown {
  const found = new RegExp(pattern, flags).exec(text);
  return found === null ? null : [found.index, ...Array.from(found, (group) => group ?? null)];
}

describe('regular expressions', () => {
  it.each([
    ['a|ab', '', 'ab'],
    ['(a|ab)(c|bcd)(d*)', '', 'abcd'],
    ['(?:(a)|b)*', '', 'aab'],
    ['(a*)*', '', 'b'],
    ['(?:a?)*?b', '', 'aab'],
    ['(z)((a+)?(b+)?(c))*', '', 'zaacbbbcac'],
    ['^\\s*(\\w+)\\s*=\\s*"([^"]*)"$', 'm', 'x\n key = "v 1"\n'],
    ['(?<year>\\d{4})-(?<month>\\d\\d)\\k<month>', '', '2024-1212'],
    ['(.)\\1', '', 'hello'],
    ['(a)\\1', 'i', 'xaA'],
    ['(?=a)\\w(?!b)', '', 'abac'],
    ['(?<=\\$)\\d+(?:\\.\\d*)?', '', 'cost $12.50'],
    ['(?<!\\$)\\b\\d+', '', '$1 22'],
    ['(?<=(\\d+)(\\d+))$', '', '1053'],
    ['[\\]\\-a-c^]+', '', 'xx]-b^'],
    ['[^\\W\\d]+', '', '12_ab'],
    ['\\x41\\u0042\\t', '', 'AB\t'],
    ['a{2,3}?', '', 'aaaa'],
    ['a{,2}', '', 'a{,2}'],
    ['(?:ab){2}c', '', 'ababc'],
    ['\\Bb', '', 'b ab'],
    ['É[é-ü]', 'i', 'éÜ'],
    ['a.c', '', 'a\nc abc'],
    ['(?i:a)b', '', 'Ab'],
  ])('/%s/%s on %j', (pattern, flags, text) => {
    expect(firstMatch(pattern, flags, text)).toEqual(expectedMatch(pattern, flags, text));
  });

  it('agrees with ECMAScript on random patterns', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\w',
      '^',
      '$',
      '\\b',
      '(?=b)',
      '(?!a)',
      '(?<=a)',
      '\\1',
    );
    const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
      piece: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        atom,
        tie('pattern').map((inner) => `(${inner})`),
        tie('pattern').map((inner) => `(?:${inner})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{1,2}', '{2}', '*?', '+?', '??'))
          .map(([inner, quantifier]) => `(${inner})${quantifier}`),
      ),
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('piece'),
        fc.tuple(tie('piece'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('piece'), tie('pattern')).map(([a, b]) => `${a}|${b}`),
      ),
    }));
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 8 }), (source, text) => {
        expect(firstMatch(source, 'm', text)).toEqual(expectedMatch(source, 'm', text));
      }),
      { numRuns: 400 },
    );
  });
});
