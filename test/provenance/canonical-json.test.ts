import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../lib/provenance/canonical-json.ts';

describe('The canonical text of JSON', () => {
  test.each([
    [
      'numbers as ECMAScript prints them',
      JSON.parse('[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0,1e21]'),
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21]',
    ],
    [
      'names by UTF-16 code units',
      { '\ufb33': 1, '\u{1f600}': 2, '€': 3, '10': 4, '9': 5, '\r': 6, '': 7 },
      '{"":7,"\\r":6,"10":4,"9":5,"€":3,"😀":2,"\ufb33":1}',
    ],
    ['the shortest escapes', '\u20ac$\u000f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'],
    ['literals', [null, true, false], '[null,true,false]'],
    ['half a surrogate pair escaped', ['\ud800'], '["\\ud800"]'],
    [
      'names that mean something to JavaScript',
      JSON.parse('{"__proto__":1,"constructor":{"toJSON":2}}'),
      '{"__proto__":1,"constructor":{"toJSON":2}}',
    ],
    ['nothing for what is undefined', { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ])('has %s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('is what the reference implementation writes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => canonicalJson(value) === canonicalize(value)));
  });

  test('does not depend on the order of names, and says the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(object));
        expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });
});
