import jsonata from 'jsonata';
import type { BinaryOperator, CallNode, Decoration, Expression, Node, Pair, Stage } from './ast.ts';
import { JsonataSyntaxError } from './errors.ts';
import { checkDefaultOperators } from './source-guard.ts';

/** Longest source that is parsed, in UTF-16 units. */
export const MAX_SOURCE = 50_000;

/** Deepest tree that is compiled. A chain of n operators is a tree of depth n. */
const MAX_DEPTH = 600;

type Raw = Readonly<Record<string, unknown>>;

/**
 * Parses an expression with the parser of the package `jsonata` and turns its loosely shaped tree into ours.
 *
 * @throws JsonataSyntaxError
 */
export function parse(source: string): Node {
  if (source.length > MAX_SOURCE) throw new JsonataSyntaxError('L2001', 0, { value: String(MAX_SOURCE) });
  checkDefaultOperators(source);
  return convert(record(parsed(source)), 0);
}

function parsed(source: string): unknown {
  try {
    return jsonata(source).ast();
  } catch (error) {
    if (error instanceof RangeError) throw new JsonataSyntaxError('L2002', 0);
    const raw = isRecord(error) ? error : {};
    const position = number(raw['position']);
    if (error instanceof SyntaxError) throw new JsonataSyntaxError('S0303', position, { value: error.message });
    throw new JsonataSyntaxError(text(raw['code']) ?? 'S0201', position, {
      ...detail('token', raw['token']),
      ...detail('value', raw['value']),
    });
  }
}

function detail(key: 'token' | 'value', value: unknown): { token?: string; value?: string } {
  return value === undefined ? {} : { [key]: String(value) };
}

function convert(raw: Raw, depth: number): Node {
  if (depth > MAX_DEPTH) throw new JsonataSyntaxError('L2002', number(raw['position']));
  return { ...expression(raw, depth + 1), ...decoration(raw, depth + 1) };
}

function decoration(raw: Raw, depth: number): Decoration {
  const group = isRecord(raw['group']) ? raw['group'] : undefined;
  const ancestor = isRecord(raw['ancestor']) ? raw['ancestor'] : undefined;
  return {
    position: number(raw['position']),
    predicates: list(raw['predicate']).map((stage) => convertStage(stage, depth)),
    stages: list(raw['stages']).map((stage) => convertStage(stage, depth)),
    group: group && { pairs: pairs(group['lhs'], depth), position: number(group['position']) },
    keepArray: raw['keepArray'] === true,
    tuple: raw['tuple'] === true,
    focus: text(raw['focus']),
    index: text(raw['index']),
    ancestor: ancestor && text(ancestor['label']),
    construct: raw['consarray'] === true,
  };
}

function convertStage(raw: unknown, depth: number): Stage {
  const stage = record(raw);
  return stage['type'] === 'index'
    ? { type: 'index', name: text(stage['value']) ?? '' }
    : { type: 'filter', test: convert(record(stage['expr']), depth) };
}

function expression(raw: Raw, depth: number): Expression {
  const child = (key: string): Node => convert(record(raw[key]), depth);
  const optional = (key: string): Node | undefined => (raw[key] === undefined ? undefined : child(key));
  const children = (key: string): Node[] => list(raw[key]).map((item) => convert(record(item), depth));
  switch (raw['type']) {
    case 'string':
    case 'number':
    case 'value':
      return { type: 'literal', value: literal(raw['value']) };
    case 'name':
      return { type: 'name', value: String(raw['value']) };
    case 'path':
      return { type: 'path', steps: children('steps'), keepSingleton: raw['keepSingletonArray'] === true };
    case 'wildcard':
      return { type: 'wildcard' };
    case 'descendant':
      return { type: 'descendant' };
    case 'parent':
      return { type: 'parent', label: text(record(raw['slot'])['label']) ?? '' };
    case 'variable':
      return { type: 'variable', name: text(raw['value']) ?? '' };
    case 'binary':
      return { type: 'binary', operator: operator(raw), left: child('lhs'), right: child('rhs') };
    case 'unary':
      return unary(raw, depth);
    case 'condition':
      return condition(raw, depth);
    case 'block':
      return { type: 'block', expressions: children('expressions') };
    case 'bind':
      return { type: 'bind', name: text(record(raw['lhs'])['value']) ?? '', value: child('rhs') };
    case 'regex':
      return regex(raw);
    case 'function':
      return call(raw, depth);
    case 'partial':
      return { type: 'partial', procedure: child('procedure'), args: holes(raw, depth), name: procedureName(raw) };
    case 'lambda':
      return lambda(raw, depth);
    case 'apply':
      return { type: 'apply', left: child('lhs'), right: child('rhs') };
    case 'transform':
      return { type: 'transform', pattern: child('pattern'), update: child('update'), remove: optional('delete') };
    case 'sort':
      return {
        type: 'sort',
        terms: list(raw['terms']).map((item) => {
          const term = record(item);
          return { descending: term['descending'] === true, expression: convert(record(term['expression']), depth) };
        }),
      };
    default:
      throw new JsonataSyntaxError('S0206', number(raw['position']), detail('token', raw['value']));
  }
}

