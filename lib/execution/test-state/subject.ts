import { edgesOf, type TraceStep } from '../../language/index.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Plan, StatePlan } from '../../model/plan.ts';
import { load } from '../definitions.ts';
import { StateTestRefused } from './request.ts';

/** The state under test, alone: its definition and its plan, which reports what each step of its data flow makes. */
export interface Subject {
  readonly definition: JsonObject;
  readonly state: StatePlan;
  /** The state, and an end for everything that it leads to. */
  readonly plan: Plan;
  /** Filled as the plan is evaluated. */
  readonly steps: Map<TraceStep, Json>;
}

/** What a state is called while it is tested, whatever its name is: as on Step Functions. */
export const SUBJECT_NAME = 'StateName';

/** @throws StateTestRefused */
export function findSubject(source: string, stateName: string | undefined): Subject {
  const whole = stateName === undefined ? undefined : parseChecked(source);
  if (whole === undefined) return isolate(parseState(source), {});
  const definition = stateNamed(whole, stateName ?? '');
  if (definition === undefined) {
    throw new StateTestRefused('request', 'State not found in definition');
  }
  const { QueryLanguage } = whole;
  return isolate(definition, QueryLanguage === undefined ? {} : { QueryLanguage });
}

function parseChecked(source: string): JsonObject | undefined {
  refuseInvalid(load(source));
  return parseState(source);
}

function parseState(source: string): JsonObject {
  let value: Json | undefined;
  try {
    value = JSON.parse(source);
  } catch {
    // The checker says what is wrong with it.
  }
  if (isJsonObject(value)) return value;
  refuseInvalid(load(source));
  throw new StateTestRefused('definition', 'Give the definition of a state, a JSON object.');
}

function refuseInvalid({ plan, findings }: ReturnType<typeof load>): void {
  if (plan !== undefined) return;
  const problems = findings.filter(({ severity }) => severity === 'ERROR').map(({ message }) => message);
  throw new StateTestRefused('definition', `Correct the definition: ${problems.join('; ')}.`, findings);
}

/** In whichever scope it is: names are unique within a definition. */
function stateNamed(within: Json, name: string): JsonObject | undefined {
  if (!isJsonObject(within)) return undefined;
  const { States } = within;
  if (!isJsonObject(States)) return undefined;
  const own = States[name];
  if (isJsonObject(own)) return own;
  for (const state of Object.values(States)) {
    const found = scopesOf(state)
      .map((scope) => stateNamed(scope, name))
      .find((inner) => inner !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function scopesOf(state: Json): readonly Json[] {
  if (!isJsonObject(state)) return [];
  const { Branches, ItemProcessor, Iterator: older } = state;
  return [...(isJsonArray(Branches) ? Branches : []), ItemProcessor ?? null, older ?? null];
}

/** Names of all states inside a Parallel or Map. */
export function innerStates(state: Json): readonly string[] {
  return scopesOf(state).flatMap((scope) => {
    const States = isJsonObject(scope) ? scope['States'] : undefined;
    if (!isJsonObject(States)) return [];
    return [...Object.keys(States), ...Object.values(States).flatMap(innerStates)];
  });
}

/** Compiles the state in a definition of its own, in which whatever it leads to is an end. */
function isolate(given: JsonObject, around: JsonObject): Subject {
  const steps = new Map<TraceStep, Json>();
  const definition = withoutOthers(given);
  // Of all ends this one looks at nothing: the steps are those of the state alone.
  const ends = edgesOf(definition).map(({ target }) => [target, { Type: 'Fail' }] as const);
  const alone: JsonObject = {
    ...around,
    StartAt: SUBJECT_NAME,
    States: { ...Object.fromEntries(ends), [SUBJECT_NAME]: definition },
  };
  const loaded = load(alone, { trace: (step, value) => steps.set(step, value) });
  // That a state alone has no end is no fault of it.
  refuseInvalid({ ...loaded, findings: loaded.findings.filter(({ code }) => code !== 'MISSING_END_STATE') });
  const state = loaded.plan?.scopes[0]?.states.get(SUBJECT_NAME);
  if (loaded.plan === undefined || state === undefined) throw new Error('A plan has the state that it was made of.');
  return { definition, state, plan: loaded.plan, steps };
}

/** The plan with the state in another shape. */
export function withState({ plan }: Subject, state: StatePlan): Plan {
  const [first, ...inner] = plan.scopes;
  if (first === undefined) throw new Error('A plan has a top level.');
  return { ...plan, scopes: [{ ...first, states: new Map(first.states).set(SUBJECT_NAME, state) }, ...inner] };
}

/** What only has a meaning among other states: what starts the state, and what it does to them. */
function withoutOthers(definition: JsonObject): JsonObject {
  const {
    Join: _join,
    Trigger: _trigger,
    Milestone: _milestone,
    Cancels: _cancels,
    Completes: _completes,
    ...own
  } = definition;
  return own;
}
