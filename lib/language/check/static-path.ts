import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { expressionProblem } from '../jsonpath/expression.ts';
import type { Site } from './site.ts';

/** Warns of texts in a payload that look like a path or a function call, but whose field does not evaluate them. */
export function warnOfPlainPaths(value: Json, site: Site): void {
  for (const [place, key] of plainPaths(value, site)) {
    place.warn(
      'NO_DOLLAR',
      `Field '${key}' looks like a JSONPath or an intrinsic function call; it is evaluated only if its name ends with '.$'`,
    );
  }
}

/** Warns of what looks like a path in a `Result`, which is never evaluated. */
export function warnOfStaticResult(value: Json, site: Site): void {
  const [first] =
    typeof value === 'string' && looksEvaluated(value) ? [[site] as const] : plainPaths(value, site, true);
  if (first === undefined) return;
  const message =
    "The Result of a Pass state is static: a JSONPath or an intrinsic function call in it is not evaluated; use 'Parameters'";
  first[0].warn('PASS_RESULT_IS_STATIC', message);
}

/** Warns of a text that looks like a path in a field for fixed texts that has a sibling for paths. */
export function warnOfPathIn(name: string, value: Json | undefined, site: Site): void {
  if (site.language !== 'JSONPath' || typeof value !== 'string' || !looksEvaluated(value)) return;
  site.at(name).warn('NO_PATH', `The value of '${name}' looks like a path; use '${name}Path' to have it evaluated`);
}

function looksEvaluated(text: string): boolean {
  const evaluated = /^\$\$?[.[]|^States\.\w+\(/.test(text) || text === '$' || text === '$$';
  return evaluated && expressionProblem(text, 'path-or-intrinsic') === undefined;
}

/** The texts that look evaluated under names that do not end with `.$`, or (`all`) under any name. */
function* plainPaths(value: Json, site: Site, all = false): Iterable<readonly [Site, string]> {
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) yield* plainPaths(item, site.at(index), all);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const place = site.at(key);
      if (typeof item !== 'string') yield* plainPaths(item, place, all);
      else if ((all || !key.endsWith('.$')) && looksEvaluated(item)) yield [place, key];
    }
  }
}
