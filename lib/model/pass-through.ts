import { StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { StateError } from './errors.ts';
import { failEvaluation, measure } from './evaluate.ts';
import { activation, scope, scopePlan } from './fold.ts';
import type { ChoicePlan, PassPlan, ScopePlan, StateResult, Targets } from './plan.ts';
import type { Activation, ScopeState, Token } from './state.ts';

/**
 * Takes the only token through the states that are fused (`ScopePlan.fused`), until something else can happen. Gives the
 * events that entering them one by one gives, and the state that `evolve` makes of these, without the tokens and
 * activations in between, which spares a third of the time. False: there is nothing to pass through.
 */
export function passThrough(draft: Draft): boolean {
  const { tokens } = draft.state;
  if (tokens.size !== 1) return false;
  const [first] = tokens.values();
  if (first === undefined) return false;
  const within = scope(draft.state, first.scope);
  const around = scopePlan(draft.plan, within.plan);
  let token = first;
  let next = fusedState(around, token);
  if (next === undefined) return false;
  while (next !== undefined && !draft.isSpent) {
    draft.budget -= 1;
    const active = activationOf(draft, token, within);
    const result = resultOf(draft, active, next);
    if (result instanceof StateError) {
      replace(draft, first, token);
      fail(draft, token, next, result);
      return true;
    }
    token = leave(draft, { active, token, within }, result);
    next = fusedState(around, token);
  }
  replace(draft, first, token);
  return true;
}

type FusedPlan = PassPlan | ChoicePlan;

function fusedState({ fused, states }: ScopePlan, { to }: Token): FusedPlan | undefined {
  const state = fused?.has(to) === true ? states.get(to) : undefined;
  return state?.type === 'Pass' || state?.type === 'Choice' ? state : undefined;
}

/** What `evolve` makes of the token when the state is entered. */
function activationOf({ state, occasion }: Draft, { to, value }: Token, within: ScopeState): Activation {
  return {
    id: state.nextId,
    scope: within.id,
    state: to,
    step: within.entered + 1,
    input: value,
    enteredAt: occasion.at,
    enteredEvent: state.historyLength + 1,
    retries: [],
    work: { kind: 'entered' },
  };
}

type Outcome = StateResult & { readonly next: Targets };

function resultOf(draft: Draft, active: Activation, state: FusedPlan): Outcome | StateError {
  try {
    const env = new StateEnvironment(draft, active);
    if (state.type === 'Choice') {
      const chosen = state.choose(env);
      measure(draft, active, chosen);
      return chosen;
    }
    const result = state.produce(env);
    measure(draft, active, result);
    return { ...result, next: state.next };
  } catch (error) {
    if (error instanceof StateError) return error;
    throw error;
  }
}

interface Step {
  readonly active: Activation;
  readonly token: Token;
  readonly within: ScopeState;
}

/** Notes that the state was entered and left; gives the token behind it. */
function leave({ state, events, occasion: { at } }: Draft, { active, token, within }: Step, result: Outcome): Token {
  const { id } = active;
  const { next, output, assign } = result;
  events.push({ type: 'StateEntered', id, tokens: [token.id], at });
  events.push({
    type: 'StateExited',
    id,
    next,
    ...(output === token.value ? {} : { output }),
    ...(assign === undefined ? {} : { assign }),
    at,
  });
  within.entered += 1;
  if (assign !== undefined) within.variables = { ...within.variables, ...assign };
  state.historyLength += 2;
  state.nextId = id + 2;
  // A fused state leads to one state.
  return { id: id + 1, scope: within.id, from: active.state, to: next[0] ?? '', value: output };
}

function replace({ state: { tokens } }: Draft, first: Token, last: Token): void {
  tokens.delete(first.id);
  tokens.set(last.id, last);
}

/** Enters the state as any other, to fail there. */
function fail(draft: Draft, token: Token, state: FusedPlan, error: StateError): void {
  const id = draft.state.nextId;
  draft.emit({ type: 'StateEntered', id, tokens: [token.id] });
  failEvaluation(draft, activation(draft.state, id), state, error);
}
