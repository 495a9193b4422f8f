import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../lib/language/index.ts';
import type { Json } from '../../lib/model/json.ts';
import { labelsOf, matchesSearch, mergeSearchFields, searchFieldsOf } from '../../lib/model/search.ts';
import { planOf } from '../model/scenario.ts';

function definitionWith(Search: Json) {
  return { StartAt: 'A', Search, States: { A: { Type: 'Succeed' } } };
}

function found(Search: Json): readonly string[] {
  return checkDefinition(definitionWith(Search)).findings.map(({ severity, pointer }) => `${severity} ${pointer}`);
}

function fieldsOf(Search: Json, input: Json) {
  const { search } = planOf(definitionWith(Search) as never);
  if (search === undefined) throw new Error('The plan has no search.');
  return searchFieldsOf(search, input);
}

describe('Search', () => {
  it('is accepted with paths into the input and with texts, in both languages', () => {
    const search = {
      BusinessKey: '$.id',
      Tags: ['eu', '$.tags'],
      Attributes: { customer: "$.customer['id']", x_1: 'y' },
    };
    expect(found(search)).toEqual([]);
    expect(found({})).toEqual([]);
    expect(found({ Tags: '$.tags' })).toEqual([]);
    const jsonata = { QueryLanguage: 'JSONata', ...definitionWith(search) };
    expect(checkDefinition(jsonata).findings).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['no object', 'x', ''],
    ['an unknown field', { BusinesKey: '$.id' }, '/BusinesKey'],
    ['a key that is no path', { BusinessKey: 'id' }, '/BusinessKey'],
    ['a key that is null', { BusinessKey: null }, '/BusinessKey'],
    ['a path to many', { Tags: ['$.tags[*]'] }, '/Tags/0'],
    ['a path into the context', { Attributes: { a: '$$.Execution.Id' } }, '/Attributes/a'],
    ['an expression', { Attributes: { a: 7 } }, '/Attributes/a'],
    ['a bad name', { Attributes: { 'a b': '$.a' } }, '/Attributes/a b'],
    ['an empty text', { Tags: [''] }, '/Tags/0'],
    ['too many tags', { Tags: Array.from({ length: 21 }, (_, i) => `t${i}`) }, '/Tags'],
  ])('is refused with %s', (_what, search, pointer) => {
    expect(found(search)).toEqual([`ERROR /Search${pointer}`]);
  });

  it('takes what is there, and leaves out what is null or missing', () => {
    const search = {
      BusinessKey: '$.id',
      Tags: ['all', '$.tags', '$.none'],
      Attributes: { total: '$.total', vip: '$.vip', gone: '$.a.b', nothing: '$.null' },
    };
    expect(fieldsOf(search, { id: 17, tags: ['eu', 'gold'], total: 12.5, vip: false, null: null })).toEqual({
      fields: { businessKey: '17', tags: ['all', 'eu', 'gold'], attributes: { total: 12.5, vip: false } },
      problems: [],
    });
    expect(fieldsOf(search, 'text')).toEqual({ fields: { tags: ['all'] }, problems: [] });
  });

  it('says which values cannot be searched by', () => {
    const search = { BusinessKey: '$.id', Tags: ['$.tags'], Attributes: { a: '$.a', b: '$.b' } };
    const { problems } = fieldsOf(search, { id: true, tags: [1], a: {}, b: 'x'.repeat(257) });
    expect(problems.map(({ at }) => at)).toEqual(['$.id', '$.tags', '$.a', '$.b']);
  });

  it('puts what was given over what was declared', () => {
    const declared = { businessKey: 'a', tags: ['x'], attributes: { n: 1, m: 2 } };
    const given = { businessKey: 'b', tags: ['y', 'x'], attributes: { n: 3 } };
    expect(mergeSearchFields(declared, given)).toEqual({
      businessKey: 'b',
      tags: ['x', 'y'],
      attributes: { n: 3, m: 2 },
    });
    expect(mergeSearchFields({}, {})).toBeUndefined();
  });

  it('tells kinds of fields and types of values apart', () => {
    const labels = labelsOf({ businessKey: 'a', tags: ['a', 'key=a'], attributes: { a: 'true', b: true, 'a=': 1 } });
    expect(new Set(labels).size).toBe(labels.length);
    expect(matchesSearch({ attributes: { a: 'true' } }, { attributes: { a: true } })).toBe(false);
    expect(matchesSearch({ tags: ['a', 'b'] }, { tags: ['b'] })).toBe(true);
    expect(matchesSearch(undefined, { tags: ['b'] })).toBe(false);
    expect(matchesSearch(undefined, {})).toBe(true);
  });
});
