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

const workItem = 'arn:aws:states:::knhk:workItem';
const lambda = 'arn:aws:lambda:us-east-1:111111111111:function:work';
const scope = (name: string, state: JsonObject = { Type: 'Pass', End: true }) => ({
  StartAt: name,
  States: { [name]: state },
});

/** A definition with this state; whatever else it needs is there. */
function around(state: JsonObject, language = 'JSONPath'): JsonObject {
  const leaves = ['Succeed', 'Fail', 'Choice', 'Place'].includes(String(state['Type'])) ? {} : { End: true };
  const next = /"Z"/.test(JSON.stringify(state)) ? { Z: { Type: 'Succeed' } } : {};
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
  ['JSONPath', { Type: 'Place', Next: [] }],
  ['JSONPath', { Type: 'Place', Next: ['Z'] }],
  [
    'JSONPath',
    { Type: 'Wait', Seconds: 1, Join: 'all', Trigger: { Event: 'e' }, Cancels: ['S'], Next: ['Z', 'Z'], End: false },
  ],
  ['JSONPath', { Type: 'Fail', Join: { Count: 1, Rest: 'cancel', Cancels: ['S'] } }],
  ['JSONPath', { Type: 'Choice', Select: 'All', Choices: [{ Variable: '$', IsNull: true, Next: ['Z'] }] }],
  ['JSONPath', { Type: 'Map', Iterator: scope('A'), Completion: { Count: 2 }, Rest: 'cancel', Dynamic: true }],
  [
    'JSONPath',
    { Type: 'Task', Resource: workItem, Parameters: { 'Title.$': '$.t', Candidates: ['a'], Payload: { 'a.$': '$' } } },
  ],
  ['JSONata', { Type: 'Pass', Join: { Threads: '{% 2 %}' }, Trigger: { Event: 'e', Persistent: false } }],
  [
    'JSONata',
    {
      Type: 'Map',
      ItemProcessor: scope('A'),
      Completion: { Condition: '{% $count($states.context.Map.Results) > 1 %}' },
      Synchronize: false,
    },
  ],
  ['JSONata', { Type: 'Task', Resource: workItem, Arguments: '{% $states.input %}' }],
  ['JSONata', { Type: 'Task', Resource: workItem, Arguments: { Assignee: '{% "a" %}', Candidates: '{% ["a"] %}' } }],
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
  ['JSONPath', { Type: 'Pass', Next: [] }],
  ['JSONPath', { Type: 'Place' }],
  ['JSONPath', { Type: 'Place', Next: [], Join: 'all' }],
  ['JSONPath', { Type: 'Pass', Join: 'some' }],
  ['JSONPath', { Type: 'Pass', Join: { Count: 1 } }],
  ['JSONPath', { Type: 'Pass', Join: { Threads: 0 } }],
  ['JSONPath', { Type: 'Pass', Join: { Count: 1, Rest: 'absorb', Cancels: [] } }],
  ['JSONPath', { Type: 'Pass', Join: { Count: 1, Threads: 1, Rest: 'absorb' } }],
  ['JSONPath', { Type: 'Pass', Trigger: { Persistent: true } }],
  ['JSONPath', { Type: 'Pass', Pool: 'g p u' }],
  ['JSONPath', { Type: 'Choice', Select: 'First', Choices: [{ Variable: '$', IsNull: true, Next: 'Z' }] }],
  ['JSONPath', { Type: 'Map', Iterator: scope('A'), Completion: { Condition: '{% true %}' } }],
  ['JSONPath', { Type: 'Map', Iterator: scope('A'), Completion: {} }],
  [
    'JSONPath',
    {
      Type: 'Map',
      Dynamic: true,
      ItemProcessor: { ...scope('A'), ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
    },
  ],
  ['JSONPath', { Type: 'Task', Resource: workItem, Parameters: { Tile: 'x' } }],
  ['JSONata', { Type: 'Task', Resource: workItem, Arguments: { Candidates: 'a' } }],
  ['JSONata', { Type: 'Map', ItemProcessor: scope('A'), Completion: { Condition: true } }],
];

describe('the schema of definitions', () => {
  it('is the one that is published', () => {
    expect(read('docs/definition.schema.json'), 'run: npx knhk schema > docs/definition.schema.json').toEqual(
      definitionSchema(),
    );
  });

  it('knows mutexes', () => {
    const withMutex = (Mutex: Json) => ({ ...scope('A'), Mutex });
    expect(accepts(withMutex({ m: ['A', ['B', 'C']] }))).toBe(true);
    expect(accepts(withMutex({ m: [] }))).toBe(false);
    expect(accepts(withMutex({ m: [[]] }))).toBe(false);
    expect(accepts(withMutex(['A']))).toBe(false);
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
