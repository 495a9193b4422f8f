import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { allocations } from '../../model/work-item.ts';
import { escalationFields, escalationTargets, workItemFields } from '../work-item.ts';
import { looksLikeExpression } from './expression.ts';
import type { Check, Site } from './site.ts';
import { suggestion } from './suggest.ts';

/** What a work item is called with, as far as it is written down. Paths and expressions in it are checked with the field. */
export function checkWorkItem(state: JsonObject, site: Site): void {
  const field = site.language === 'JSONata' ? 'Arguments' : 'Parameters';
  const given = state[field];
  const at = site.at(field);
  if (given === undefined || isEvaluated(given, at)) return;
  if (!isJsonObject(given)) return at.invalid('Expected value of type [OBJECT]');
  checkEntries(given, workItemFields, at, checkValue, (key) => {
    return `A work item has no field '${key}': put what is to be worked on into 'Payload'`;
  });
  const whom = ['Candidates', 'Role', 'Capabilities', 'Allocation', 'Retain'].find((name) => has(given, name));
  if (has(given, 'Assignee') && whom !== undefined && whom !== 'Candidates') {
    at.invalid(`Leave 'Assignee' or '${whom}' out: whoever is to do it need not be found`);
  }
}

/** States that work items speak of, once all states are known. */
export function checkWorkItemStates({ mentioned, stateNames }: Check): void {
  for (const { name, site } of mentioned) {
    if (!stateNames.has(name)) site.invalid(`There is no state '${name}'`, suggestion(site, name, stateNames));
  }
}

type CheckEntry = (name: string, value: Json, site: Site) => void;

function checkEntries(
  given: JsonObject,
  fields: readonly string[],
  at: Site,
  checkEntry: CheckEntry,
  unknown: (key: string) => string,
): void {
  for (const [key, value] of Object.entries(given)) {
    const isPath = at.language === 'JSONPath' && key.endsWith('.$');
    const name = isPath ? key.slice(0, -2) : key;
    if (!fields.includes(name)) at.at(key).invalid(unknown(key), suggestion(at, name, fields));
    else if (!isPath) checkEntry(name, value, at.at(key));
  }
}

function has(given: JsonObject, name: string): boolean {
  return name in given || `${name}.$` in given;
}

function checkValue(name: string, value: Json, site: Site): void {
  if (name === 'Payload' || isEvaluated(value, site)) return;
  switch (name) {
    case 'Candidates':
      return checkTexts(value, site, 'Nobody could take the work: name somebody, or leave Candidates out');
    case 'Capabilities':
      return checkTexts(value, site, 'Name a capability, or leave Capabilities out');
    case 'Separate':
      checkTexts(value, site, 'Name a state, or leave Separate out');
      if (isJsonArray(value)) for (const [index, item] of value.entries()) mention(item, site.at(index));
      return;
    case 'Retain':
      requireText(value, site);
      return mention(value, site);
    case 'Allocation':
      if (allocations.some((known) => known === value)) return;
      site.invalid(
        `Value should be one of the following: [${allocations.join(', ')}]`,
        typeof value === 'string' ? suggestion(site, value, allocations) : undefined,
      );
      return;
    case 'Escalate':
      return checkEscalation(value, site);
    default:
      return requireText(value, site);
  }
}

function checkEscalation(value: Json, site: Site): void {
  if (!isJsonArray(value)) return checkStep(value, site);
  if (value.length === 0) site.invalid('Give at least one step, or leave Escalate out');
  let before = 0;
  for (const [index, step] of value.entries()) {
    checkStep(step, site.at(index));
    const after = isJsonObject(step) ? step['AfterSeconds'] : undefined;
    if (typeof after !== 'number') continue;
    if (after <= before && index > 0) site.at(index).invalid('Each step must come later than the one before it');
    before = after;
  }
}

function checkStep(value: Json, site: Site): void {
  if (isEvaluated(value, site)) return;
  if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
  const unknown = (key: string) => `A step of an escalation has no field '${key}'`;
  checkEntries(value, escalationFields, site, checkStepField, unknown);
  for (const name of escalationFields) if (!has(value, name)) site.invalid(`The field '${name}' is required`);
}

function checkStepField(name: string, value: Json, site: Site): void {
  if (isEvaluated(value, site)) return;
  if (name === 'AfterSeconds') {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
      site.invalid('Expected a whole number of seconds, at least 1');
    return;
  }
  if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
  const unknown = (key: string) => `An escalation goes to an Assignee, to Candidates, or to a Role, not to '${key}'`;
  checkEntries(value, escalationTargets, site, checkValue, unknown);
  const targets = escalationTargets.filter((target) => has(value, target));
  if (targets.length !== 1) site.invalid('Give one of Assignee, Candidates and Role');
}

function checkTexts(value: Json, site: Site, empty: string): void {
  if (!isJsonArray(value)) return site.invalid('Expected value of type [ARRAY]');
  if (value.length === 0) site.invalid(empty);
  for (const [index, item] of value.entries()) requireText(item, site.at(index));
}

function mention(value: Json, site: Site): void {
  if (typeof value === 'string' && !isEvaluated(value, site)) site.check.mentioned.push({ name: value, site });
}

function requireText(value: Json, site: Site): void {
  if (typeof value !== 'string') site.invalid('Expected value of type [STRING]');
}

function isEvaluated(value: Json, { language }: Site): boolean {
  return language === 'JSONata' && typeof value === 'string' && looksLikeExpression(value);
}
