import type { JsonObject } from '../../../lib/model/json.ts';
import type { Dice } from './dice.ts';

/** States that do work of their own. What waits for the outside has a timeout, or somebody who comes for it. */

export const CHILD = 'child';
const ARN = 'arn:aws:states:eu-central-1:123456789012';
export const ACTIVITY = `${ARN}:activity:pack`;
export const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:work';

/** A state that does work, with `Catch: true` where its errors are to be caught. */
export type Leaf = readonly [kind: string, fields: JsonObject];

export interface LeafOptions {
  readonly children: boolean;
  readonly pools: boolean;
  /** How many functions are. */
  readonly idempotent: number;
  /** The scope is a net: work items instead of activities. */
  readonly isNet: boolean;
}

/** `undefined`: one that has states within is to be drawn. */
export function randomLeaf(dice: Dice, options: LeafOptions): Leaf | undefined {
  const pool = options.pools ? poolOf(dice) : {};
  const draw = dice.fraction();
  if (draw < 0.4) return ['Task', { ...task(dice, options.idempotent), ...pool }];
  if (draw < 0.5) return ['Ask', { ...callback(dice), ...pool }];
  if (draw < 0.6) return options.isNet ? ['Item', workItem(dice)] : ['Pack', { ...activity(dice), ...pool }];
  if (draw < 0.68) return ['Wait', { ...wait(dice), ...pool }];
  if (draw < 0.76 && options.children) return dice.chance(0.3) ? ['Job', job(dice)] : ['Child', child(dice)];
  return undefined;
}

export function recovery(dice: Dice): JsonObject {
  return {
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
  };
}

function timeouts(dice: Dice, always: boolean): JsonObject {
  return always || dice.chance(0.3)
    ? {
        TimeoutSeconds: 60 + dice.below(200),
        ...(dice.chance(0.4) ? { HeartbeatSeconds: 10 + dice.below(40) } : {}),
      }
    : {};
}

/** Never on what has states or executions within: they might wait for each other. */
function poolOf(dice: Dice): JsonObject {
  return dice.chance(0.25) ? { Pool: dice.pick(['gpu', 'cpu']) } : {};
}

function task(dice: Dice, idempotent: number): JsonObject {
  return {
    Type: 'Task',
    Resource: FUNCTION,
    ...(dice.chance(idempotent) ? { Idempotent: true } : {}),
    ...timeouts(dice, false),
    ...recovery(dice),
  };
}

function callback(dice: Dice): JsonObject {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
    ...(dice.chance(0.3) ? { Idempotent: true } : {}),
    ...timeouts(dice, true),
    ...recovery(dice),
  };
}

function activity(dice: Dice): JsonObject {
  return { Type: 'Task', Resource: ACTIVITY, ...timeouts(dice, true), ...recovery(dice) };
}

export function workItem(dice: Dice): JsonObject {
  return { Type: 'Task', Resource: 'arn:aws:states:::knhk:workItem', ...recovery(dice) };
}

function child(dice: Dice): JsonObject {
  return {
    Type: 'Task',
    Resource: `arn:aws:states:::states:startExecution${dice.pick(['.sync', '.sync:2', ''])}`,
    Parameters: { StateMachineArn: `${ARN}:stateMachine:${CHILD}`, Input: { n: 1 } },
    ...(dice.chance(0.3) ? { Idempotent: true } : {}),
    ...timeouts(dice, false),
    ...recovery(dice),
  };
}

function job(dice: Dice): JsonObject {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::glue:startJobRun.sync',
    Parameters: { JobName: 'work' },
    ...timeouts(dice, false),
    ...recovery(dice),
  };
}

export function wait(dice: Dice): JsonObject {
  return { Type: 'Wait', Seconds: dice.chance(0.15) ? 900 + dice.below(3_000) : 1 + dice.below(100) };
}
