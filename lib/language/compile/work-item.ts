import { ErrorName, StateError } from '../../model/errors.ts';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { WorkItemArguments } from '../../model/net-plan.ts';
import type { Evaluate } from '../../model/plan.ts';
import { allocations } from '../../model/work-item.ts';
import type { TaskDefinition } from '../definition.ts';
import { workItemFields } from '../work-item.ts';
import { queryError } from './jsonata.ts';
import { compileFilterPath } from './jsonpath.ts';
import type { StateCompilation } from './options.ts';

/**
 * What a work item is called with: `WorkItemArguments`, made of what `Arguments` or `Parameters` give. Whatever they do
 * not say of the payload, it is the state's input.
 */
export function compileWorkItem(
  { Arguments, Parameters, InputPath }: TaskDefinition,
  given: Evaluate<Json>,
  state: StateCompilation,
): Evaluate<Json> {
  const inPath = state.language === 'JSONPath';
  const filter = inPath ? compileFilterPath(InputPath, 'InputPath', state) : undefined;
  const input: Evaluate<Json> = filter === undefined ? (env) => env.input : (env) => filter(env, env.input);
  if ((inPath ? Parameters : Arguments) === undefined) return (env) => ({ Payload: input(env) });
  const field = inPath ? 'Parameters' : 'Arguments';
  return (env) => {
    const value = given(env);
    const problem = problemIn(value);
    if (problem === undefined && isJsonObject(value))
      return 'Payload' in value ? value : { ...value, Payload: input(env) };
    const cause = `The ${field} of a work item ${problem}`;
    throw inPath ? new StateError(ErrorName.runtime, cause) : queryError(cause, field);
  };
}

function problemIn(value: Json): string | undefined {
  if (!isJsonObject(value)) return `must be an object, but are: ${JSON.stringify(value)}`;
  const unknown = Object.keys(value).find((key) => !workItemFields.some((name) => name === key));
  if (unknown !== undefined) return `have an unknown field '${unknown}': use ${workItemFields.join(', ')}.`;
  for (const name of ['Assignee', 'Title', 'Role', 'Retain'] as const satisfies (keyof WorkItemArguments)[]) {
    const text = value[name];
    if (text !== undefined && typeof text !== 'string') return mismatch(name, 'a text', text);
  }
  for (const name of ['Candidates', 'Capabilities', 'Separate'] as const satisfies (keyof WorkItemArguments)[]) {
    const texts = value[name];
    if (texts !== undefined && !isTexts(texts)) return mismatch(name, 'an array of at least one text', texts);
  }
  const { Allocation, Escalate } = value;
  if (Allocation !== undefined && !allocations.some((known) => known === Allocation)) {
    return mismatch('Allocation', `one of ${allocations.join(', ')}`, Allocation);
  }
  if (Escalate === undefined || isEscalation(Escalate)) return undefined;
  return mismatch('Escalate', 'steps of AfterSeconds, from 1 upwards, and To', Escalate);
}

function isEscalation(value: Json): boolean {
  const steps = isJsonArray(value) ? value : [value];
  let before = 0;
  return steps.every((step) => {
    if (!isJsonObject(step) || !isJsonObject(step['To'] ?? null)) return false;
    const { AfterSeconds, To } = step;
    const isLater = typeof AfterSeconds === 'number' && Number.isInteger(AfterSeconds) && AfterSeconds > before;
    before = typeof AfterSeconds === 'number' ? AfterSeconds : before;
    return isLater && isTarget(To ?? null);
  });
}

function isTarget(value: Json): boolean {
  if (!isJsonObject(value)) return false;
  const [only, ...others] = Object.entries(value);
  if (only === undefined || others.length > 0) return false;
  const [name, target] = only;
  return name === 'Candidates' ? isTexts(target) : ['Assignee', 'Role'].includes(name) && typeof target === 'string';
}

function mismatch(name: string, expected: string, value: Json): string {
  return `must have ${expected} as ${name}, but it is: ${JSON.stringify(value)}`;
}

function isTexts(value: Json): boolean {
  return isJsonArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}
