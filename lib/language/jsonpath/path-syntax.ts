import { Cursor } from './cursor.ts';
import { parseFilter } from './filter-syntax.ts';
import { type ParsedPath, type PathRoot, type PathStep, pathFunctions } from './path-tree.ts';

const variableName = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const integer = /-?\d+/y;
const fromTheEnd = /\(\s*@\.length\s*-\s*\d+\s*\)/y;

/** Parses a whole text as a path: `$…` (input), `$$…` (context object) or `$name…` (variable). */
export function parsePath(text: string): ParsedPath {
  const cursor = new Cursor(text, 'Path.Syntax');
  const path = parsePathHere(cursor, '');
  if (!cursor.atEnd) cursor.fail('unexpected text');
  return path;
}

/** Parses the path at the cursor; unquoted names end at white space and at the characters of `stops`. */
export function parsePathHere(cursor: Cursor, stops: string): ParsedPath {
  cursor.expect('$');
  return { root: parseRoot(cursor), steps: parseSteps(cursor, stops) };
}

function parseRoot(cursor: Cursor): PathRoot {
  if (cursor.take('$')) return { kind: 'context' };
  const name = cursor.match(variableName);
  return name === undefined ? { kind: 'input' } : { kind: 'variable', name };
}

function parseSteps(cursor: Cursor, stops: string): PathStep[] {
  const steps: PathStep[] = [];
  for (;;) {
    cursor.countPart();
    if (cursor.take('..')) {
      const step = cursor.here === '[' ? parseBracket(cursor) : parseName(cursor, stops);
      if (step.kind === 'function') cursor.fail('a function must follow one dot; the problem ends');
      steps.push({ kind: 'scan' }, step);
    } else if (cursor.take('.')) {
      steps.push(cursor.here === '[' ? parseBracket(cursor) : parseName(cursor, stops));
    } else if (cursor.here === '[') {
      steps.push(parseBracket(cursor));
    } else {
      return steps;
    }
    if (steps.at(-1)?.kind === 'function') return steps;
  }
}

/** After a dot: a name, `*` or a function. A backslash takes the next character as it is. */
function parseName(cursor: Cursor, stops: string): PathStep {
  if (cursor.take('*')) return { kind: 'wildcard' };
  let name = '';
  while (!cursor.atEnd) {
    const c = cursor.here;
    if (c === '.' || c === '[' || c === '(' || c <= ' ' || stops.includes(c)) break;
    if (c === '\\') {
      cursor.position += 1;
      if (cursor.atEnd) cursor.fail('expected the character that the backslash escapes');
    }
    name += cursor.here;
    cursor.position += 1;
  }
  if (name === '') cursor.fail('expected the name of a property');
  if (!cursor.take('(')) return { kind: 'property', name };
  const known = pathFunctions.find((f) => f === name);
  if (known === undefined) return cursor.fail(`unknown function "${name}()"`);
  cursor.expect(')');
  return { kind: 'function', name: known };
}

function parseBracket(cursor: Cursor): PathStep {
  cursor.expect('[');
  cursor.skipSpace();
  const step = parseBracketContent(cursor);
  cursor.skipSpace();
  cursor.expect(']');
  return step;
}

function parseBracketContent(cursor: Cursor): PathStep {
  if (cursor.take('*')) return { kind: 'wildcard' };
  if (cursor.take('?')) {
    cursor.skipSpace();
    cursor.expect('(');
    const filter = parseFilter(cursor, parseSteps);
    cursor.skipSpace();
    cursor.expect(')');
    return { kind: 'filter', filter };
  }
  if (cursor.here === "'" || cursor.here === '"') return parseQuotedNames(cursor);
  return parseNumbers(cursor);
}

function parseQuotedNames(cursor: Cursor): PathStep {
  const first = parseQuoted(cursor);
  const names = [first];
  while (takeComma(cursor)) names.push(parseQuoted(cursor));
  return names.length === 1 ? { kind: 'property', name: first } : { kind: 'properties', names };
}

/** Backslashes count for the quote and for themselves only: before any other character Step Functions keeps them. */
function parseQuoted(cursor: Cursor): string {
  const quote = cursor.here;
  if (quote !== "'" && quote !== '"') cursor.fail('expected a quoted name');
  cursor.position += 1;
  let name = '';
  while (!cursor.take(quote)) {
    if (cursor.atEnd) cursor.fail(`expected ${quote}`);
    if (cursor.startsWith(`\\${quote}`) || cursor.startsWith('\\\\')) cursor.position += 1;
    name += cursor.here;
    cursor.position += 1;
  }
  return name;
}

function parseNumbers(cursor: Cursor): PathStep {
  const script = cursor.match(fromTheEnd);
  if (script !== undefined) return { kind: 'index', index: -Number(script.replace(/\D/g, '')) };
  const first = parseInteger(cursor);
  cursor.skipSpace();
  if (cursor.take(':')) return parseSlice(cursor, first);
  if (first === undefined) return cursor.fail('expected an index, a quoted name, a slice, "*" or a filter');
  const indexes = [first];
  while (takeComma(cursor)) {
    const index = parseInteger(cursor);
    if (index === undefined) return cursor.fail('expected an index');
    indexes.push(index);
  }
  return indexes.length === 1 ? { kind: 'index', index: first } : { kind: 'indexes', indexes };
}

function parseSlice(cursor: Cursor, start: number | undefined): PathStep {
  cursor.skipSpace();
  const end = parseInteger(cursor);
  cursor.skipSpace();
  if (!cursor.take(':')) return { kind: 'slice', start, end, by: 1 };
  cursor.skipSpace();
  const by = parseInteger(cursor) ?? 1;
  if (by < 1) cursor.fail('the step of a slice must be positive');
  return { kind: 'slice', start, end, by };
}

function parseInteger(cursor: Cursor): number | undefined {
  const digits = cursor.match(integer);
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) cursor.fail('this index is too large');
  return value;
}

function takeComma(cursor: Cursor): boolean {
  cursor.skipSpace();
  if (!cursor.take(',')) return false;
  cursor.skipSpace();
  return true;
}
