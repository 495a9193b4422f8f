import type { JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import { allocations } from '../../model/work-item.ts';
import { payload } from '../check/rules.ts';
import { terms } from '../check/schema-terms.ts';
import { workItemFields } from '../work-item.ts';
import { descriptions } from './descriptions.ts';

type WorkItemField = (typeof workItemFields)[number];

const text: JsonObject = { type: 'string' };
const texts: JsonObject = { type: 'array', items: text };

const choice: JsonObject = { enum: [...allocations] };

/** One step or several; what is evaluated in them is looked at when it is known. */
function escalation(language: QueryLanguage): JsonObject {
  const whole = { type: 'integer', minimum: 1 };
  const seconds = language === 'JSONata' ? { anyOf: [terms.expression, whole] } : whole;
  const names = language === 'JSONata' ? { anyOf: [terms.expression, texts] } : texts;
  const to = withPaths({ Assignee: text, Candidates: names, Role: text }, language);
  const step = withPaths({ AfterSeconds: seconds, To: to }, language);
  const steps = { anyOf: [step, { type: 'array', items: step, minItems: 1 }] };
  return language === 'JSONata' ? { anyOf: [terms.expression, ...steps.anyOf] } : steps;
}

function withPaths(fields: JsonObject, language: QueryLanguage): JsonObject {
  const paths = Object.keys(fields).map((name) => [`${name}.$`, terms.pathOrIntrinsic] as const);
  const properties = language === 'JSONata' ? fields : { ...fields, ...Object.fromEntries(paths) };
  return { type: 'object', properties, additionalProperties: false };
}

/** What a work item is called with: in JSONPath each field may be a path instead, in JSONata an expression. */
export function workItemSchema(language: QueryLanguage): JsonObject {
  const names = language === 'JSONata' ? [''] : ['', '.$'];
  const properties = workItemFields.flatMap((name) =>
    names.map((suffix) => {
      const schema = suffix === '' ? schemaOf(name, language) : terms.pathOrIntrinsic;
      return [`${name}${suffix}`, { description: descriptions[name] ?? '', allOf: [schema] }] as const;
    }),
  );
  const object = { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
  return language === 'JSONata' ? { anyOf: [terms.expression, object] } : object;
}

function schemaOf(name: WorkItemField, language: QueryLanguage): JsonObject {
  switch (name) {
    case 'Assignee':
    case 'Title':
    case 'Role':
    case 'Retain':
      return text;
    case 'Allocation':
      return language === 'JSONata' ? { anyOf: [terms.expression, choice] } : choice;
    case 'Escalate':
      return escalation(language);
    case 'Candidates':
    case 'Capabilities':
    case 'Separate':
      return language === 'JSONata' ? { anyOf: [terms.expression, texts] } : texts;
    case 'Payload':
      return payload.schema?.(language) ?? {};
  }
}
