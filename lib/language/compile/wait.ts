import { ErrorName, StateError } from '../../model/errors.ts';
import type { Evaluate } from '../../model/plan.ts';
import { expressionIn, type WaitDefinition } from '../definition.ts';
import { parseTimestamp } from '../jsonpath/timestamp.ts';
import { compileExpression, queryError, scopeMaker, unexpectedType } from './jsonata.ts';
import { compileInputTransform, compileNumber } from './number.ts';
import type { StateCompilation } from './options.ts';

/** The longest delay that Step Functions accepts, in seconds (68 years). */
const MAX_DELAY_SECONDS = 2 ** 31 - 1;

/** When a Wait is over, ms since the epoch. */
export function compileUntil(wait: WaitDefinition, state: StateCompilation): Evaluate<number> {
  const { Timestamp, TimestampPath } = wait;
  const seconds = compileSeconds(wait, state);
  if (seconds !== undefined) return (env) => limited(env.now + seconds(env) * 1000, env.now);
  if (TimestampPath !== undefined) return compileTimestampPath(TimestampPath, wait, state);
  return compileTimestamp(Timestamp ?? '', state);
}

function compileSeconds(wait: WaitDefinition, state: StateCompilation): Evaluate<number> | undefined {
  const { Seconds, SecondsPath, InputPath } = wait;
  if (SecondsPath === undefined) {
    const fields = { name: 'Seconds', kind: 'integer', value: Seconds, path: undefined, inputPath: undefined } as const;
    return compileNumber(fields, state, notNegative);
  }
  const read = compileInputTransform(InputPath, SecondsPath, 'SecondsPath', state);
  return (env) => {
    const value = read(env, env.input);
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    throw runtimeError(
      typeof value === 'number' && value < 0
        ? `The SecondsPath parameter references a negative value: ${SecondsPath} == ${text}`
        : `The SecondsPath parameter does not reference an integer value: ${SecondsPath} == ${text}`,
    );
  };
}

function notNegative(seconds: number): string | undefined {
  return seconds < 0 ? 'The value of Seconds must not be negative.' : undefined;
}

function compileTimestampPath(path: string, wait: WaitDefinition, state: StateCompilation): Evaluate<number> {
  const read = compileInputTransform(wait.InputPath, path, 'TimestampPath', state);
  return (env) => {
    const value = read(env, env.input);
    const moment = typeof value === 'string' ? momentOf(value) : undefined;
    if (moment !== undefined) return limited(moment, env.now);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    throw runtimeError(`${notATimestamp('TimestampPath')}: ${path} == ${text}`);
  };
}

function compileTimestamp(text: string, state: StateCompilation): Evaluate<number> {
  const source = state.language === 'JSONata' ? expressionIn(text) : undefined;
  if (source === undefined) {
    const moment = momentOf(text) ?? 0;
    return (env) => limited(moment, env.now);
  }
  const evaluate = compileExpression(source, 'Timestamp', state);
  const scope = scopeMaker([text]);
  return (env) => {
    const value = evaluate(scope(env));
    if (typeof value !== 'string') throw unexpectedType(source, 'Timestamp', 'string', value);
    const moment = momentOf(value);
    if (moment === undefined) throw queryError(`${notATimestamp('Timestamp')}: ${value}`, 'Timestamp');
    return limited(moment, env.now);
  };
}

/** In ms since the epoch; `undefined` if the text is no timestamp. */
function momentOf(text: string): number | undefined {
  const timestamp = parseTimestamp(text);
  if (timestamp === undefined) return undefined;
  return timestamp.seconds * 1000 + Math.floor(timestamp.nanoseconds / 1_000_000);
}

function notATimestamp(field: string): string {
  return `The ${field} parameter does not reference a valid ISO-8601 extended offset date-time format string`;
}

function limited(until: number, now: number): number {
  if (until - now > MAX_DELAY_SECONDS * 1000) throw runtimeError('Wait state delay is too long.');
  return until;
}

function runtimeError(cause: string): StateError {
  return new StateError(ErrorName.runtime, cause);
}
