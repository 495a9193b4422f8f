import { describe, expect, it } from 'vitest';
import { csvItems, rowsOf } from '../../../lib/execution/items/csv.ts';

const rows = (text: string, delimiter = ',') => [...rowsOf(text, delimiter)];

describe('rows of delimited text', () => {
  it.each<[string, string[][]]>([
    ['', []],
    ['a', [['a']]],
    [
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a\rb', [['a'], ['b']]],
    ['a\n\n\nb\n', [['a'], ['b']]],
    ['   \n,,\n', [['   '], ['', '', '']]],
    ['a,', [['a', '']]],
    ['"a,b",c', [['a,b', 'c']]],
    ['"a\nb\r\nc",d', [['a\nb\r\nc', 'd']]],
    ['"say ""hi""",x', [['say "hi"', 'x']]],
    ['""\n"",""', [[''], ['', '']]],
    ['a"b"c', [['a"b"c']]],
    ['"a"b,c', [['ab', 'c']]],
    ['"open,\nend', [['open,\nend']]],
    ['a\\,b,c', [['a,b', 'c']]],
    ['a\\\\,b', [['a\\', 'b']]],
    ['\\"a\\",b', [['"a"', 'b']]],
    ['a\\tb\\', [['atb']]],
    ['"a\\"b\\,\\c"', [['a"b,c']]],
  ])('%j', (text, expected) => expect(rows(text)).toEqual(expected));

  it.each(['|', ';', ' ', '\t'])('may be separated by %j', (delimiter) => {
    expect(rows(`a${delimiter}b\\${delimiter}c\n"x${delimiter}y"${delimiter}1,2`, delimiter)).toEqual([
      ['a', `b${delimiter}c`],
      [`x${delimiter}y`, '1,2'],
    ]);
  });
});

describe('items of CSV', () => {
  const items = (text: string, headers?: string[]) => [
    ...csvItems(text, headers === undefined ? { delimiter: ',' } : { delimiter: ',', headers }),
  ];

  it('have the names of the first row, or those that are given', () => {
    expect(items('a,b\n1,2\n')).toEqual([{ a: '1', b: '2' }]);
    expect(items('1,2\n', ['a', 'b'])).toEqual([{ a: '1', b: '2' }]);
    expect(items('')).toEqual([]);
    expect(items('a,b\n')).toEqual([]);
  });

  it('are filled up, and cut off', () => {
    expect(items('a,b\n1\n1,2,3\n')).toEqual([
      { a: '1', b: '' },
      { a: '1', b: '2' },
    ]);
  });

  it('may have any name but twice the same', () => {
    expect(items('__proto__,{}\n1,2')).toEqual([JSON.parse('{"__proto__":"1","{}":"2"}')]);
    expect(() => items('a,b,a\n')).toThrow('CSV headers cannot contain duplicates.');
    expect(() => items('1', ['a', 'a'])).toThrow('CSV headers cannot contain duplicates.');
  });
});
