import type { Draft } from './draft.ts';
import { ErrorName, StateError } from './errors.ts';
import { failState } from './failure.ts';
import type { Json } from './json.ts';
import type { StatePlan } from './plan.ts';
import { sizeOf } from './size.ts';
import type { Activation } from './state.ts';

/**
 * The one place where an expression's error is caught: evaluates, then goes on with the value; an error becomes the
 * failure of the state, with the sentence Step Functions begins such causes with.
 */
export function evaluate<T extends object | Json>(
  draft: Draft,
  active: Activation,
  state: StatePlan,
  expression: () => T,
  then: (value: T) => void,
): void {
  let value: T;
  try {
    value = expression();
    measure(draft, active, value);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    failEvaluation(draft, active, state, error);
    return;
  }
  then(value);
}

/** What an expression made must fit into the log; what only passes through is there already. */
export function measure(draft: Draft, active: Activation, value: object | Json): void {
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) {
    // What a plan evaluates to is made of JSON.
    const size = part === active.input || typeof part === 'number' ? 0 : sizeOf(part as Json);
    if (typeof size === 'number') {
      draft.work.take(size / 16);
      draft.weight += size;
    } else throw new StateError(ErrorName.dataLimitExceeded, `What the state makes of its input is ${size}.`);
  }
}

/** The state fails with an expression's error. */
export function failEvaluation(draft: Draft, active: Activation, state: StatePlan, error: StateError): void {
  const where = `An error occurred while executing the state '${active.state}' (entered at the event id #${active.enteredEvent}).`;
  const cause = `${where} ${error.message}`;
  if (state.queryLanguage === 'JSONata') {
    const location = error.location === undefined ? {} : { location: error.location };
    draft.emit({
      type: 'EvaluationFailed',
      id: active.id,
      error: error.error,
      cause,
      ...location,
    });
  }
  failState(draft, active, state, { error: error.error, cause });
}
