import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';

/** One place where a value is not as expected. */
export interface Difference {
  /** As in `output.items[2].price`. */
  readonly path: string;
  /** Absent: nothing is expected there. */
  readonly expected?: Json;
  /** Absent: there is nothing. */
  readonly actual?: Json;
}

/** `contains`: objects of the actual value may have fields that the expected one has not. */
export type Comparison = 'equals' | 'contains';

/** Where `actual` differs from `expected`, in document order; empty if it does not. `undefined`: there is no value. */
export function differences(
  path: string,
  expected: Json | undefined,
  actual: Json | undefined,
  how: Comparison = 'equals',
): readonly Difference[] {
  if (expected === undefined) return actual === undefined ? [] : [{ path, actual }];
  if (actual === undefined) return [{ path, expected }];
  if (isJsonArray(expected) && isJsonArray(actual)) {
    const length = Math.max(expected.length, actual.length);
    return Array.from({ length }, (_, at) => at).flatMap((at) =>
      differences(`${path}[${at}]`, expected[at], actual[at], how),
    );
  }
  if (isJsonObject(expected) && isJsonObject(actual)) {
    const added = how === 'contains' ? [] : Object.keys(actual).filter((key) => !Object.hasOwn(expected, key));
    return [...Object.keys(expected), ...added].flatMap((key) =>
      differences(`${path}${member(key)}`, own(expected, key), own(actual, key), how),
    );
  }
  return expected === actual ? [] : [{ path, expected, actual }];
}

function own(object: { readonly [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

const LONGEST_SHOWN = 400;

/** As one line of a report: `output.total: expected 3, got 4`. */
export function describe({ path, expected, actual }: Difference): string {
  if (expected === undefined) return `${path}: expected nothing, got ${shown(actual)}`;
  return `${path}: expected ${shown(expected)}, got ${shown(actual)}`;
}

function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
