import type { Json } from '../../model/json.ts';
import type { TaskOutcome } from '../../ports/task-invoker.ts';

/** What a mock function returns, as JSON would carry it. */
export function asJson(value: unknown): Json {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

/** What a mock function throws, as Lambda tells it of a function; without the stack, which would differ from run to run. */
export function thrownByFunction(thrown: unknown): Extract<TaskOutcome, { kind: 'failed' }> {
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const cause = JSON.stringify({ errorType: name, errorMessage: message });
  return { kind: 'failed', reason: 'failed', error: name, cause };
}
