import type { JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import { stateTypes } from '../check/fields.ts';
import { processorConfig } from '../check/map.ts';
import { termDefinitions } from '../check/schema-terms.ts';
import { MAX_NAME, scopeFields } from '../check/scope.ts';
import { choiceDefinitions } from './choice.ts';
import { formSchema, ref, says, when } from './form.ts';
import { anyState, dialects, partDefinitions, stateSchema } from './states.ts';

/**
 * The JSON Schema (draft 7, which editors know) of definitions in both query languages, made of the tables that the
 * checker goes by. What no schema can tell is left to the checker: targets, reachability, names that are given twice,
 * the syntax of paths and expressions.
 */
export function definitionSchema(): JsonObject {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Amazon States Language, with the additions of KNHK',
    type: 'object',
    ...when(says('QueryLanguage', 'JSONata'), ref('definition.JSONata'), ref('definition.JSONPath')),
    definitions: {
      ...scopeDefinitions('JSONPath'),
      ...scopeDefinitions('JSONata'),
      ...partDefinitions('JSONPath'),
      ...partDefinitions('JSONata'),
      ...stateDefinitions(),
      ...choiceDefinitions,
      ...termDefinitions,
    },
  };
}

function scopeDefinitions(language: QueryLanguage): JsonObject {
  const scope = (fields: (typeof scopeFields)[keyof typeof scopeFields]) =>
    formSchema({ fields, required: ['StartAt', 'States'] }, language, {
      States: ref(`states.${language}`),
      ProcessorConfig: {
        ...formSchema(processorConfig, language),
        ...when(says('Mode', 'DISTRIBUTED'), { required: ['ExecutionType'] }),
      },
    });
  return {
    [`definition.${language}`]: scope(scopeFields.definition),
    [`branch.${language}`]: scope(scopeFields.branch),
    [`processor.${language}`]: scope(scopeFields.processor),
    [`states.${language}`]: {
      type: 'object',
      minProperties: 1,
      propertyNames: { minLength: 1, maxLength: MAX_NAME },
      additionalProperties: ref(`state.${language}`),
    },
  };
}

function stateDefinitions(): JsonObject {
  const inDialects = dialects.flatMap((dialect) => [
    [`any.${dialect.name}`, anyState(dialect)] as const,
    ...stateTypes.map((type) => [`${dialect.name}.${type}`, stateSchema(type, dialect)] as const),
  ]);
  return {
    'state.JSONPath': when(says('QueryLanguage', 'JSONata'), ref('any.mixed'), ref('any.JSONPath')),
    'state.JSONata': ref('any.JSONata'),
    ...Object.fromEntries(inDialects),
  };
}
