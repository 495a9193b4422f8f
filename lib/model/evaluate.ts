import type { Draft } from './draft.ts';
import { StateError } from './errors.ts';
import { failState } from './failure.ts';
import type { StatePlan } from './plan.ts';
import type { Activation } from './state.ts';

/**
 * The one place where an expression's error is caught: evaluates, then goes on with the value; an error becomes the
 * failure of the state, with the sentence Step Functions begins such causes with.
 */
export function evaluate<T>(
  draft: Draft,
  active: Activation,
  state: StatePlan,
  expression: () => T,
  then: (value: T) => void,
): void {
  let value: T;
  try {
    value = expression();
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    failEvaluation(draft, active, state, error);
    return;
  }
  then(value);
}

function failEvaluation(draft: Draft, active: Activation, state: StatePlan, error: StateError): void {
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
