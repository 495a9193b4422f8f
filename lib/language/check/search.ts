import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { ATTRIBUTE_NAME, MAX_ATTRIBUTES, MAX_SEARCH_TEXT, MAX_TAGS } from '../../model/search.ts';
import { resultPath, ruled } from './rules.ts';
import { form, terms } from './schema-terms.ts';
import type { Site } from './site.ts';
import { suggestion } from './suggest.ts';

const source = { type: 'string', minLength: 1 } as const;
const schema = form({
  type: 'object',
  properties: {
    BusinessKey: { ...terms.path, description: 'What the execution is about: a path into the input.' },
    Tags: {
      anyOf: [source, { type: 'array', items: source, maxItems: MAX_TAGS }],
      description: 'Texts: paths into the input, or what stands for itself.',
    },
    Attributes: {
      type: 'object',
      maxProperties: MAX_ATTRIBUTES,
      additionalProperties: source,
      description: 'By name, texts, numbers or booleans: paths into the input, or what stands for itself.',
    },
  },
  additionalProperties: false,
});

const FIELDS = ['BusinessKey', 'Tags', 'Attributes'];

/** The field `Search`: reference paths into the input, in definitions of either language; other texts stand for themselves. */
export const search = ruled(schema, (value, site) => {
  if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
  for (const key of Object.keys(value)) {
    if (!FIELDS.includes(key)) site.at(key).invalid(`Search has no field '${key}'`, suggestion(site, key, FIELDS));
  }
  const { BusinessKey, Tags, Attributes } = value;
  if (BusinessKey !== undefined) checkPath(BusinessKey, site.at('BusinessKey'));
  if (Tags !== undefined) checkTags(Tags, site.at('Tags'));
  if (Attributes !== undefined) checkAttributes(Attributes, site.at('Attributes'));
});

function checkTags(value: Json, site: Site): void {
  if (!isJsonArray(value)) return checkSource(value, site);
  if (value.length > MAX_TAGS) site.invalid(`Give at most ${MAX_TAGS} tags`);
  for (const [index, tag] of value.entries()) checkSource(tag, site.at(index));
}

function checkAttributes(value: Json, site: Site): void {
  if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
  if (Object.keys(value).length > MAX_ATTRIBUTES) site.invalid(`Give at most ${MAX_ATTRIBUTES} attributes`);
  for (const [name, path] of Object.entries(value)) {
    const at = site.at(name);
    if (!ATTRIBUTE_NAME.test(name))
      at.invalid(
        'Give the attribute a name of at most 64 letters, digits, and the characters _ . - after a letter or _',
      );
    checkSource(path, at);
  }
}

function checkSource(value: Json, site: Site): void {
  if (typeof value !== 'string') return site.invalid('Expected value of type [STRING]');
  if (value.startsWith('$')) return checkPath(value, site);
  if (value.length === 0 || value.length > MAX_SEARCH_TEXT) {
    site.invalid(`Give a reference path, or a text of 1 to ${MAX_SEARCH_TEXT} characters`);
  }
}

function checkPath(value: Json, site: Site): void {
  if (value === null) site.invalid('Expected value of type [STRING]');
  else resultPath(value, site);
}
