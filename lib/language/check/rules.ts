import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import { PathSyntaxError } from '../jsonpath/errors.ts';
import { expressionProblem } from '../jsonpath/expression.ts';
import { intrinsicArity } from '../jsonpath/intrinsic-name.ts';
import { compileResultPath } from '../jsonpath/reference-path.ts';
import { templateProblems } from '../jsonpath/template.ts';
import { checkJsonata, looksLikeExpression } from './expression.ts';
import { type Describe, form, terms } from './schema-terms.ts';
import type { Site } from './site.ts';
import { warnOfPlainPaths } from './static-path.ts';
import { suggestion } from './suggest.ts';

/** Reports what is wrong with the value of a field. */
export interface Rule {
  (value: Json, site: Site): void;
  /** The same as JSON Schema, as far as that can tell; absent: anything goes. */
  readonly schema?: Describe;
}

/** A rule with its JSON Schema beside it, so that editors and the check cannot come to disagree unnoticed. */
export function ruled(schema: Describe, check: (value: Json, site: Site) => void): Rule {
  return Object.assign((value: Json, site: Site) => check(value, site), { schema });
}

export interface Field {
  readonly rule: Rule;
  /** The query language that the field belongs to; absent: both. */
  readonly only?: QueryLanguage;
}

export type Fields = Readonly<Record<string, Field>>;

/** An object with named fields. */
export interface Form {
  readonly fields: Fields;
  readonly required?: readonly string[];
  /** At least one of each group must be given. */
  readonly any?: readonly (readonly string[])[];
  /** At most one of each group may be given. */
  readonly exclusive?: readonly (readonly string[])[];
}

export const anything: Rule = () => undefined;

export const text = ruled(form({ type: 'string' }), (value, site) => {
  if (typeof value !== 'string') site.invalid('Expected value of type [STRING]');
});

export const flag = ruled(form({ type: 'boolean' }), (value, site) => {
  if (typeof value !== 'boolean') site.invalid('Expected value of type [BOOLEAN]');
});

export const list = ruled(form({ type: 'array' }), (value, site) => {
  if (!isJsonArray(value)) site.invalid('Expected value of type [ARRAY]');
});

export const object = ruled(form({ type: 'object' }), (value, site) => {
  if (!isJsonObject(value)) site.invalid('Expected value of type [OBJECT]');
});

export function oneOf(...values: readonly string[]): Rule {
  return ruled(form({ enum: values }), (value, site) => {
    if (typeof value !== 'string') site.invalid('Expected value of type [STRING]');
    else if (!values.includes(value)) {
      site.invalid(`Value should be one of the following: [${values.join(', ')}]`, suggestion(site, value, values));
    }
  });
}

export function integer(minimum: number, maximum = Number.POSITIVE_INFINITY): Rule {
  return ruled(form({ type: 'integer', ...bounds(minimum, maximum) }), (value, site) => {
    if (!Number.isInteger(value)) site.invalid('Expected value of type [INTEGER]');
    else within(value, minimum, maximum, site);
  });
}

export function number(minimum: number, maximum = Number.POSITIVE_INFINITY): Rule {
  return ruled(form({ type: 'number', ...bounds(minimum, maximum) }), (value, site) => {
    if (typeof value !== 'number') site.invalid('Expected value of type [NUMBER]');
    else within(value, minimum, maximum, site);
  });
}

function bounds(minimum: number, maximum: number) {
  return maximum === Number.POSITIVE_INFINITY ? { minimum } : { minimum, maximum };
}

function within(value: Json, minimum: number, maximum: number, site: Site): void {
  if (typeof value !== 'number') return;
  if (value < minimum) site.invalid(`Minimum value is ${minimum}`);
  if (value > maximum) site.invalid(`Maximum value is ${maximum}`);
}

/** In JSONata the value may be an expression instead. */
export function orExpression(rule: Rule): Rule {
  const fixed = rule.schema ?? form({});
  const schema: Describe = (language) =>
    language === 'JSONata' ? { anyOf: [fixed(language), terms.expression] } : fixed(language);
  return ruled(schema, (value, site) => {
    if (site.language === 'JSONata' && typeof value === 'string' && looksLikeExpression(value)) jsonata(value, site);
    else rule(value, site);
  });
}

export const path = ruled(form(terms.path), (value, site) => checkPath(value, 'path', site));

export const nullablePath = ruled(form({ anyOf: [terms.path, { type: 'null' }] }), (value, site) => {
  if (value !== null) checkPath(value, 'path', site);
});

export const referencePath = ruled(form(terms.path), (value, site) => checkPath(value, 'reference-path', site));

export const pathOrIntrinsic = ruled(form(terms.pathOrIntrinsic), (value, site) =>
  checkPath(value, 'path-or-intrinsic', site),
);

