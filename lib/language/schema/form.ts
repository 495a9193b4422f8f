import type { JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import type { Form } from '../check/rules.ts';
import { descriptions } from './descriptions.ts';

/** Schemas for fields of a form that say more than the fields' own rules: what is checked elsewhere. */
export type Details = Readonly<Record<string, JsonObject>>;

/** An object with the fields of a form, and no others. */
export function formSchema(form: Form, language: QueryLanguage, details: Details = {}): JsonObject {
  const { fields, required = [], any = [], exclusive = [] } = form;
  const names = Object.keys(fields).filter((name) => (fields[name]?.only ?? language) === language);
  const has = (name: string) => names.includes(name);
  const properties = names.map((name) => {
    const schema = details[name] ?? fields[name]?.rule.schema?.(language) ?? {};
    return [name, described(descriptions[name], schema)] as const;
  });
  const conditions = [
    ...any.map((group) => ({ anyOf: group.filter(has).map(requires) })),
    ...exclusive
      .map((group) => group.filter(has))
      .filter((group) => group.length > 1)
      .map((group) => ({ not: { anyOf: pairs(group).map((pair) => ({ required: pair })) } })),
  ];
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    ...(conditions.length === 0 ? {} : { allOf: conditions }),
  };
}

export function requires(name: string): JsonObject {
  return { required: [name] };
}

export function ref(name: string): JsonObject {
  return { $ref: `#/definitions/${name}` };
}

/** `if` and what follows from it. The keyword `then` would make a literal look like a promise. */
export function when(condition: JsonObject, consequence: JsonObject, otherwise?: JsonObject): JsonObject {
  const keywords = [['if', condition] as const, ['then', consequence] as const];
  return Object.fromEntries(otherwise === undefined ? keywords : [...keywords, ['else', otherwise] as const]);
}

/** That a field has exactly this value. */
export function says(name: string, value: string): JsonObject {
  return { properties: { [name]: { const: value } }, required: [name] };
}

/** Beside `$ref` everything else is ignored. */
function described(description: string | undefined, schema: JsonObject): JsonObject {
  if (description === undefined) return schema;
  return '$ref' in schema ? { description, allOf: [schema] } : { description, ...schema };
}

function pairs(names: readonly string[]): readonly (readonly string[])[] {
  return names.flatMap((first, index) => names.slice(index + 1).map((second) => [first, second]));
}
