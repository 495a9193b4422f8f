import fc from 'fast-check';
import type { JsonObject } from '../../lib/model/json.ts';
import { ACTIVITY, inOrder, LAMBDA } from './scenario.ts';

/** A small tree of states; names come with the definition, so that they are unique in it. */
export type Shape =
  | { readonly kind: 'Pass'; readonly assigns: boolean }
  | { readonly kind: 'Wait' }
  | { readonly kind: 'Fail' }
  | { readonly kind: 'Broken' }
  | { readonly kind: 'Task'; readonly resource: string; readonly timed: boolean; readonly recovery: Recovery }
  | { readonly kind: 'Parallel'; readonly branches: readonly Scope[]; readonly recovery: Recovery }
  | {
      readonly kind: 'Map';
      readonly items: number;
      readonly maxConcurrency: number;
      /** As what its children run; `undefined`: it runs its items itself. */
      readonly children: 'STANDARD' | 'EXPRESS' | undefined;
      readonly tolerated: number;
      /** Items in a batch; 0: none. */
      readonly batch: number;
      readonly reads: boolean;
      readonly writes: boolean;
      readonly processor: Scope;
      readonly recovery: Recovery;
    };

export type Scope = readonly Shape[];

interface Recovery {
  readonly retries: number;
  readonly catches: boolean;
}

const CALLBACK = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken';

const recovery: fc.Arbitrary<Recovery> = fc.record({ retries: fc.nat({ max: 2 }), catches: fc.boolean() });

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('Pass' as const), assigns: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant<Shape>({ kind: 'Wait' }) },
  { weight: 1, arbitrary: fc.constant<Shape>({ kind: 'Fail' }) },
  { weight: 1, arbitrary: fc.constant<Shape>({ kind: 'Broken' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('Task' as const),
      resource: fc.constantFrom(LAMBDA, ACTIVITY, CALLBACK),
      timed: fc.boolean(),
      recovery,
    }),
  },
);

export const scopes: fc.Arbitrary<Scope> = fc.letrec<{ scope: Scope; shape: Shape }>((tie) => ({
  scope: fc.array(tie('shape'), { minLength: 1, maxLength: 3 }),
  shape: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.record({
      kind: fc.constant('Parallel' as const),
      branches: fc.array(tie('scope'), { minLength: 1, maxLength: 3 }),
      recovery,
    }),
    fc.record({
      kind: fc.constant('Map' as const),
      items: fc.nat({ max: 4 }),
      maxConcurrency: fc.nat({ max: 3 }),
      children: fc.constantFrom(undefined, 'STANDARD' as const, 'EXPRESS' as const),
      tolerated: fc.nat({ max: 2 }),
      batch: fc.nat({ max: 2 }),
      reads: fc.boolean(),
      writes: fc.boolean(),
      processor: tie('scope'),
      recovery,
    }),
  ),
})).scope;

