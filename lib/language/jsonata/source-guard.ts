import { JsonataSyntaxError } from './errors.ts';

/** Doublings of an operand that are always harmless. */
const FREE = 8;

/**
 * Refuses sources whose default operators (`??`, `?:`) nest in each other's left operands too deeply: the parser copies the left
 * operand of each, so that the tree doubles with every level. The level is estimated from the brackets, and from above.
 *
 * @throws JsonataSyntaxError L2002
 */
export function checkDefaultOperators(source: string): void {
  const count = source.match(/\?[?:]/g)?.length ?? 0;
  if (count <= FREE) return;
  const level = nestedLevel(structure(source));
  if (level > FREE && source.length * 2 ** level > 10_000_000) throw new JsonataSyntaxError('L2002', 0);
}

const TOKEN = new RegExp(
  [
    '(?<skip>[ \\t\\n\\r\\v]+|/\\*[^]*?\\*/)',
    '(?<operand>"(?:[^"\\\\]|\\\\[^])*"|\'(?:[^\'\\\\]|\\\\[^])*\'|`[^`]*`|(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?|\\*\\*)',
    '(?<open>[([{])',
    '(?<close>[)\\]}])',
    '(?<default>\\?[?:])',
    '(?<either>[*%])',
    '(?<operator>[.,@#;:?+\\-/|=<>^&!~])',
    '(?<word>[^ \\t\\n\\r\\v.,@#;:?+\\-/|=<>^&!~()[\\]{}*%"\'`][^ \\t\\n\\r\\v.,@#;:?+\\-/|=<>^&!~()[\\]{}*%]*)',
  ].join('|'),
  'gy',
);

/**
 * The brackets and default operators of a source, without what stands in strings, comments and regular expressions. Follows the
 * parser's own rules for telling these apart, for a difference would let a hostile source hide its brackets; it ends where the parser
 * would refuse the source.
 */
function* structure(source: string): Generator<string> {
  let afterOperand = false;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(source); match?.groups !== undefined; match = TOKEN.exec(source)) {
    const [token] = match;
    const { skip, operand, open, close, either, word } = match.groups;
    if (skip !== undefined) continue;
    if (token === '/' && source.charAt(TOKEN.lastIndex) === '*') return;
    if (token === '/' && !afterOperand) {
      TOKEN.lastIndex = endOfRegex(source, TOKEN.lastIndex);
      afterOperand = true;
      continue;
    }
    if (open !== undefined || close !== undefined || match.groups['default'] !== undefined) yield token;
    // A wildcard or a multiplication; a field named `and` or the operator.
    const ambiguous = either !== undefined || token === 'and' || token === 'or' || token === 'in';
    afterOperand = ambiguous ? !afterOperand : (operand ?? close ?? word) !== undefined;
  }
}

/** Where the regular expression literal that starts at `start` ends; slashes within brackets do not end it. */
function endOfRegex(source: string, start: number): number {
  let depth = 0;
  let escapes = 0;
  for (let at = start; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '/' && depth === 0 && escapes % 2 === 0) return at + 1;
    // As in the parser, a bracket behind any backslash does not count.
    if (escapes === 0 && '([{'.includes(char)) depth++;
    else if (escapes === 0 && ')]}'.includes(char)) depth--;
    escapes = char === '\\' ? escapes + 1 : 0;
  }
  return source.length;
}

function nestedLevel(tokens: Iterable<string>): number {
  const stack: Level[] = [];
  let here: Level = { inner: 0, used: false };
  for (const token of tokens) {
    if (token === '(' || token === '[' || token === '{') {
      stack.push(here);
      here = { inner: 0, used: false };
    } else if (token === '??' || token === '?:') {
      here.used = true;
    } else {
      const outer = stack.pop();
      if (outer !== undefined) here = { inner: Math.max(outer.inner, total(here)), used: outer.used };
    }
  }
  return Math.max(total(here), ...stack.map(total));
}

interface Level {
  readonly inner: number;
  used: boolean;
}

function total(level: Level): number {
  return level.inner + (level.used ? 1 : 0);
}
