import { describe, expect, it } from 'vitest';
import { closest } from '../../../lib/language/check/suggest.ts';
import { checkDefinition } from '../../../lib/language/index.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';

describe('the closest name', () => {
  it.each([
    ['Nxet', 'Next'],
    ['next', 'Next'],
    ['Resuorce', 'Resource'],
    ['ResultPaths', 'ResultPath'],
    ['Xyzzy', undefined],
    ['', undefined],
  ])('%s: %s', (name, expected) => {
    expect(closest(name, ['Next', 'End', 'Resource', 'ResultPath', 'Result'])).toBe(expected);
  });
});

function hints(definition: Json): (string | undefined)[] {
  return checkDefinition(definition).findings.map(({ hint }) => hint);
}

function one(state: JsonObject, more: JsonObject = {}): Json {
  return { StartAt: 'First', States: { First: state, ...more } };
}

describe('a misspelled name', () => {
  it.each<readonly [string, Json, string]>([
    ['of a field', one({ Type: 'Pass', Resutl: 1, End: true }), "Did you mean 'Result'?"],
    ['of a type', one({ Type: 'Tsak', End: true }), "Did you mean 'Task'?"],
    ['of a state', { StartAt: 'Frist', States: { First: { Type: 'Succeed' } } }, "Did you mean 'First'?"],
    [
      'of an operator',
      one({ Type: 'Choice', Choices: [{ Variable: '$.a', NumericEqual: 1, Next: 'Z' }] }, { Z: { Type: 'Succeed' } }),
      "Did you mean 'NumericEquals'?",
    ],
    [
      'of an intrinsic function',
      one({ Type: 'Pass', Parameters: { 'a.$': "States.Fromat('{}', 1)" }, End: true }),
      "Did you mean 'States.Format'?",
    ],
    [
      'of a JSONata function',
      one({ Type: 'Pass', QueryLanguage: 'JSONata', Output: "{% $lowercse('A') %}", End: true }),
      "Did you mean '$lowercase'?",
    ],
    [
      'of an error',
      one({
        Type: 'Parallel',
        Branches: [{ StartAt: 'A', States: { A: { Type: 'Succeed' } } }],
        End: true,
        Retry: [{ ErrorEquals: ['States.TimeOut'] }],
      }),
      "Did you mean 'States.Timeout'?",
    ],
    ['of a join', one({ Type: 'Pass', Join: 'All', End: true }), "Did you mean 'all'?"],
    ['of a rest', one({ Type: 'Pass', Join: { Count: 1, Rest: 'Absorb' }, End: true }), "Did you mean 'absorb'?"],
    [
      'of a selection',
      one({ Type: 'Choice', Select: 'all', Choices: [{ Variable: '$.a', IsNull: true, Next: 'First' }] }),
      "Did you mean 'All'?",
    ],
    [
      'of the rest of a Map',
      one({ Type: 'Map', Rest: 'Keep', Completion: { Count: 1 }, ItemProcessor: one({ Type: 'Succeed' }), End: true }),
      "Did you mean 'keep'?",
    ],
    ...['arn:aws:states:::knhk:workitem', 'arn:aws:states:::knhk:workItem.sync', 'knhk:workitem', 'knhk:workItem'].map(
      (Resource) =>
        [
          `of a resource: ${Resource}`,
          one({ Type: 'Task', Resource, End: true }),
          "Did you mean 'arn:aws:states:::knhk:workItem'?",
        ] as const,
    ),
    ['of an event, as text', one({ Type: 'Pass', Trigger: 'paid', End: true }), 'Write {"Event": "paid"}.'],
  ])('%s', (_what, definition, hint) => {
    expect(hints(definition)).toContain(hint);
  });

  it('is guessed at for the first findings only: a definition may have thousands', () => {
    const States = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, i) => [`State number ${i}`, { Type: 'Pass', Next: `State numbre ${i}` }]),
    );
    const guessed = hints({ StartAt: 'State number 0', States }).filter((hint) => hint !== undefined);
    expect(guessed.length).toBe(20);
  });

  it('offers no field that is there already, or belongs to the other language', () => {
    expect(hints(one({ Type: 'Pass', Result: 1, Resutl: 1, End: true }))).toEqual([undefined]);
    expect(hints(one({ Type: 'Pass', Outputs: 1, End: true }))).toEqual([undefined]);
  });
});
