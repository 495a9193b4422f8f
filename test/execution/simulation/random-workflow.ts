import type { JsonObject } from '../../../lib/model/json.ts';
import type { Dice } from './dice.ts';

/** Definitions that nobody would write, which close whatever their tasks do: what waits for the outside has a timeout. */

export const CHILD = 'child';
const ARN = 'arn:aws:states:eu-central-1:123456789012';
export const ACTIVITY = `${ARN}:activity:pack`;
const MAX_DEPTH = 3;
const MAX_DISTRIBUTED_DEPTH = 2;

export function randomDefinition(dice: Dice, options: { readonly children: boolean }): JsonObject {
  let names = 0;
  const named = (kind: string) => {
    names += 1;
    return `${kind}${names}`;
  };

  const recovery = (): JsonObject => ({
    ...(dice.chance(0.4)
      ? {
          Retry: [
            {
              ErrorEquals: [dice.pick(['Error', 'States.ALL', 'States.Timeout'])],
              IntervalSeconds: 1 + dice.below(20),
              MaxAttempts: 1 + dice.below(2),
              BackoffRate: 1.5,
            },
          ],
        }
      : {}),
    ...(dice.chance(0.5) ? { Catch: true } : {}),
  });

  const timeouts = (always: boolean): JsonObject =>
    always || dice.chance(0.3)
      ? {
          TimeoutSeconds: 60 + dice.below(200),
          ...(dice.chance(0.4) ? { HeartbeatSeconds: 10 + dice.below(40) } : {}),
        }
      : {};

  /** Never on what has states or executions within: they might wait for each other. */
  const pool = (): JsonObject => (dice.chance(0.25) ? { Pool: dice.pick(['gpu', 'cpu']) } : {});

  const task = (): JsonObject => ({
    Type: 'Task',
    Resource: 'arn:aws:lambda:eu-central-1:123456789012:function:work',
    ...(dice.chance(0.5) ? { Idempotent: true } : {}),
    ...timeouts(false),
    ...recovery(),
    ...pool(),
  });

  const callback = (): JsonObject => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
    ...(dice.chance(0.3) ? { Idempotent: true } : {}),
    ...timeouts(true),
    ...recovery(),
    ...pool(),
  });

  const activity = (): JsonObject => ({
    Type: 'Task',
    Resource: ACTIVITY,
    ...timeouts(true),
    ...recovery(),
    ...pool(),
  });

  const child = (): JsonObject => ({
    Type: 'Task',
    Resource: `arn:aws:states:::states:startExecution${dice.pick(['.sync', '.sync:2', ''])}`,
    Parameters: { StateMachineArn: `${ARN}:stateMachine:${CHILD}`, Input: { n: 1 } },
    ...(dice.chance(0.3) ? { Idempotent: true } : {}),
    ...timeouts(false),
    ...recovery(),
  });

  const job = (): JsonObject => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::glue:startJobRun.sync',
    Parameters: { JobName: 'work' },
    ...timeouts(false),
    ...recovery(),
  });

  const parallel = (depth: number): JsonObject => ({
    Type: 'Parallel',
    Branches: Array.from({ length: 2 + dice.below(2) }, () => scope(depth + 1)),
    ...recovery(),
  });

  const map = (depth: number): JsonObject => ({
    Type: 'Map',
    ItemsPath: `$$.Execution.Input.items${dice.below(6)}`,
    MaxConcurrency: dice.below(4),
    ItemProcessor: scope(depth + 1),
    ...recovery(),
  });

  const distributedMap = (depth: number): JsonObject => ({
    ...map(depth),
    // Maps within look for their items in the input of their execution.
    ItemSelector: { ...INPUT, 'n.$': '$$.Map.Item.Index' },
    ItemProcessor: {
      ...scope(depth + 1),
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: dice.pick(['STANDARD', 'STANDARD', 'EXPRESS']) },
    },
    ...(dice.chance(0.4) ? { ToleratedFailureCount: dice.below(4) } : {}),
    ...(dice.chance(0.3) ? { ItemBatcher: { MaxItemsPerBatch: 1 + dice.below(3) } } : {}),
  });

  const wait = (): JsonObject => ({
    Type: 'Wait',
    Seconds: dice.chance(0.15) ? 900 + dice.below(3_000) : 1 + dice.below(100),
    ...pool(),
  });

  const state = (depth: number): readonly [string, JsonObject] => {
    const draw = dice.fraction();
    if (draw < 0.4) return [named('Task'), task()];
    if (draw < 0.5) return [named('Ask'), callback()];
    if (draw < 0.6) return [named('Pack'), activity()];
    if (draw < 0.68) return [named('Wait'), wait()];
    if (draw < 0.76 && options.children) return [named('Child'), dice.chance(0.3) ? job() : child()];
    if (depth < MAX_DEPTH && draw < 0.88) return [named('Parallel'), parallel(depth)];
    if (depth < MAX_DEPTH && draw < 0.93) return [named('Map'), map(depth)];
    if (depth < MAX_DISTRIBUTED_DEPTH && draw < 0.98) return [named('Items'), distributedMap(depth)];
    return [named('Pass'), { Type: 'Pass' }];
  };

  const scope = (depth: number): JsonObject => {
    const states = Array.from({ length: 1 + dice.below(depth === 0 ? 4 : 3) }, () => state(depth));
    const rescue = named('Rescued');
    const linked = states.map(([name, fields], index): [string, JsonObject] => {
      const next = states[index + 1]?.[0];
      const catching = fields['Catch'] === true ? { Catch: [{ ErrorEquals: ['States.ALL'], Next: rescue }] } : {};
      return [name, { ...fields, ...catching, ...(next === undefined ? { End: true } : { Next: next }) }];
    });
    const caught = linked.some(([, { Catch }]) => Catch !== undefined);
    return {
      StartAt: linked[0]?.[0] ?? '',
      States: { ...Object.fromEntries(linked), ...(caught ? { [rescue]: { Type: 'Succeed' } } : {}) },
    };
  };

  return { ...(dice.chance(0.2) ? { TimeoutSeconds: 300 } : {}), ...scope(0) };
}

/** What `randomDefinition` expects to be started with. */
export const INPUT: JsonObject = Object.fromEntries(
  Array.from({ length: 6 }, (_, length) => [`items${length}`, Array.from({ length }, (_item, index) => index)]),
);
