import { createHash } from 'node:crypto';
import { type CompileOptions, loadDefinition } from '../../../lib/language/index.ts';
import type { Environment } from '../../../lib/model/environment.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import type { Plan, StatePlan } from '../../../lib/model/plan.ts';

export const options: CompileOptions = {
  hash: (text, algorithm) => createHash(algorithm.replace('-', '')).update(text).digest('hex'),
};

export function environment(overrides: Partial<Environment> = {}): Environment {
  return {
    input: {},
    context: { Execution: { Name: 'e-1' } },
    variables: {},
    now: Date.UTC(2026, 0, 1),
    random: () => 0.5,
    uuid: () => '00000000-0000-4000-8000-000000000000',
    ...overrides,
  };
}

export function planOf(definition: Json): Plan {
  const { plan, findings } = loadDefinition(definition, options);
  if (plan === undefined) throw new Error(JSON.stringify(findings));
  return plan;
}

/** The plan of one state that ends its definition. */
export function stateOf<T extends StatePlan['type']>(
  type: T,
  fields: JsonObject,
  language: 'JSONPath' | 'JSONata' = 'JSONPath',
): Extract<StatePlan, { type: T }> {
  const end = ['Succeed', 'Fail', 'Choice'].includes(type) ? {} : { End: true };
  const states: JsonObject = { S: { Type: type, ...end, ...fields } };
  const others: JsonObject = type === 'Choice' ? { A: { Type: 'Succeed' }, B: { Type: 'Succeed' } } : {};
  const plan = planOf({ QueryLanguage: language, StartAt: 'S', States: { ...states, ...others } });
  const state = plan.scopes[0]?.states.get('S');
  if (state?.type !== type) throw new Error(`not a ${type}`);
  return state as Extract<StatePlan, { type: T }>;
}

export const lambda = 'arn:aws:lambda:us-east-1:111111111111:function:work';
