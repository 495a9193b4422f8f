import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { ruled } from '../check/rules.ts';
import { form } from '../check/schema-terms.ts';
import type { Site } from '../check/site.ts';
import { inPlace, type KeywordKind, keywords } from './keywords.ts';
import { patternProblem } from './pattern.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
/** Names of a schema beside its place: with them a schema could mean another, or one elsewhere. */
const UNSUPPORTED = new Set(['$id', '$anchor', '$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$vocabulary']);
const MAX_SUBSCHEMAS = 2_000;
const MAX_DEPTH = 64;

/** One subschema: where it stands, and which others are applied to the same value. */
interface Node {
  readonly site: Site;
  readonly next: string[];
}

/** The field `InputSchema`: a JSON Schema (2020-12) that is complete in itself. */
export const inputSchema = ruled(form({ type: ['object', 'boolean'] }), (value, site) => {
  const check = new SchemaCheck();
  check.schema(value, site, '', 0);
  check.references();
});

class SchemaCheck {
  /** By JSON pointer within the schema. */
  readonly #nodes = new Map<string, Node>();
  /** What is beyond the bounds is told once. */
  #isTooLarge = false;
  readonly #references: { readonly site: Site; readonly target: string }[] = [];

  schema(value: Json, site: Site, pointer: string, depth: number): void {
    if (this.#nodes.size >= MAX_SUBSCHEMAS || depth > MAX_DEPTH) {
      if (!this.#isTooLarge) {
        site.invalid(`Make the schema smaller: at most ${MAX_SUBSCHEMAS} subschemas, nested at most ${MAX_DEPTH} deep`);
      }
      this.#isTooLarge = true;
      return;
    }
    if (typeof value !== 'boolean' && !isJsonObject(value)) {
      return site.invalid('Expected a JSON Schema: an object, true or false');
    }
    const node: Node = { site, next: [] };
    this.#nodes.set(pointer, node);
    if (!isJsonObject(value)) return;
    for (const [keyword, content] of Object.entries(value)) {
      const place = { node, site: site.at(keyword), pointer: `${pointer}/${step(keyword)}`, depth };
      this.#keyword(keyword, content, place);
    }
  }

  /** Every reference leads to a subschema, and none back to itself on the same value. */
  references(): void {
    for (const { site, target } of this.#references) {
      if (!this.#nodes.has(target)) site.invalid('No subschema stands at this place of the schema');
    }
    const settled = new Set<string>();
    const under = new Set<string>();
    const visit = (pointer: string): void => {
      if (settled.has(pointer)) return;
      const node = this.#nodes.get(pointer);
      if (under.has(pointer))
        return node?.site.invalid('This subschema refers to itself for the same value, without end');
      under.add(pointer);
      for (const next of node?.next ?? []) visit(next);
      under.delete(pointer);
      settled.add(pointer);
    };
    for (const pointer of this.#nodes.keys()) visit(pointer);
  }

  #keyword(keyword: string, value: Json, place: Place): void {
    const { site } = place;
    const kind = keywords.get(keyword);
    if (kind !== undefined) return this.#content(keyword, kind, value, place);
    if (UNSUPPORTED.has(keyword)) return site.invalid(`Leave out '${keyword}', and refer by place: '#/$defs/…'`);
    site.warn('WITHOUT_EFFECT', `JSON Schema 2020-12 has no keyword '${keyword}': it changes nothing`);
  }

  #content(keyword: string, kind: KeywordKind, value: Json, place: Place): void {
    const { site } = place;
    switch (kind) {
      case 'schema':
        return this.#subschema(keyword, value, place);
      case 'schemas':
        if (!isJsonArray(value) || value.length === 0) return site.invalid('Expected a list of JSON Schemas');
        for (const [index, part] of value.entries()) this.#subschema(keyword, part, within(place, index));
        return;
      case 'schemaMap':
      case 'patternMap':
        if (!isJsonObject(value)) return site.invalid('Expected an object with JSON Schemas');
        for (const [name, part] of Object.entries(value)) {
          if (kind === 'patternMap') checkPattern(name, site.at(name));
          this.#subschema(keyword, part, within(place, name));
        }
        return;
      case 'reference':
        return this.#reference(value, place);
      default:
        return checkValue(kind, value, site);
    }
  }

  #subschema(keyword: string, value: Json, { node, site, pointer, depth }: Place): void {
    this.schema(value, site, pointer, depth + 1);
    if (inPlace.has(keyword)) node.next.push(pointer);
  }

  #reference(value: Json, { node, site }: Place): void {
    if (typeof value !== 'string' || !/^#(\/|$)/.test(value)) {
      return site.invalid("Refer to a place of this schema, as in '#/$defs/address': nothing is fetched");
    }
    let target: string;
    try {
      target = decodeURIComponent(value.slice(1));
    } catch {
      return site.invalid('Expected a JSON pointer behind the #');
    }
    this.#references.push({ site, target });
    node.next.push(target);
  }
}

/** Where a keyword stands: in which subschema, and how deep that is. */
interface Place {
  readonly node: Node;
  readonly site: Site;
  readonly pointer: string;
  readonly depth: number;
}

function within(place: Place, name: string | number): Place {
  return { ...place, site: place.site.at(name), pointer: `${place.pointer}/${step(String(name))}` };
}

function step(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

type Plain = Exclude<KeywordKind, 'schema' | 'schemas' | 'schemaMap' | 'patternMap' | 'reference'>;

function checkValue(kind: Plain, value: Json, site: Site): void {
  switch (kind) {
    case 'dialect':
      if (value !== DIALECT && value !== `${DIALECT}#`) site.invalid(`Expected "${DIALECT}"`);
      return;
    case 'type':
      return checkType(value, site);
    case 'count':
      if (!Number.isSafeInteger(value) || Number(value) < 0) site.invalid('Expected an integer from 0');
      return;
    case 'number':
      if (typeof value !== 'number') site.invalid('Expected a number');
      return;
    case 'positive':
      if (typeof value !== 'number' || value <= 0) site.invalid('Expected a number above 0');
      return;
    case 'flag':
      if (typeof value !== 'boolean') site.invalid('Expected true or false');
      return;
    case 'names':
      return checkNames(value, site);
    case 'nameMap':
      return checkNameMap(value, site);
    case 'list':
      if (!isJsonArray(value) || value.length === 0) site.invalid('Expected a list of values');
      return;
    case 'pattern':
      return typeof value === 'string' ? checkPattern(value, site) : site.invalid('Expected a regular expression');
    case 'text':
      if (typeof value !== 'string') site.invalid('Expected text');
      return;
    case 'any':
      return;
  }
}

function checkType(value: Json, site: Site): void {
  const types = isJsonArray(value) ? value : [value];
  const isKnown = types.every((type) => typeof type === 'string' && TYPES.includes(type));
  if (!isKnown || types.length === 0 || new Set(types).size < types.length) {
    site.invalid(`Expected one or several of ${TYPES.join(', ')}`);
  }
}

function checkNames(value: Json, site: Site): void {
  const isList = isJsonArray(value) && value.every((name) => typeof name === 'string');
  if (!isList || new Set(value).size < value.length) site.invalid('Expected a list of names, each once');
}

function checkNameMap(value: Json, site: Site): void {
  if (!isJsonObject(value)) return site.invalid('Expected an object with lists of names');
  const lists: JsonObject = value;
  for (const [name, list] of Object.entries(lists)) checkNames(list, site.at(name));
}

function checkPattern(source: string, site: Site): void {
  const problem = patternProblem(source);
  if (problem !== undefined) site.invalid(`This regular expression cannot be used: ${problem}`);
}
