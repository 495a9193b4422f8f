import type { SearchFields, SearchValue } from '../../model/search.ts';
import { CommandFailed } from './exit.ts';

/** What executions are found by, as options. */
export interface SearchFlags {
  readonly key?: string;
  readonly tag?: readonly string[];
  readonly attribute?: readonly string[];
}

export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** @throws CommandFailed */
export function searchFieldsIn({ key, tag, attribute }: SearchFlags): SearchFields {
  return {
    ...(key === undefined ? {} : { businessKey: key }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(attribute === undefined ? {} : { attributes: Object.fromEntries(attribute.map(readAttribute)) }),
  };
}

/** `vip=true` is a boolean, `total=12.5` a number, `total="12.5"` and everything else a text. */
function readAttribute(given: string): readonly [string, SearchValue] {
  const at = given.indexOf('=');
  if (at <= 0) {
    throw new CommandFailed('Knhk.BadOption', `--attribute must be name=value, as in customer=c-7, and is '${given}'.`);
  }
  return [given.slice(0, at), readValue(given.slice(at + 1))];
}

function readValue(text: string): SearchValue {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  } catch {
    // A text.
  }
  return text;
}
