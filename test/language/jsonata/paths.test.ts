import { describe, expect, it } from 'vitest';
import { errorCode, evaluate } from './evaluate.ts';

const shop = {
  name: 'Corner',
  orders: [
    {
      id: 'o1',
      lines: [
        { sku: 'tea', n: 2, price: 3 },
        { sku: 'jam', n: 1, price: 5 },
      ],
    },
    { id: 'o2', lines: [{ sku: 'tea', n: 1, price: 3 }] },
    { id: 'o3', lines: [] },
  ],
  owner: { 'full name': 'Ada', tags: ['a', ['b', ['c']]] },
};

describe('paths', () => {
  it.each([
    ['name', 'Corner'],
    ['orders.id', ['o1', 'o2', 'o3']],
    ['orders.lines.sku', ['tea', 'jam', 'tea']],
    ['orders[0].lines[1].sku', 'jam'],
    ['orders[-1].id', 'o3'],
    ['orders.lines[0].sku', ['tea', 'tea']],
    ['(orders.lines)[0].sku', 'tea'],
    ['orders[[0, 2]].id', ['o1', 'o3']],
    ['orders[id = "o2"].lines.price', 3],
    ['orders[id = "o2"].lines.price[]', [3]],
    ['owner.`full name`', 'Ada'],
    ['owner."full name"', 'Ada'],
    ['owner.tags', ['a', ['b', ['c']]]],
    ['$.name & "/" & $$.name', 'Corner/Corner'],
    ['owner.*', ['Ada', 'a', 'b', 'c']],
    ['**.price', [3, 5, 3]],
    [
      'orders.[id, $count(lines)]',
      [
        ['o1', 2],
        ['o2', 1],
        ['o3', 0],
      ],
    ],
    ['orders.lines.(n * price)', [6, 5, 3]],
  ])('%s', (source, expected) => {
    expect(evaluate(source, shop)).toEqual(expected);
  });

  it.each(['missing', 'missing.deeper', 'name.deeper', 'orders[9]', 'orders[id = "x"]', 'orders[2].lines.sku'])(
    '%s is nothing',
    (source) => {
      expect(evaluate(source, shop)).toBeUndefined();
    },
  );

  it('binds context, position and parent along the way', () => {
    expect(evaluate('orders@$o.lines.{"o": $o.id, "s": sku}', shop)).toBeUndefined();
    expect(evaluate('orders@$o.$o.lines.{"o": $o.id, "s": sku}', shop)).toEqual([
      { o: 'o1', s: 'tea' },
      { o: 'o1', s: 'jam' },
      { o: 'o2', s: 'tea' },
    ]);
    expect(evaluate('orders#$i.lines.($i & sku)', shop)).toEqual(['0tea', '0jam', '1tea']);
    expect(evaluate('orders.lines.(%.id & sku)', shop)).toEqual(['o1tea', 'o1jam', 'o2tea']);
    expect(evaluate('orders.lines.sku.%.%.id', shop)).toEqual(['o1', 'o1', 'o2']);
  });

  it('groups and sorts', () => {
    expect(errorCode('orders.lines{sku: n * price}', shop)).toBe('T2001');
    expect(evaluate('orders.lines{sku: $sum($map($, function($l) { $l.n * $l.price }))}', shop)).toEqual({
      tea: 9,
      jam: 5,
    });
    expect(evaluate('orders.lines^(>price, n).(sku & n)', shop)).toEqual(['jam1', 'tea1', 'tea2']);
    expect(evaluate('orders^(<id)[0].id', shop)).toBe('o1');
    expect(errorCode('[1, "a"]^($)')).toBe('T2007');
    expect(errorCode('[{}, {}]^($)')).toBe('T2008');
    expect(errorCode('{"a": 1, $string("a"): 2}')).toBe('D1009');
    expect(errorCode('{1: 2}')).toBe('T1003');
  });

  it('treats an array that is the whole input as one context', () => {
    expect(evaluate('$', [1, 2])).toEqual([1, 2]);
    expect(evaluate('$[0]', [1, 2])).toBe(1);
    expect(evaluate('a', [{ a: 1 }, { a: 2 }])).toEqual([1, 2]);
    expect(evaluate('{"all": $}', [1, 2])).toEqual({ all: [1, 2] });
    expect(evaluate('$string()', [1, 2])).toBe('[1,2]');
  });

  it('hands out parts of the input as they are', () => {
    expect(evaluate('orders', shop)).toBe(shop.orders);
    expect(evaluate('$.owner', shop)).toBe(shop.owner);
    expect(evaluate('$states.input', undefined, { bindings: { states: { input: shop } } })).toBe(shop);
  });

  it('reads own fields only', () => {
    expect(evaluate('constructor')).toBeUndefined();
    expect(evaluate('constructor', {})).toBeUndefined();
    expect(evaluate('toString.length', {})).toBeUndefined();
    expect(evaluate('$lookup($, "__proto__")', {})).toBeUndefined();
    const made = evaluate('{"__proto__": {"x": 1}}');
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(Object.keys(made as object)).toEqual(['__proto__']);
  });
});
