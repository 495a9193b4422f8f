import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InputProblem, InputSchemas } from '../../../lib/execution/pipeline/input-schemas.ts';
import { checkDefinition } from '../../../lib/language/index.ts';
import type { Json } from '../../../lib/model/json.ts';
import { World } from '../harness.ts';

function problems(inputSchema: Json, input: Json): Promise<readonly InputProblem[]> {
  return new InputSchemas().problems({ scopes: [], inputSchema }, input);
}

const order: Json = {
  type: 'object',
  required: ['id', 'items'],
  properties: {
    id: { type: 'string', pattern: '^O-\\d+$' },
    items: { type: 'array', minItems: 1, uniqueItems: true, items: { $ref: '#/$defs/item' } },
    priority: { enum: ['low', 'high'] },
  },
  additionalProperties: false,
  $defs: { item: { type: 'object', properties: { quantity: { type: 'integer', minimum: 1 } } } },
};

describe('an input', () => {
  it('fits, or is told all that is wrong with it, and where', async () => {
    expect(await problems(order, { id: 'O-1', items: [{ quantity: 1 }, { quantity: 2 }] })).toEqual([]);
    const input = { id: 'x', items: [{ quantity: 0 }, { quantity: 'two' }], priority: 'none', 'a/b': 1 };
    expect(await problems(order, input)).toEqual(
      expect.arrayContaining([
        { pointer: '/id', message: 'must match pattern "^O-\\d+$"' },
        { pointer: '/items/0/quantity', message: 'must be >= 1' },
        { pointer: '/items/1/quantity', message: 'must be integer' },
        { pointer: '/priority', message: 'must be equal to one of the allowed values: ["low","high"]' },
        { pointer: '', message: "must NOT have additional properties: 'a/b'" },
      ]),
    );
    expect(await problems(order, {})).toEqual([
      { pointer: '', message: "must have required property 'id'" },
      { pointer: '', message: "must have required property 'items'" },
    ]);
  });

  it('has items that are unique whatever the order of their names is', async () => {
    const unique = { uniqueItems: true };
    expect(
      await problems(unique, [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ]),
    ).toMatchObject([{ pointer: '' }]);
    expect(await problems(unique, [1, '1', [1], { a: 1 }, null, true])).toEqual([]);
    // Compared pair by pair, this would take minutes.
    const many = Array.from({ length: 50_000 }, (_, index) => ({ index }));
    expect(await problems(unique, many)).toEqual([]);
  });

  it('cannot make the engine work for ever, nor can its schema', async () => {
    const tooMuch = [{ pointer: '', message: 'takes more work to check than an input may' }];
    expect(await problems({ pattern: '^(a+)+$' }, `${'a'.repeat(60)}!`)).toEqual(tooMuch);
    const branching = {
      anyOf: [
        { properties: { n: { $ref: '#' } }, required: ['n'] },
        { properties: { n: { $ref: '#' } }, type: 'null' },
      ],
    };
    let deep: Json = {};
    for (let level = 0; level < 60; level += 1) deep = { n: deep };
    expect(await problems(branching, deep)).toEqual(tooMuch);
    let list: Json = [];
    for (let level = 0; level < 900; level += 1) list = [list];
    expect(Array.isArray(await problems({ items: { $ref: '#' } }, list))).toBe(true);
    const wrong = Array.from({ length: 5_000 }, () => 'x');
    expect(await problems({ items: { type: 'number' } }, wrong)).toHaveLength(20);
  });

  it('is judged as the validator alone judges it', async () => {
    const leaf = fc.constantFrom<Json>(
      { type: 'string' },
      { type: ['integer', 'null'] },
      { const: 1 },
      { enum: ['a', 2] },
      { minimum: 0, maximum: 3 },
      { pattern: '^a' },
      { maxLength: 2 },
      true,
      false,
    );
    const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.record({ properties: fc.record({ a: tie('schema'), b: tie('schema') }) }) as fc.Arbitrary<Json>,
        fc.record({ items: tie('schema'), uniqueItems: fc.boolean() }) as fc.Arbitrary<Json>,
        fc.record({ anyOf: fc.tuple(tie('schema'), tie('schema')) }) as fc.Arbitrary<Json>,
        fc.record({ not: tie('schema') }) as fc.Arbitrary<Json>,
        fc
          .tuple(tie('schema'), tie('schema'), tie('schema'))
          .map((parts) =>
            Object.fromEntries(['if', 'then', 'else'].map((keyword, at) => [keyword, parts[at] ?? true])),
          ),
        fc.record({ contains: tie('schema'), unevaluatedItems: tie('schema') }) as fc.Arbitrary<Json>,
      ),
    }));
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<Json>(null, true, 0, 1, 2, 5, 'a', 'ab', 'b', 'abc'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.record({ a: tie('value'), b: tie('value') }, { requiredKeys: [] }) as fc.Arbitrary<Json>,
      ),
    }));
    const property = fc.asyncProperty(schema, value, async (inputSchema, input) => {
      const definition = { StartAt: 'A', InputSchema: inputSchema, States: { A: { Type: 'Succeed' } } };
      expect(checkDefinition(definition).findings).toEqual([]);
      const plain = new Ajv2020({ strict: false, validateFormats: false, logger: false });
      const fits = plain.compile(inputSchema as object)(input);
      expect((await problems(inputSchema, input)).length === 0).toBe(fits);
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

describe('a workflow with an InputSchema', () => {
  const definition = { StartAt: 'Done', InputSchema: order, States: { Done: { Type: 'Pass', End: true } } };

  it('fails the task of a parent that starts it with what does not fit', async () => {
    const world = new World();
    const process = world.process();
    const child = await world.register('child', definition);
    const call = (pattern: string) => ({
      StartAt: 'Call',
      States: {
        Call: {
          Type: 'Task',
          Resource: `arn:aws:states:::states:startExecution${pattern}`,
          Parameters: { StateMachineArn: child.id, Input: { id: 'x' } },
          End: true,
        },
      },
    });
    for (const [name, pattern] of [
      ['plain', ''],
      ['sync', '.sync:2'],
    ] as const) {
      const execution = await process.start(await world.register(name, call(pattern)), {});
      await process.run();
      const { status, failure } = await process.state(execution);
      expect(status).toBe('FAILED');
      expect(failure?.error).toBe('StepFunctions.InvalidExecutionInputException');
      expect(failure?.cause).toContain('/id must match pattern');
    }
  });

  it('does not ask the children of its map runs', async () => {
    const world = new World();
    const process = world.process();
    const map = {
      Type: 'Map',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'P',
        States: { P: { Type: 'Pass', End: true } },
      },
      End: true,
    };
    const each = { StartAt: 'Each', InputSchema: { type: 'array' }, States: { Each: map } };
    const workflow = await world.register('each', each);
    const execution = await process.start(workflow, [1, 2]);
    await process.run();
    expect(await process.state(execution)).toMatchObject({ status: 'SUCCEEDED', output: [1, 2] });
    expect(await process.engine.start({ workflow, input: {} }, { run: true })).toMatchObject({
      kind: 'refused',
      problems: [{ pointer: '', message: 'must be array' }],
    });
  });
});
