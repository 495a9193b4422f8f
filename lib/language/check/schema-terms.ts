import type { JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';

/** A JSON Schema that may depend on the query language of the state that a value stands in. */
export type Describe = (language: QueryLanguage) => JsonObject;

/** A schema that is the same in both languages. */
export function form(schema: JsonObject): Describe {
  return () => schema;
}

function ref(name: string): JsonObject {
  return { $ref: `#/definitions/${name}` };
}

const payload: Describe = (language) => (language === 'JSONata' ? ref('jsonata') : ref('template'));

/** Letters, digits and `_`, without naming the letters of all scripts: not every validator knows Unicode classes. */
const variableName = '^[^\\s!-@\\[-\\^`{-~][^\\s!-/:-@\\[-\\^`{-~]*';

/** What the schemas of rules refer to. */
export const terms = {
  expression: ref('expression'),
  path: ref('path'),
  pathOrIntrinsic: ref('pathOrIntrinsic'),
  jsonata: ref('jsonata'),
  payload,
  objectPayload: (language: QueryLanguage): JsonObject =>
    language === 'JSONata'
      ? { allOf: [ref('jsonata'), { type: ['object', 'string'] }] }
      : { allOf: [ref('template'), { type: 'object' }] },
  variables: (language: QueryLanguage): JsonObject => {
    const ending = language === 'JSONata' ? '$' : '(\\.\\$)?$';
    const names = { pattern: `${variableName}${ending}`, maxLength: 82, not: { enum: ['states', 'states.$'] } };
    return { allOf: [payload(language), { type: 'object', propertyNames: names }] };
  },
} as const;

/** The definitions that the terms above refer to. */
export const termDefinitions: JsonObject = {
  expression: { type: 'string', pattern: '^\\{%[\\s\\S]*%\\}$', description: 'A JSONata expression: {% … %}' },
  path: { type: 'string', pattern: '^\\$' },
  pathOrIntrinsic: {
    type: 'string',
    pattern: '^(\\$|States\\.[A-Z])',
    description: 'A JSONPath ($…, $$… for the context object) or an intrinsic function call (States.…).',
  },
  template: {
    description: 'JSON; the value of a field whose name ends in ".$" is a JSONPath or an intrinsic function call.',
    patternProperties: { '\\.\\$$': ref('pathOrIntrinsic'), '^(?![\\s\\S]*\\.\\$$)': ref('template') },
    items: ref('template'),
  },
  jsonata: {
    description: 'JSON; a text {% … %} in it is a JSONata expression.',
    pattern: '^\\{%[\\s\\S]*%\\}$|^(?!\\{%)(?![\\s\\S]*%\\}$)',
    additionalProperties: ref('jsonata'),
    items: ref('jsonata'),
  },
};
