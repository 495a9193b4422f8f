import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorCode, evaluate } from './evaluate.ts';

describe('time', () => {
  it('is the time of the evaluation', () => {
    expect(evaluate('$now()')).toBe('2024-02-29T13:05:07.089Z');
    expect(evaluate('$millis()')).toBe(Date.UTC(2024, 1, 29, 13, 5, 7, 89));
    expect(evaluate('$now("[Y0001]", "+0100") & $now("[h]:[m] [PN]")')).toBe('20241:05 PM');
  });

  it.each([
    ['[D1o] [MNn] [Y]', '29th February 2024'],
    ['[FNn,*-3], [D01]/[M01]/[Y,2-2]', 'Thu, 29/02/24'],
    ['[Y]-W[W01]-[F1] [d001]', '2024-W09-4 060'],
    ['[YI] [DWwo] [h#1] [P]', 'MMXXIV Twenty-Ninth 1 pm'],
    ['[[[H01]]]', '[13]'],
    ['[X0001] [xNn] [w]', '2024 February 5'],
    ['[f001] [Z] [z]', '089 +00:00 GMT+00:00'],
  ])('writes %s', (picture, expected) => {
    expect(evaluate(`$now(${JSON.stringify(picture)})`)).toBe(expected);
  });

  it.each([
    ['+0530', '18:35 +05:30'],
    ['-0330', '09:35 -03:30'],
    ['0000', '13:05 Z'],
  ])('writes in the zone %s', (zone, expected) => {
    expect(evaluate(`$now("[H01]:[m01] [Z01:01t]", "${zone}")`)).toBe(expected);
  });

  it.each([
    ['"2024-02-29"', Date.UTC(2024, 1, 29)],
    ['"2024-02-29T10:11:12"', Date.UTC(2024, 1, 29, 10, 11, 12)],
    ['"2024-02-29T10:11:12.123456+01:00"', Date.UTC(2024, 1, 29, 9, 11, 12, 123)],
    ['"0099"', Date.parse('0099-01-01T00:00:00Z')],
    ['"29/2/24", "[D1]/[M1]/[Y,2-2]"', Date.UTC(1924, 1, 29)],
    ['"20240229 1305", "[Y0001][M01][D01] [H01][m01]"', Date.UTC(2024, 1, 29, 13, 5)],
    ['"12:30 am", "[h]:[m] [P]"', Date.UTC(2024, 1, 29, 0, 30)],
    ['"MMXXIV 60", "[YI] [d]"', Date.UTC(2024, 1, 29)],
    ['"3rd March 2020 GMT-5", "[D1o] [MNn] [Y] [z01]"', Date.UTC(2020, 2, 3, 5)],
  ])('reads %s', (args, expected) => {
    expect(evaluate(`$toMillis(${args})`)).toBe(expected);
  });

  it('yields nothing for text that is not of the picture', () => {
    expect(evaluate('$toMillis("x", "[Y]")')).toBeUndefined();
  });

  it.each([
    ['$toMillis("yesterday")', 'D3110'],
    ['$toMillis("2024-13-01")', 'D3110'],
    ['$toMillis("2024 5", "[Y] [m]")', 'D3136'],
    ['$now("[q]")', 'D3132'],
    ['$now("[YN]")', 'D3133'],
    ['$now("[Y")', 'D3135'],
    ['$fromMillis(1e17)', 'D3156'],
    ['$now("[H]", "noon")', 'D3156'],
  ])('%s fails with %s', (source, code) => {
    expect(errorCode(source)).toBe(code);
  });

  it('reads what it writes', () => {
    const picture = '[Y0001]-[M01]-[D01] [H01]:[m01]:[s01].[f001] [Z01:01]';
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
        fc.integer({ min: -12, max: 14 }),
        (millis, hours) => {
          const zone = `${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}00`;
          const options = { bindings: { millis, zone, picture } };
          expect(evaluate('$toMillis($fromMillis($millis))', undefined, options)).toBe(millis);
          expect(evaluate('$toMillis($fromMillis($millis, $picture, $zone), $picture)', undefined, options)).toBe(
            millis,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads the words that it writes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.constantFrom('w', 'W;o', 'Ww', '#,##0', '0;o'),
        (n, picture) => {
          const options = { bindings: { n, picture } };
          expect(evaluate('$parseInteger($formatInteger($n, $picture), $picture)', undefined, options)).toBe(n);
        },
      ),
      { numRuns: 100 },
    );
  });
});
