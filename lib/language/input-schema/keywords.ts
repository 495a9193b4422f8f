import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';

/** What the value of a keyword is. */
export type KeywordKind =
  | 'schema'
  | 'schemas'
  /** Schemas by name. */
  | 'schemaMap'
  /** Schemas by pattern. */
  | 'patternMap'
  | 'type'
  | 'count'
  | 'number'
  | 'positive'
  | 'flag'
  | 'names'
  /** Lists of names, by name. */
  | 'nameMap'
  | 'list'
  | 'pattern'
  | 'reference'
  | 'dialect'
  | 'text'
  | 'any';

/** The keywords of JSON Schema 2020-12, but for those that name a schema otherwise than by its place: `$id`, anchors. */
export const keywords: ReadonlyMap<string, KeywordKind> = new Map<string, KeywordKind>([
  ['$schema', 'dialect'],
  ['$ref', 'reference'],
  ['$defs', 'schemaMap'],
  ['$comment', 'text'],
  ['allOf', 'schemas'],
  ['anyOf', 'schemas'],
  ['oneOf', 'schemas'],
  ['not', 'schema'],
  ['if', 'schema'],
  ['then', 'schema'],
  ['else', 'schema'],
  ['dependentSchemas', 'schemaMap'],
  ['prefixItems', 'schemas'],
  ['items', 'schema'],
  ['contains', 'schema'],
  ['properties', 'schemaMap'],
  ['patternProperties', 'patternMap'],
  ['additionalProperties', 'schema'],
  ['propertyNames', 'schema'],
  ['unevaluatedItems', 'schema'],
  ['unevaluatedProperties', 'schema'],
  ['type', 'type'],
  ['enum', 'list'],
  ['const', 'any'],
  ['multipleOf', 'positive'],
  ['maximum', 'number'],
  ['exclusiveMaximum', 'number'],
  ['minimum', 'number'],
  ['exclusiveMinimum', 'number'],
  ['maxLength', 'count'],
  ['minLength', 'count'],
  ['pattern', 'pattern'],
  ['maxItems', 'count'],
  ['minItems', 'count'],
  ['uniqueItems', 'flag'],
  ['maxContains', 'count'],
  ['minContains', 'count'],
  ['maxProperties', 'count'],
  ['minProperties', 'count'],
  ['required', 'names'],
  ['dependentRequired', 'nameMap'],
  ['title', 'text'],
  ['description', 'text'],
  ['default', 'any'],
  ['deprecated', 'flag'],
  ['readOnly', 'flag'],
  ['writeOnly', 'flag'],
  ['examples', 'list'],
  ['format', 'text'],
  ['contentEncoding', 'text'],
  ['contentMediaType', 'text'],
  ['contentSchema', 'any'],
]);

/** Keywords whose subschemas are applied to the same value, and not to a part of it. */
export const inPlace: ReadonlySet<string> = new Set([
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
]);

/**
 * A checked schema with every subschema changed, the innermost first. Keywords that are not known have no meaning, and
 * are left out.
 */
export function mapSchema(schema: Json, change: (schema: JsonObject) => JsonObject): Json {
  if (!isJsonObject(schema)) return schema;
  const within = (value: Json) => mapSchema(value, change);
  const entries = Object.entries(schema).flatMap(([keyword, value]): (readonly [string, Json])[] => {
    const kind = keywords.get(keyword);
    if (kind === undefined) return [];
    if (kind === 'schema') return [[keyword, within(value)]];
    if (kind === 'schemas' && isJsonArray(value)) return [[keyword, value.map(within)]];
    if ((kind === 'schemaMap' || kind === 'patternMap') && isJsonObject(value)) {
      return [[keyword, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, within(part)]))]];
    }
    return [[keyword, value]];
  });
  return change(Object.fromEntries(entries));
}
