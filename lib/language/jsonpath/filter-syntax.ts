import type { Json } from '../../model/json.ts';
import type { Cursor } from './cursor.ts';
import {
  comparisonSymbols,
  comparisonWords,
  type Filter,
  type FilterOperator,
  type Operand,
  type PathStep,
} from './path-tree.ts';
import { compileRegex } from './regex.ts';

/** Parses the steps of a path that stands in a filter: handed in, as paths contain filters and filters paths. */
export type ParseSteps = (cursor: Cursor, stops: string) => readonly PathStep[];

/** Characters that end an unquoted name inside a filter. */
const stops = ')<>=!&|,~]';
const word = /[A-Za-z]+/y;
const bareWord = /[A-Za-z_][\w-]*/y;
const number = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

/** Parses `a && b || !c …`, without the surrounding `?( )`. */
export function parseFilter(cursor: Cursor, parseSteps: ParseSteps): Filter {
  let left = parseConjunction(cursor, parseSteps);
  for (;;) {
    cursor.skipSpace();
    if (!cursor.take('||')) return left;
    left = { kind: 'or', left, right: parseConjunction(cursor, parseSteps) };
  }
}

function parseConjunction(cursor: Cursor, parseSteps: ParseSteps): Filter {
  let left = parseTerm(cursor, parseSteps);
  for (;;) {
    cursor.skipSpace();
    if (!cursor.take('&&')) return left;
    left = { kind: 'and', left, right: parseTerm(cursor, parseSteps) };
  }
}

function parseTerm(cursor: Cursor, parseSteps: ParseSteps): Filter {
  cursor.countPart();
  cursor.skipSpace();
  if (cursor.take('!')) return { kind: 'not', filter: parseTerm(cursor, parseSteps) };
  if (cursor.take('(')) {
    const inner = parseFilter(cursor, parseSteps);
    cursor.skipSpace();
    cursor.expect(')');
    return inner;
  }
  const left = parseOperand(cursor, parseSteps);
  cursor.skipSpace();
  const operator = parseOperator(cursor);
  if (operator === undefined) return { kind: 'exists', operand: left };
  cursor.skipSpace();
  return {
    kind: 'compare',
    operator,
    left,
    right: parseOperand(cursor, parseSteps),
  };
}

function parseOperator(cursor: Cursor): FilterOperator | undefined {
  const symbol = comparisonSymbols.find((c) => cursor.take(c));
  if (symbol !== undefined) return symbol;
  const start = cursor.position;
  const text = cursor.match(word)?.toLowerCase();
  if (text === undefined) return undefined;
  const known = comparisonWords.find((w) => w === text);
  if (known !== undefined) return known;
  cursor.position = start;
  return cursor.fail(`unknown operator "${text}"`);
}

function parseOperand(cursor: Cursor, parseSteps: ParseSteps): Operand {
  if (cursor.take('@')) return { kind: 'path', from: 'element', steps: parseSteps(cursor, stops) };
  if (cursor.take('$')) return { kind: 'path', from: 'document', steps: parseSteps(cursor, stops) };
  if (cursor.here === '/') return parseRegex(cursor);
  return { kind: 'literal', value: parseLiteral(cursor) };
}

function parseLiteral(cursor: Cursor): Json {
  if (cursor.here === "'" || cursor.here === '"') return parseString(cursor);
  if (cursor.here === '[' || cursor.here === '{') return parseJsonLiteral(cursor);
  const digits = cursor.match(number);
  if (digits !== undefined) return Number(digits);
  // Step Functions takes a word without quotes for a string.
  const bare = cursor.match(bareWord);
  if (bare === 'true' || bare === 'false') return bare === 'true';
  if (bare !== undefined) return bare === 'null' ? null : bare;
  return cursor.fail('expected a path, a string, a number, true, false, null, a list or a pattern');
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
};

function parseString(cursor: Cursor): string {
  const quote = cursor.here;
  cursor.position += 1;
  let value = '';
  while (!cursor.take(quote)) {
    if (cursor.atEnd) cursor.fail(`expected ${quote}`);
    if (cursor.take('\\')) {
      const unicode = cursor.match(/u[0-9a-fA-F]{4}/y);
      if (unicode !== undefined) {
        value += String.fromCharCode(Number.parseInt(unicode.slice(1), 16));
        continue;
      }
      value += escapes[cursor.here] ?? cursor.here;
    } else {
      value += cursor.here;
    }
    cursor.position += 1;
  }
  return value;
}

/** Lists and objects, with strings in either kind of quotes: `['a', "b"]`. */
function parseJsonLiteral(cursor: Cursor): Json {
  cursor.countPart();
  if (cursor.take('{')) {
    const members: [string, Json][] = [];
    parseItems(cursor, '}', () => {
      const key = parseString(cursor);
      cursor.skipSpace();
      cursor.expect(':');
      cursor.skipSpace();
      members.push([key, parseLiteral(cursor)]);
    });
    return Object.fromEntries(members);
  }
  cursor.expect('[');
  const items: Json[] = [];
  parseItems(cursor, ']', () => {
    items.push(parseLiteral(cursor));
  });
  return items;
}

function parseItems(cursor: Cursor, close: string, parseItem: () => void): void {
  cursor.skipSpace();
  if (cursor.take(close)) return;
  for (;;) {
    cursor.skipSpace();
    parseItem();
    cursor.skipSpace();
    if (cursor.take(close)) return;
    cursor.expect(',');
  }
}

function parseRegex(cursor: Cursor): Operand {
  cursor.expect('/');
  let source = '';
  while (!cursor.take('/')) {
    if (cursor.atEnd) cursor.fail('expected "/"');
    if (cursor.here === '\\') {
      source += cursor.here;
      cursor.position += 1;
    }
    source += cursor.here;
    cursor.position += 1;
  }
  const flags = cursor.match(/[a-zA-Z]*/y) ?? '';
  const regex = compileRegex(source, flags);
  if (typeof regex === 'string') return cursor.fail(regex);
  return { kind: 'regex', regex };
}
