import { apply, type Call } from '../apply.ts';
import { JsonataError } from '../errors.ts';
import { display, Fn, getKey, isArray, isObject, type Value } from '../value.ts';
import { type Definition, define } from './define.ts';

/** Functions that search strings for a text, a regular expression, or a matcher function. */
export const patternFunctions: readonly Definition[] = [
  define('contains', '<s-(sf):b>', 2, ([text, pattern], call) => {
    if (typeof text !== 'string' || pattern === undefined) return undefined;
    if (typeof pattern === 'string') {
      call.run.step(text.length / 16);
      return text.includes(pattern);
    }
    return callMatcher(pattern, [text], call) !== undefined;
  }),
  define('match', '<s-f<s:o>n?:a<o>>', 3, ([text, pattern, limit], call) => {
    if (typeof text !== 'string') return undefined;
    const most = countLimit(limit, 'D3040', 3);
    const result = call.run.sequence();
    for (const found of matches(pattern, text, most, call)) {
      call.run.object(3);
      call.run.push(result, { match: found.match, index: found.start, groups: found.groups });
    }
    return result;
  }),
  define('split', '<s-(sf)n?:a<s>>', 3, ([text, separator, limit], call) => {
    if (typeof text !== 'string') return undefined;
    const most = countLimit(limit, 'D3020', 3);
    if (separator instanceof Fn) return splitByMatches(text, separator, most, call);
    const parts = text.split(String(separator), Math.min(Math.trunc(most), call.run.limits.array + 1));
    call.run.string(text.length);
    call.run.array(parts.length);
    return parts;
  }),
  define('replace', '<s-(sf)(sf)n?:s>', 4, ([text, pattern, replacement, limit], call) => {
    if (typeof text !== 'string') return undefined;
    if (pattern === '') throw new JsonataError('D3010', { index: 2 });
    const most = countLimit(limit, 'D3011', 4);
    if (typeof pattern === 'string') return replaceText(text, pattern, replacement, most, call);
    return replaceMatches(text, pattern, replacement, most, call);
  }),
];

interface Match {
  readonly match: string;
  readonly start: number;
  readonly end: number;
  readonly groups: readonly Value[];
  readonly value: Value;
}

function countLimit(limit: Value, code: string, index: number): number {
  if (typeof limit !== 'number') return Number.POSITIVE_INFINITY;
  if (limit < 0) throw new JsonataError(code, { index, value: display(limit) });
  return limit;
}

/** What a matcher returned: its match and how to get the next, or nothing. */
function callMatcher(matcher: Value, args: Value[], call: Call): Value {
  const result = apply(matcher, args, null, call.frame);
  if (result === undefined) return undefined;
  const shaped =
    isObject(result) &&
    (typeof getKey(result, 'start') === 'number' ||
      typeof getKey(result, 'end') === 'number' ||
      isArray(getKey(result, 'groups')) ||
      getKey(result, 'next') instanceof Fn);
  if (!shaped) throw new JsonataError('T1010');
  return result;
}

function* matches(matcher: Value, text: string, most: number, call: Call): Generator<Match> {
  if (most <= 0) return;
  let value = callMatcher(matcher, [text], call);
  for (let count = 0; isObject(value); ) {
    const groups = getKey(value, 'groups');
    const match = getKey(value, 'match');
    const start = getKey(value, 'start');
    const end = getKey(value, 'end');
    const from = typeof start === 'number' ? start : 0;
    const found = typeof match === 'string' ? match : '';
    yield {
      match: found,
      start: from,
      end: typeof end === 'number' ? end : from + found.length,
      groups: isArray(groups) ? groups : [],
      value,
    };
    count++;
    if (count >= most) return;
    value = callMatcher(getKey(value, 'next'), [], call);
  }
}

function splitByMatches(text: string, separator: Value, most: number, call: Call): Value {
  const parts: Value[] = [];
  if (most <= 0) return parts;
  let from = 0;
  let count = 0;
  for (const found of matches(separator, text, most, call)) {
    call.run.push(parts, text.slice(from, found.start));
    from = found.end;
    count++;
  }
  call.run.array(0);
  if (count < most) call.run.push(parts, text.slice(from));
  return parts;
}

function replaceText(text: string, pattern: string, replacement: Value, most: number, call: Call): string {
  const by = typeof replacement === 'string' ? replacement : '';
  let result = '';
  let from = 0;
  for (let count = 0; count < most; count++) {
    const at = text.indexOf(pattern, from);
    if (at < 0) break;
    result += text.slice(from, at) + by;
    call.run.string(result.length - from);
    checkLength(result, call);
    from = at + pattern.length;
  }
  call.run.string(text.length);
  result += text.slice(from);
  checkLength(result, call);
  return result;
}

function replaceMatches(text: string, pattern: Value, replacement: Value, most: number, call: Call): string {
  let result = '';
  let from = 0;
  for (const found of matches(pattern, text, most, call)) {
    const by =
      typeof replacement === 'string'
        ? substitute(replacement, found)
        : apply(replacement, [found.value], null, call.frame);
    if (typeof by !== 'string') throw new JsonataError('D3012', { value: display(by) });
    result += text.slice(from, found.start) + by;
    call.run.string(by.length + found.start - from);
    checkLength(result, call);
    from = found.start + found.match.length;
  }
  call.run.string(text.length);
  result += text.slice(from);
  checkLength(result, call);
  return result;
}

function checkLength(text: string, call: Call): void {
  const { string } = call.run.limits;
  if (text.length > string) throw new JsonataError('L1004', { value: String(string) });
}

/** Fills `$0` … `$n` of a replacement text with the groups of a match; `$$` stands for a dollar sign. */
function substitute(replacement: string, found: Match): string {
  const count = found.groups.length;
  return replacement.replace(/\$(\$|[0-9]+)/g, (_, reference: string) => {
    if (reference === '$') return '$';
    if (reference.startsWith('0')) return found.match + reference.slice(1);
    // As many digits as the number of groups has, one fewer if that names no group.
    let digits = reference.slice(0, Math.max(1, String(count).length));
    if (digits.length > 1 && Number(digits) > count) digits = digits.slice(0, -1);
    const group = found.groups[Number(digits) - 1];
    return (typeof group === 'string' ? group : '') + reference.slice(digits.length);
  });
}