function unary(raw: Raw, depth: number): Expression {
  switch (raw['value']) {
    case '[':
      return { type: 'array', items: list(raw['expressions']).map((item) => convert(record(item), depth)) };
    case '{':
      return { type: 'object', pairs: pairs(raw['lhs'], depth) };
    default:
      return { type: 'negate', expression: convert(record(raw['expression']), depth) };
  }
}

/**
 * The parser writes `a ?? b` as `$exists(copy of a) ? a : b`, where only this `$exists` has no position, and `a ?: b` as
 * `copy of a ? a : b`. Both are recognized, so that `a` is compiled and evaluated once.
 */
function condition(raw: Raw, depth: number): Expression {
  const test = record(raw['condition']);
  const yes = record(raw['then']);
  const no = raw['else'] === undefined ? undefined : convert(record(raw['else']), depth);
  if (no !== undefined && test['type'] === 'function' && test['position'] === undefined) {
    return { type: 'coalesce', value: convert(yes, depth), otherwise: no };
  }
  const place = anchor(test);
  if (no !== undefined && place !== undefined && place === anchor(yes)) {
    return { type: 'elvis', value: convert(yes, depth), otherwise: no };
  }
  return { type: 'condition', test: convert(test, depth), yes: convert(yes, depth), no };
}

/** Where a node stands in the source; paths have no position of their own. */
function anchor(raw: Raw): number | undefined {
  const position = raw['position'];
  if (typeof position === 'number') return position;
  const first = list(raw['steps'])[0];
  return first === undefined ? undefined : anchor(record(first));
}

function call(raw: Raw, depth: number): CallNode {
  return {
    type: 'call',
    procedure: convert(record(raw['procedure']), depth),
    args: list(raw['arguments']).map((item) => convert(record(item), depth)),
    name: procedureName(raw),
  };
}

function procedureName(raw: Raw): string | undefined {
  const procedure = record(raw['procedure']);
  const named = procedure['type'] === 'path' ? record(list(procedure['steps'])[0]) : procedure;
  return text(named['value']);
}

function holes(raw: Raw, depth: number): (Node | undefined)[] {
  return list(raw['arguments']).map((item) => {
    const argument = record(item);
    return argument['type'] === 'operator' ? undefined : convert(argument, depth);
  });
}

function lambda(raw: Raw, depth: number): Expression {
  const body = record(raw['body']);
  if (raw['thunk'] === true) return { type: 'tail', call: convert(body, depth) };
  const signature = isRecord(raw['signature']) ? text(raw['signature']['definition']) : undefined;
  const params = list(raw['arguments']).map((item) => text(record(item)['value']) ?? '');
  return { type: 'lambda', params, signature, body: convert(body, depth) };
}

function regex(raw: Raw): Expression {
  const value = raw['value'];
  if (!(value instanceof RegExp)) throw new JsonataSyntaxError('S0206', number(raw['position']));
  return { type: 'regex', pattern: value.source, flags: value.flags.replace('g', '') };
}

function pairs(raw: unknown, depth: number): Pair[] {
  return list(raw).map((item) => {
    const [key, value] = list(item);
    return [convert(record(key), depth), convert(record(value), depth)];
  });
}

function operator(raw: Raw): BinaryOperator {
  const value = raw['value'];
  switch (value) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '=':
    case '!=':
    case '&':
    case '..':
    case 'in':
    case 'and':
    case 'or':
      return value;
    default:
      throw new JsonataSyntaxError('S0204', number(raw['position']), detail('token', value));
  }
}

function literal(value: unknown): string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null;
}

function record(value: unknown): Raw {
  if (isRecord(value)) return value;
  throw new JsonataSyntaxError('S0207', 0);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