function checkPath(value: Json, kind: 'path' | 'reference-path' | 'path-or-intrinsic', site: Site): void {
  if (typeof value !== 'string') return site.invalid('Expected value of type [STRING]');
  if (expressionProblem(value, kind) === undefined) return;
  const expected = {
    path: 'a valid JSONPath',
    'reference-path': 'a valid reference path',
    'path-or-intrinsic': 'a valid JSONPath or a valid intrinsic function call',
  }[kind];
  site.invalid(`The value for the field '${site.name}' must be ${expected}`);
}

export const resultPath = ruled(form({ anyOf: [terms.path, { type: 'null' }] }), (value, site) => {
  if (value === null) return;
  if (typeof value !== 'string') return site.invalid('Expected value of type [STRING]');
  try {
    compileResultPath(value);
  } catch (error) {
    if (!(error instanceof PathSyntaxError)) throw error;
    site.invalid(`The value for the field '${site.name}' must be a valid reference path into the input`);
  }
});

/** A payload template in JSONPath; JSON with expressions in JSONata. */
export const payload = ruled(terms.payload, (value, site) => {
  if (site.language === 'JSONata') return jsonata(value, site);
  for (const { message, pointer, detail = '' } of templateProblems(value)) {
    const [, unknown] = unknownFunction.exec(detail) ?? [];
    const hint = unknown === undefined ? undefined : suggestion(site, unknown, Object.keys(intrinsicArity));
    // The place is the object that has the field, as on Step Functions.
    site.along(parentOf(pointer, value)).invalid(message, hint);
  }
  warnOfPlainPaths(value, site);
});

const unknownFunction = /unknown function "([^"]+)"/;

/** A payload that must be an object. */
export const objectPayload = ruled(terms.objectPayload, (value, site) => {
  if (isJsonObject(value)) payload(value, site);
  else if (site.language === 'JSONPath' || typeof value !== 'string') site.invalid('Expected value of type [OBJECT]');
  else jsonata(value, site);
});

/** Variables: names and their values. */
export const variables = ruled(terms.variables, (value, site) => {
  if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
  for (const key of Object.keys(value)) {
    const name = site.language === 'JSONPath' && key.endsWith('.$') ? key.slice(0, -2) : key;
    if (!variableName.test(name) || name.length > MAX_VARIABLE_NAME) {
      site.invalid(
        `'${name}' is not a valid variable name: it must be an identifier of at most ${MAX_VARIABLE_NAME} characters`,
      );
    } else if (name === 'states') site.invalid("'states' is a reserved name and cannot be assigned");
  }
  payload(value, site);
});

const MAX_VARIABLE_NAME = 80;
const variableName = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;

/** Steps of a JSON pointer into a value, without the last. */
function parentOf(pointer: string, root: Json): (string | number)[] {
  const tokens = pointer.split('/').slice(1, -1);
  const steps: (string | number)[] = [];
  let value: Json | undefined = root;
  for (const token of tokens) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isJsonArray(value)) {
      steps.push(Number(key));
      value = value[Number(key)];
    } else {
      steps.push(key);
      value = isJsonObject(value) ? value[key] : undefined;
    }
  }
  return steps;
}

/** The rule for a field that may look at the raw result, or at the error. */
export function offering(offers: 'result' | 'errorOutput', rule: Rule): Rule {
  return ruled(rule.schema ?? form({}), (value, site) => rule(value, site.offering(offers)));
}

/** JSON with expressions in it. */
export const jsonata = ruled(form(terms.jsonata), checkJsonata);

/** Checks each field by its rule, and reports fields that do not belong here. */
export function checkFields(
  object: JsonObject,
  fields: Fields,
  site: Site,
  options: { ignoreLanguage?: boolean } = {},
): void {
  for (const [key, value] of Object.entries(object)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) site.invalid(`Field '${key}' is not supported`, suggestField(key, object, fields, site));
    else if (field.only === undefined || field.only === site.language) field.rule(value, site.at(key));
    else if (options.ignoreLanguage !== true) {
      site.invalid(
        `The QueryLanguage is set to '${site.language}', but field '${key}' is only supported for the '${field.only}' QueryLanguage`,
      );
    }
  }
}

function suggestField(key: string, object: JsonObject, fields: Fields, site: Site): string | undefined {
  const usable = Object.keys(fields).filter(
    (name) => (fields[name]?.only ?? site.language) === site.language && !Object.hasOwn(object, name),
  );
  return suggestion(site, key, usable);
}

export function requireFields(object: JsonObject, names: readonly string[], site: Site): void {
  const missing = names.filter((name) => !Object.hasOwn(object, name));
  if (missing.length > 0) site.invalid(`These fields are required: [${missing.join(', ')}]`);
}

/** At most one of the fields may be given. */
export function exclusive(object: JsonObject, names: readonly string[], site: Site): void {
  const given = names.filter((name) => Object.hasOwn(object, name));
  if (given.length > 1) site.invalid(`Only one of these fields is allowed: [${given.join(', ')}]`);
}
