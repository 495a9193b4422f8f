import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDefinition, loadDefinition } from '../../../lib/language/index.ts';
import { isJsonArray, isJsonObject, type Json } from '../../../lib/model/json.ts';
import { lambda, options } from '../compile/fixture.ts';

const inner = (name: string) => ({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } });

const sample: Json = {
  StartAt: 'Task',
  TimeoutSeconds: 10,
  States: {
    Task: {
      Type: 'Task',
      Resource: lambda,
      Parameters: { 'a.$': '$.a', b: [{ 'c.$': 'States.UUID()' }] },
      ResultPath: '$.r',
      TimeoutSeconds: 5,
      Credentials: { RoleArn: 'arn:aws:iam::111111111111:role/r' },
      Retry: [{ ErrorEquals: ['A'], MaxDelaySeconds: 9 }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Wait' }],
      Next: 'Choice',
    },
    Choice: {
      Type: 'Choice',
      Choices: [{ And: [{ Not: { Variable: '$.a', IsNull: true } }], Next: 'Wait', Assign: { v: 1 } }],
      Default: 'Map',
    },
    Wait: { Type: 'Wait', Timestamp: '2026-01-01T00:00:00Z', Next: 'Map' },
    Map: {
      Type: 'Map',
      QueryLanguage: 'JSONata',
      Items: '{% [1] %}',
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...inner('I') },
      Label: 'l',
      Output: { n: '{% $states.result %}' },
      Next: 'Parallel',
    },
    Parallel: { Type: 'Parallel', Branches: [inner('B')], Next: 'Fail' },
    Fail: { Type: 'Fail', ErrorPath: '$.e', Cause: 'c' },
  },
};

/** Every place of a document, as steps from its root. */
function places(value: Json): (string | number)[][] {
  const entries: [string | number, Json][] = isJsonArray(value)
    ? [...value.entries()]
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return [[], ...entries.flatMap(([key, child]) => places(child).map((rest) => [key, ...rest]))];
}

function replaced(value: Json, [step, ...rest]: readonly (string | number)[], by: Json): Json {
  if (step === undefined) return by;
  if (isJsonArray(value)) return value.with(Number(step), replaced(value[Number(step)] ?? null, rest, by));
  return isJsonObject(value) ? { ...value, [step]: replaced(value[String(step)] ?? null, rest, by) } : value;
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json),
  fc.constantFrom<Json>(
    '$',
    '$.a',
    '{% 1 %}',
    '{% %}',
    '{%%}',
    '{%',
    'Map',
    'States.ALL',
    0,
    -1,
    1e99,
    [],
    {},
    { __proto__: 1 },
  ),
);

describe('loading a definition', () => {
  it('accepts the sample that is broken below', () => {
    expect(loadDefinition(sample, options).findings).toEqual([]);
  });

  it('never throws, whatever stands wherever', () => {
    const steps = places(sample);
    fc.assert(
      fc.property(fc.constantFrom(...steps), anything, fc.constantFrom('STANDARD', 'EXPRESS'), (at, by, type) => {
        const broken = replaced(sample, at, by);
        const { plan, findings } = loadDefinition(broken, { ...options, type });
        expect(plan === undefined).toBe(findings.some(({ severity }) => severity === 'ERROR'));
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws at a text', () => {
    fc.assert(fc.property(fc.string(), (text) => loadDefinition(text, options).plan === undefined));
  });
});

describe('the additions to the language', () => {
  const odd: Json[] = [null, 1, '', [], {}, [[]], [null], { Count: null }, { Count: [], Rest: {} }, { Event: {} }];
  const types = ['Pass', 'Place', 'Choice', 'Map', 'Fail', 'Task'];
  const fields = ['Join', 'Cancels', 'Completes', 'Trigger', 'Milestone', 'Next', 'Default', 'Select', 'Completion'];

  it.each(odd.map((value) => [value]))('are told of, whatever stands in them: %j', (value) => {
    for (const field of fields) {
      for (const Type of types) {
        const definition = { StartAt: 'A', States: { A: { Type, [field]: value } }, Mutex: { m: value } };
        const { findings } = checkDefinition(definition);
        expect(findings.some(({ severity, pointer }) => severity === 'ERROR' && pointer.startsWith('/Mutex'))).toBe(
          true,
        );
      }
    }
  });

  it('know the states from what every object has', () => {
    const states = { A: { Type: 'Pass', Next: ['B', 'toString'], Cancels: ['constructor'] }, B: { Type: 'Succeed' } };
    expect(checkDefinition({ StartAt: 'A', States: states }).findings.map(({ pointer }) => pointer)).toEqual([
      '/States/A/Next/1',
      '/States/A/Cancels/0',
    ]);
  });
});
