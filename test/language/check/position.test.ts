import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionsIn } from '../../../lib/language/check/position.ts';
import { checkDefinition } from '../../../lib/language/index.ts';

function at(text: string, pointer: string) {
  return positionsIn(text, new Set([pointer])).get(pointer);
}

describe('where a value stands in a text', () => {
  const text = '{\n  "a": [1, {"b/c": "x}\\""}],\n\t"d~": null }';

  it.each([
    ['', 1, 1],
    ['/a', 2, 3],
    ['/a/0', 2, 9],
    ['/a/1/b~1c', 2, 13],
    ['/d~0', 3, 2],
  ])('%s', (pointer, line, column) => {
    expect(at(text, pointer)).toEqual({ line, column });
  });

  it('is nowhere if it is not there, or comes behind a mistake', () => {
    expect(at(text, '/x')).toBeUndefined();
    expect(at('{"a": 1 "b": 2}', '/a')).toEqual({ line: 1, column: 2 });
    expect(at('{"a": 1 "b": 2}', '/b')).toBeUndefined();
  });

  it('is found however deep it is', () => {
    const depth = 100_000;
    const deep = `${'['.repeat(depth)}1${']'.repeat(depth)}`;
    expect(at(deep, '/0'.repeat(depth))).toEqual({ line: 1, column: depth + 1 });
  });

  it('is where the member’s name or the item begins, in any JSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 }),
        fc.nat(4),
        (value, indent) => {
          const written = JSON.stringify(value, undefined, indent);
          const lines = written.split('\n');
          for (const key of Object.keys(value)) {
            const { line, column } = at(written, `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`) ?? {
              line: 0,
              column: 0,
            };
            expect(lines[line - 1]?.slice(column - 1).startsWith(JSON.stringify(key))).toBe(true);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('findings about a text', () => {
  it('say where', () => {
    const text = '{ "StartAt": "A",\n  "States": {\n    "A": { "Type": "Pass", "Next": "B" } } }';
    expect(checkDefinition(text).findings).toMatchObject([
      { pointer: '/States/A/Next', line: 3, column: 28 },
      { pointer: '' },
    ]);
    expect(checkDefinition('{ "StartAt": "A",\n  "States": { }').findings).toMatchObject([{ line: 2, column: 16 }]);
    expect(checkDefinition('{ "StartAt": "A",\n  "States" }').findings).toMatchObject([{ line: 2, column: 12 }]);
    expect(checkDefinition(JSON.parse(text)).findings[0]).not.toHaveProperty('line');
  });
});
