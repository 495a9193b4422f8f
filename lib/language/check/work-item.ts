import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { workItemFields } from '../work-item.ts';
import { looksLikeExpression } from './expression.ts';
import type { Site } from './site.ts';
import { suggestion } from './suggest.ts';

/** What a work item is called with, as far as it is written down. Paths and expressions in it are checked with the field. */
export function checkWorkItem(state: JsonObject, site: Site): void {
  const field = site.language === 'JSONata' ? 'Arguments' : 'Parameters';
  const given = state[field];
  const at = site.at(field);
  if (given === undefined || isEvaluated(given, at)) return;
  if (!isJsonObject(given)) return at.invalid('Expected value of type [OBJECT]');
  for (const [key, value] of Object.entries(given)) {
    const isPath = site.language === 'JSONPath' && key.endsWith('.$');
    const name = isPath ? key.slice(0, -2) : key;
    if (!workItemFields.some((known) => known === name)) {
      const message = `A work item has no field '${key}': put what is to be worked on into 'Payload'`;
      at.at(key).invalid(message, suggestion(site, name, workItemFields));
    } else if (!isPath) checkValue(name, value, at.at(key));
  }
}

function checkValue(name: string, value: Json, site: Site): void {
  if (name === 'Payload' || isEvaluated(value, site)) return;
  if (name !== 'Candidates') return requireText(value, site);
  if (!isJsonArray(value)) return site.invalid('Expected value of type [ARRAY]');
  if (value.length === 0) site.invalid('Nobody could take the work: name somebody, or leave Candidates out');
  for (const [index, item] of value.entries()) requireText(item, site.at(index));
}

function requireText(value: Json, site: Site): void {
  if (typeof value !== 'string') site.invalid('Expected value of type [STRING]');
}

function isEvaluated(value: Json, { language }: Site): boolean {
  return language === 'JSONata' && typeof value === 'string' && looksLikeExpression(value);
}
