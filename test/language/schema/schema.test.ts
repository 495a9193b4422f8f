import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { checkDefinition, definitionSchema } from '../../../lib/language/index.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';

const root = new URL('../../../', import.meta.url);
const accepts = new Ajv({ strict: false }).compile(definitionSchema());

function read(path: string): Json {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

const lambda = 'arn:aws:lambda:us-east-1:111111111111:function:work';
const scope = (name: string, state: JsonObject = { Type: 'Pass', End: true }) => ({
  StartAt: name,
  States: { [name]: state },
});

/** A definition with this state; whatever else it needs is there. */
function around(state: JsonObject, language = 'JSONPath'): JsonObject {
  const leaves = ['Succeed', 'Fail', 'Choice'].includes(String(state['Type'])) ? {} : { End: true };
  const next = /"Next":"Z"/.test(JSON.stringify(state)) ? { Z: { Type: 'Succeed' } } : {};
  return { QueryLanguage: language, StartAt: 'S', States: { S: { ...leaves, ...state }, ...next } };
}

const valid: readonly (readonly [string, JsonObject])[] = [
  [
    'JSONPath',
    { Type: 'Pass', Parameters: { 'a.$': '$.x', b: { 'c.$': 'States.UUID()' } }, ResultPath: '$.y', InputPath: null },
  ],
  [
    'JSONPath',
    {
      Type: 'Task',
      Resource: lambda,
      TimeoutSecondsPath: '$.t',
      Credentials: { 'RoleArn.$': '$.r' },
      Idempotent: true,
    },
  ],
  [
    'JSONPath',
    {
      Type: 'Task',
      Resource: lambda,
      Retry: [{ ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL' }],
      Catch: [{ ErrorEquals: ['E'], Next: 'Z', ResultPath: '$.e' }],
    },
  ],
  [
    'JSONPath',
    {
      Type: 'Choice',
      Choices: [
        {
          And: [{ Variable: '$.a', IsPresent: true }, { Not: { Variable: '$.b', NumericLessThanPath: '$.c' } }],
          Next: 'Z',
        },
      ],
    },
  ],
  ['JSONPath', { Type: 'Wait', Timestamp: '2026-01-01T00:00:00.5+01:00' }],
  ['JSONPath', { Type: 'Fail', ErrorPath: '$.e', CausePath: "States.Format('{}', $.c)" }],
  [
    'JSONPath',
    {
      Type: 'Parallel',
      Branches: [scope('A'), scope('B', { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% 1 %}', End: true })],
    },
  ],
  ['JSONPath', { Type: 'Map', Iterator: scope('A'), ItemsPath: '$.items', MaxConcurrency: 0 }],
  [
    'JSONPath',
    {
      Type: 'Map',
      Label: 'l',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
        Parameters: { Bucket: 'b', 'Key.$': '$.k' },
      },
      ItemBatcher: { MaxItemsPerBatch: 5 },
      ItemProcessor: { ...scope('A'), ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' } },
    },
  ],
  [
    'JSONata',
    {
      Type: 'Task',
      Resource: lambda,
      Arguments: { a: ['{% $states.input.x %}', 'x'] },
      TimeoutSeconds: '{% 5 %}',
      Assign: { größe: 1 },
      Output: '{% $states.result %}',
    },
  ],
  ['JSONata', { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Z', Output: { a: 1 } }], Output: 1 }],
  [
    'JSONata',
    {
      Type: 'Map',
      Items: [1, 2],
      ItemSelector: { a: '{% $states.context.Map.Item.Value %}' },
      ItemProcessor: scope('A'),
    },
  ],
];

const invalid: readonly (readonly [string, JsonObject])[] = [
  ['JSONPath', { Type: 'Pass', Output: 1 }],
  ['JSONPath', { Type: 'Pass', ResultPath: 'x' }],
  ['JSONPath', { Type: 'Pass', Parameters: { a: [{ 'b.$': 'x' }] } }],
  ['JSONPath', { Type: 'Pass', Next: 'Z', Foo: 1 }],
  ['JSONPath', { Type: 'Pass', Assign: { 'a-b': 1 } }],
  ['JSONPath', { Type: 'Pass', Assign: { states: 1 } }],
  ['JSONPath', { Type: 'Nothing' }],
  ['JSONPath', { Type: 'Task' }],
  ['JSONPath', { Type: 'Task', Resource: lambda, TimeoutSeconds: 0 }],
  ['JSONPath', { Type: 'Task', Resource: lambda, TimeoutSeconds: 5, TimeoutSecondsPath: '$.t' }],
  ['JSONPath', { Type: 'Task', Resource: lambda, Retry: [{ ErrorEquals: [] }] }],
  ['JSONPath', { Type: 'Task', Resource: lambda, Catch: [{ ErrorEquals: ['E'], Next: 'Z', Output: 1 }] }],
  ['JSONPath', { Type: 'Choice', Choices: [] }],
  ['JSONPath', { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, StringEquals: 'x', Next: 'Z' }] }],
  ['JSONPath', { Type: 'Choice', Choices: [{ And: [{ Variable: '$.a', IsNull: true, Next: 'Z' }], Next: 'Z' }] }],
  ['JSONPath', { Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z' }],
  ['JSONPath', { Type: 'Wait' }],
  ['JSONPath', { Type: 'Succeed', End: true }],
  ['JSONPath', { Type: 'Fail', Error: 'a', ErrorPath: '$.b' }],
  ['JSONPath', { Type: 'Parallel', Branches: [{ ...scope('A'), TimeoutSeconds: 1 }] }],
  ['JSONPath', { Type: 'Map', ItemProcessor: scope('A'), Label: 'l' }],
  ['JSONPath', { Type: 'Map' }],
  ['JSONata', { Type: 'Pass', Result: 1 }],
  ['JSONata', { Type: 'Pass', QueryLanguage: 'JSONPath' }],
  ['JSONata', { Type: 'Pass', Output: { a: '{% 1' } }],
  ['JSONata', { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'Z' }] }],
  ['JSONata', { Type: 'Wait', Seconds: '5' }],
  ['JSONata', { Type: 'Map', Items: 'x', ItemProcessor: scope('A') }],
];

describe('the schema of definitions', () => {
  it('is the one that is published', () => {
    expect(read('docs/definition.schema.json'), 'run: npx knhk schema > docs/definition.schema.json').toEqual(
      definitionSchema(),
    );
  });

  it('accepts the examples', () => {
    const files = readdirSync(new URL('examples', root)).filter((name) => name.endsWith('.asl.json'));
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect([file, accepts(read(`examples/${file}`))]).toEqual([file, true]);
  });

  it.each(valid)('accepts what the checker accepts: %s %j', (language, state) => {
    const definition = around(state, language);
    expect(checkDefinition(definition).findings.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
    expect(accepts(definition), JSON.stringify(accepts.errors)).toBe(true);
  });

  it.each(invalid)('refuses what the checker refuses: %s %j', (language, state) => {
    const definition = around(state, language);
    expect(checkDefinition(definition).definition).toBeUndefined();
    expect(accepts(definition)).toBe(false);
  });

  it('says of each field what it means', () => {
    const undescribed = new Set<string>();
    const look = (schema: Json): void => {
      if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return;
      const { properties, additionalProperties } = schema as JsonObject;
      if (additionalProperties === false) {
        for (const [name, field] of Object.entries(properties as JsonObject)) {
          if (!('description' in (field as JsonObject)) && !/(Equals|Than|ThanEquals)(Path)?$/.test(name))
            undescribed.add(name);
        }
      }
      for (const part of Object.values(schema)) look(part);
    };
    look(definitionSchema());
    expect([...undescribed]).toEqual([]);
  });
});
