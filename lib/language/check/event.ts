import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Site } from './site.ts';

/** What is not looked at: scopes inside a state, whose states have events of their own or none, and what is for readers. */
const skipped = ['Branches', 'ItemProcessor', 'Iterator', 'Comment'];

/** Warns of what looks at an event in a state that no event starts. */
export function warnOfMissingEvent(state: JsonObject, site: Site): void {
  if ('Trigger' in state) return;
  for (const [name, value] of Object.entries(state)) {
    if (!skipped.includes(name)) warnWithin(value, site.at(name));
  }
}

function warnWithin(value: Json, site: Site): void {
  if (typeof value === 'string') {
    if (value.includes('Event') && mentionsEvent(value, site)) {
      const message = "No event starts this state, so it has none: give it a 'Trigger', or hand the payload on to it";
      site.warn('NO_EVENT', message);
    }
  } else if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) warnWithin(item, site.at(index));
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) warnWithin(item, site.at(key));
  }
}

function mentionsEvent(text: string, { language }: Site): boolean {
  return language === 'JSONata'
    ? /\$states\.context\.Event\b/.test(text)
    : /\$\$(?:\.Event\b|\[['"]Event['"]\])/.test(text);
}
