import type { Catcher, Retrier } from '../../model/plan.ts';
import type { CatcherDefinition, RetrierDefinition } from '../definition.ts';
import { compileJsonataResult, compilePathResult } from './flow.ts';
import type { StateCompilation } from './options.ts';
import { targetsIn } from './targets.ts';

const DEFAULT_INTERVAL_SECONDS = 1;
const DEFAULT_MAX_ATTEMPTS = 3;
const DEFAULT_BACKOFF_RATE = 2;

export function compileRetrier(retrier: RetrierDefinition): Retrier {
  return {
    errorEquals: retrier.ErrorEquals,
    intervalSeconds: retrier.IntervalSeconds ?? DEFAULT_INTERVAL_SECONDS,
    maxAttempts: retrier.MaxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    backoffRate: retrier.BackoffRate ?? DEFAULT_BACKOFF_RATE,
    ...(retrier.MaxDelaySeconds === undefined ? {} : { maxDelaySeconds: retrier.MaxDelaySeconds }),
    jitter: retrier.JitterStrategy ?? 'NONE',
  };
}

export function compileCatcher(catcher: CatcherDefinition, index: number, state: StateCompilation): Catcher {
  const { Assign, Output, ResultPath } = catcher;
  return {
    errorEquals: catcher.ErrorEquals,
    next: targetsIn(catcher.Next),
    produce:
      state.language === 'JSONata'
        ? compileJsonataResult('errorOutput', { Output, Assign }, state, `Catch[${index}]/`)
        : compilePathResult('errorOutput', { Assign, ResultPath }, state),
  };
}
