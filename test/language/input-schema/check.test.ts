import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../../lib/language/index.ts';
import type { Json } from '../../../lib/model/json.ts';

function found(InputSchema: Json): readonly string[] {
  const definition = { StartAt: 'A', InputSchema, States: { A: { Type: 'Succeed' } } };
  return checkDefinition(definition).findings.map(({ severity, pointer }) => `${severity} ${pointer}`);
}

const address = { type: 'object', properties: { street: { type: 'string' } }, required: ['street'] };

describe('InputSchema', () => {
  it.each<[string, Json]>([
    ['true', true],
    ['an empty one', {}],
    ['references by place', { $defs: { address }, properties: { home: { $ref: '#/$defs/address' } } }],
    ['a recursion through parts of the value', { properties: { next: { $ref: '#' } } }],
    ['escaped references', { $defs: { 'a/b %': true }, $ref: '#/$defs/a~1b%20%25' }],
    ['its dialect', { $schema: 'https://json-schema.org/draft/2020-12/schema' }],
    ['formats, which are annotations', { type: 'string', format: 'email' }],
    ['everything', { type: ['object', 'null'], minProperties: 1, patternProperties: { '^x-': { const: 1 } }, not: {} }],
  ])('accepts %s', (_what, schema) => {
    expect(found(schema)).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['no schema at all', 'object', ''],
    ['an unknown type', { type: 'text' }, '/type'],
    ['a type twice', { type: ['string', 'string'] }, '/type'],
    ['no schema under a name', { properties: { a: { items: 1 } } }, '/properties/a/items'],
    ['a list of schemas that is none', { anyOf: [] }, '/anyOf'],
    ['a schema in a list', { allOf: [true, 'x'] }, '/allOf/1'],
    ['a negative length', { minLength: -1 }, '/minLength'],
    ['names twice', { required: ['a', 'a'] }, '/required'],
    ['names by name', { dependentRequired: { a: 'b' } }, '/dependentRequired/a'],
    ['no step', { multipleOf: 0 }, '/multipleOf'],
    ['another dialect', { $schema: 'http://json-schema.org/draft-07/schema#' }, '/$schema'],
    ['a reference elsewhere', { $ref: 'https://example.com/schema.json' }, '/$ref'],
    ['a reference to nothing', { $ref: '#/$defs/none' }, '/$ref'],
    ['a reference to no schema', { $defs: { a: {} }, $ref: '#/$defs' }, '/$ref'],
    ['a name of its own', { $defs: { a: { $id: 'a' } } }, '/$defs/a/$id'],
    ['a pattern that is none', { pattern: '(' }, '/pattern'],
    ['a pattern with Unicode properties', { pattern: '^\\p{L}+$' }, '/pattern'],
    ['a pattern that is too long', { pattern: 'a'.repeat(1_001) }, '/pattern'],
    ['a name that is no pattern', { patternProperties: { '[': true } }, '/patternProperties/['],
    ['a circle', { $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' }, '/$defs/a'],
  ])('refuses %s, and says where', (_what, schema, pointer) => {
    expect(found(schema)).toContain(`ERROR /InputSchema${pointer}`);
  });

  it('refuses itself as a whole where it refers to itself', () => {
    expect(found({ $ref: '#' })).toEqual(['ERROR /InputSchema']);
  });

  it('warns of keywords that change nothing', () => {
    expect(found({ requird: ['a'] })).toEqual(['WARNING /InputSchema/requird']);
  });

  it('refuses too many subschemas and too deep ones, once', () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`p${index}`, {}]));
    let deep: Json = {};
    for (let level = 0; level < 100; level += 1) deep = { items: deep };
    expect(found(deep)).toHaveLength(1);
    expect(found({ properties: many })).toHaveLength(1);
  });

  it('stands at the top of a definition alone', () => {
    const inner = { StartAt: 'B', InputSchema: true, States: { B: { Type: 'Succeed' } } };
    const outer = { StartAt: 'A', States: { A: { Type: 'Parallel', Branches: [inner], End: true } } };
    expect(checkDefinition(outer).findings.some(({ severity }) => severity === 'ERROR')).toBe(true);
  });
});
