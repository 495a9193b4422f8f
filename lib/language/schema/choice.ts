import type { JsonObject } from '../../model/json.ts';
import { jsonataRule, pathRule } from '../check/choice.ts';
import { type Field, ruled } from '../check/rules.ts';
import { form, terms } from '../check/schema-terms.ts';
import { checkTimestamp } from '../check/timestamp.ts';
import { comparisons } from '../jsonpath/choice-operator.ts';
import { formSchema, ref, requires } from './form.ts';

const operands = {
  string: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  timestamp: checkTimestamp.schema?.('JSONPath') ?? {},
} as const satisfies Record<string, JsonObject>;

/** The operators of a rule in JSONPath, with what they take. */
const operators = new Map<string, JsonObject>([
  ...[...comparisons].map(([name, { byPath, type }]) => [name, byPath ? terms.path : operands[type]] as const),
  ['IsPresent', operands.boolean],
  ['And', { type: 'array', minItems: 1, items: ref('condition') }],
  ['Or', { type: 'array', minItems: 1, items: ref('condition') }],
  ['Not', ref('condition')],
]);

const comparison: Readonly<Record<string, Field>> = Object.fromEntries(
  [['Variable', terms.path] as const, ...operators].map(([name, schema]) => [
    name,
    { rule: ruled(form(schema), () => undefined) },
  ]),
);

/** Exactly one operator, and a variable for those that look at one. */
const oneOperator: JsonObject = {
  oneOf: [...operators.keys()].map((name) =>
    ['And', 'Or', 'Not'].includes(name) ? requires(name) : { required: ['Variable', name] },
  ),
};

/** The schemas of choice rules: `rule.JSONPath`, `rule.JSONata`, and `condition`, a rule within a rule. */
export const choiceDefinitions: JsonObject = {
  'rule.JSONPath': {
    ...formSchema({ ...pathRule, fields: { ...comparison, ...pathRule.fields } }, 'JSONPath'),
    ...oneOperator,
  },
  'rule.JSONata': formSchema(jsonataRule, 'JSONata'),
  condition: {
    ...formSchema(
      { fields: { ...comparison, Comment: pathRule.fields['Comment'] ?? { rule: () => undefined } } },
      'JSONPath',
    ),
    ...oneOperator,
  },
};