/** The definition of that shape, with an execution timeout that is not often reached. */
export function definitionOf(shapes: Scope): JsonObject {
  let count = 0;
  const scopeOf = (scope: Scope, handler: boolean): JsonObject => {
    const named = scope.map((shape): [string, JsonObject] => {
      count += 1;
      return [`${shape.kind}${count}`, stateOf(shape)];
    });
    count += 1;
    const caught = `Caught${count}`;
    const linked = named.map(([name, state]): [string, JsonObject] =>
      state['Catch'] === true
        ? [name, { ...state, Catch: [{ ErrorEquals: ['States.ALL'], Next: caught }] }]
        : [name, state],
    );
    // What follows a Fail is not reachable, and refused.
    const end = linked.findIndex(([, { Type }]) => Type === 'Fail');
    const states = end < 0 ? linked : linked.slice(0, end + 1);
    const usesHandler = handler && states.some(([, state]) => state['Catch'] !== undefined);
    const body = inOrder(Object.fromEntries(states));
    if (!usesHandler) return body;
    return { ...body, States: { ...(body['States'] as JsonObject), [caught]: { Type: 'Succeed' } } };
  };
  const recoveryOf = ({ retries, catches }: Recovery): JsonObject => ({
    ...(retries === 0 ? {} : { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: retries, IntervalSeconds: 1 }] }),
    ...(catches ? { Catch: true } : {}),
  });
  const stateOf = (shape: Shape): JsonObject => {
    switch (shape.kind) {
      case 'Pass':
        return { Type: 'Pass', ...(shape.assigns ? { Assign: { 'x.$': '$' } } : {}) };
      case 'Wait':
        return { Type: 'Wait', Seconds: 1 };
      case 'Fail':
        return { Type: 'Fail', Error: 'Boom' };
      case 'Broken':
        return { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% $missing %}' };
      case 'Task':
        return {
          Type: 'Task',
          Resource: shape.resource,
          ...(shape.resource === CALLBACK
            ? { Parameters: { QueueUrl: 'q', MessageBody: { 'token.$': '$$.Task.Token' } } }
            : {}),
          ...(shape.timed ? { TimeoutSeconds: 3, HeartbeatSeconds: 2 } : {}),
          ...recoveryOf(shape.recovery),
        };
      case 'Parallel':
        return {
          Type: 'Parallel',
          Branches: shape.branches.map((branch) => scopeOf(branch, true)),
          ...recoveryOf(shape.recovery),
        };
      case 'Map':
        return {
          Type: 'Map',
          // An array of their own, whatever the input of the state is.
          ItemSelector: { 'i.$': '$$.Map.Item.Index' },
          ItemProcessor: {
            ...scopeOf(shape.processor, true),
            ...(shape.children === undefined
              ? {}
              : { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: shape.children } }),
          },
          ItemsPath: `$$.Execution.Input.items${shape.items}`,
          MaxConcurrency: shape.maxConcurrency,
          ...(shape.children === undefined ? {} : distributed(shape)),
          ...recoveryOf(shape.recovery),
        };
    }
  };
  return { TimeoutSeconds: 20, ...scopeOf(shapes, true) };
}

const BUCKET = { Bucket: 'b' };

function distributed({ tolerated, batch, reads, writes }: Extract<Shape, { kind: 'Map' }>): JsonObject {
  return {
    ToleratedFailureCount: tolerated,
    ...(batch === 0 ? {} : { ItemBatcher: { MaxItemsPerBatch: batch } }),
    ...(reads
      ? {
          ItemReader: {
            Resource: 'arn:aws:states:::s3:getObject',
            ReaderConfig: { InputType: 'JSON' },
            Parameters: { ...BUCKET, Key: 'items.json' },
          },
        }
      : {}),
    ...(writes
      ? { ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { ...BUCKET, Prefix: 'out' } } }
      : {}),
  };
}

/** What `definitionOf` expects to be started with. */
export const INPUT: JsonObject = Object.fromEntries(
  [0, 1, 2, 3, 4].map((length) => [`items${length}`, Array.from({ length }, (_, index) => index)]),
);

/** What the world does next: something to one of the tasks that are out, or nothing but the passing of time. */
export interface Move {
  readonly act:
    | 'succeed'
    | 'fail'
    | 'start'
    | 'submit'
    | 'beat'
    | 'stale'
    | 'sleep'
    | 'wake'
    | 'stop'
    | 'told'
    | 'redrive'
    | 'suspend'
    | 'resume'
    | 'answer'
    | 'refuse'
    | 'childSucceeds'
    | 'childFails'
    | 'childStale'
    | 'update';
  /** Which of the tasks, or children, as a fraction of them all. */
  readonly which: number;
}

export const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    act: fc.oneof(
      { weight: 8, arbitrary: fc.constant('succeed' as const) },
      { weight: 3, arbitrary: fc.constant('fail' as const) },
      { weight: 3, arbitrary: fc.constant('sleep' as const) },
      { weight: 3, arbitrary: fc.constantFrom('start' as const, 'submit' as const, 'beat' as const) },
      { weight: 2, arbitrary: fc.constantFrom('stale' as const, 'wake' as const, 'childStale' as const) },
      { weight: 8, arbitrary: fc.constantFrom('answer' as const, 'childSucceeds' as const) },
      { weight: 3, arbitrary: fc.constantFrom('childFails' as const, 'told' as const, 'redrive' as const) },
      { weight: 2, arbitrary: fc.constantFrom('suspend' as const, 'resume' as const, 'resume' as const) },
      { weight: 1, arbitrary: fc.constantFrom('refuse' as const, 'update' as const, 'stop' as const) },
    ),
    which: fc.double({ min: 0, max: 0.999, noNaN: true }),
  }),
  { maxLength: 40 },
);
