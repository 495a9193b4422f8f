import type { JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import { payload } from '../check/rules.ts';
import { terms } from '../check/schema-terms.ts';
import { workItemFields } from '../work-item.ts';
import { descriptions } from './descriptions.ts';

type WorkItemField = (typeof workItemFields)[number];

const text: JsonObject = { type: 'string' };
const texts: JsonObject = { type: 'array', items: text };

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
      return text;
    case 'Candidates':
      return language === 'JSONata' ? { anyOf: [terms.expression, texts] } : texts;
    case 'Payload':
      return payload.schema?.(language) ?? {};
  }
}
