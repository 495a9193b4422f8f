import { Cursor } from './cursor.ts';
import { type IntrinsicName, isIntrinsicName } from './intrinsic-name.ts';
import { parsePathHere } from './path-syntax.ts';
import type { ParsedPath } from './path-tree.ts';

export type Argument =
  | { readonly kind: 'path'; readonly text: string; readonly path: ParsedPath }
  /** `source` is what stands between the quotes: `States.Format` takes its own escapes from there. */
  | { readonly kind: 'string'; readonly value: string; readonly source: string }
  | { readonly kind: 'constant'; readonly value: number | boolean | null }
  | Call;

export interface Call {
  readonly kind: 'call';
  readonly name: IntrinsicName;
  readonly text: string;
  readonly arguments: readonly Argument[];
}

/** How deep calls may stand in one another. */
const maximumDepth = 10;
const functionName = /States\.[A-Za-z0-9]+/y;
const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Whether a text is meant as an intrinsic function call rather than as a path. */
export function looksLikeIntrinsic(text: string): boolean {
  return text.startsWith('States.');
}

/** Throws `PathSyntaxError`. */
export function parseIntrinsic(text: string): Call {
  const cursor = new Cursor(text, 'Intrinsic.Syntax');
  const call = parseCall(cursor, 1);
  cursor.skipSpace();
  if (!cursor.atEnd) cursor.fail('unexpected text');
  return call;
}

function parseCall(cursor: Cursor, depth: number): Call {
  const start = cursor.position;
  if (depth > maximumDepth) cursor.fail(`calls stand in one another more than ${maximumDepth} deep`);
  const name = cursor.match(functionName);
  if (name === undefined) return cursor.fail('expected the name of a function (States.…)');
  if (!isIntrinsicName(name)) {
    cursor.position = start;
    return cursor.fail(`unknown function "${name}"`);
  }
  cursor.skipSpace();
  cursor.expect('(');
  const list = parseArguments(cursor, depth);
  return { kind: 'call', name, text: cursor.text.slice(start, cursor.position), arguments: list };
}

function parseArguments(cursor: Cursor, depth: number): Argument[] {
  cursor.skipSpace();
  if (cursor.take(')')) return [];
  const list: Argument[] = [];
  for (;;) {
    cursor.skipSpace();
    list.push(parseArgument(cursor, depth));
    cursor.skipSpace();
    if (cursor.take(')')) return list;
    cursor.expect(',');
  }
}

function parseArgument(cursor: Cursor, depth: number): Argument {
  const start = cursor.position;
  if (cursor.here === '$') {
    const path = parsePathHere(cursor, ',)');
    return { kind: 'path', text: cursor.text.slice(start, cursor.position), path };
  }
  if (cursor.here === "'") return parseString(cursor);
  if (cursor.startsWith('States.')) return parseCall(cursor, depth + 1);
  const digits = cursor.match(number);
  if (digits !== undefined) return { kind: 'constant', value: Number(digits) };
  if (cursor.take('true')) return { kind: 'constant', value: true };
  if (cursor.take('false')) return { kind: 'constant', value: false };
  if (cursor.take('null')) return { kind: 'constant', value: null };
  return cursor.fail("expected a path, a 'string', a number, true, false, null or a function call");
}

/** The only escapes are `\'`, `\\`, `\{` and `\}`; any other backslash makes the definition invalid. */
function parseString(cursor: Cursor): Argument {
  cursor.expect("'");
  const start = cursor.position;
  let value = '';
  while (cursor.here !== "'") {
    if (cursor.atEnd) cursor.fail("expected '");
    if (cursor.take('\\') && !"'\\{}".includes(cursor.here)) {
      cursor.fail("a backslash may stand only before ', \\, { and }; the problem is");
    }
    value += cursor.here;
    cursor.position += 1;
  }
  const source = cursor.text.slice(start, cursor.position);
  cursor.position += 1;
  return { kind: 'string', value, source };
}
