import { JsonataError } from './errors.ts';
import { display, Fn, isArray, type Value } from './value.ts';

/** One parameter of a function signature. */
interface Parameter {
  /** Letters of the types it takes: `s n b l o a f`, and `m` for nothing. */
  readonly accepts: string;
  readonly isArray: boolean;
  /** Type of the items, for arrays. */
  readonly itemType: string | undefined;
  /** `-`: taken from the context when it is not passed. */
  readonly context: boolean;
  readonly least: 0 | 1;
  readonly most: number;
}

export interface Signature {
  readonly params: readonly Parameter[];
}

const ANY = 'asnblfom';
const PLURALS: Readonly<Record<string, string>> = {
  a: 'arrays',
  b: 'booleans',
  f: 'functions',
  n: 'numbers',
  o: 'objects',
  s: 'strings',
};

/** Parses a signature such as `<s-nn?:s>`. The parser of the language has already refused malformed ones. */
export function parseSignature(source: string): Signature {
  const params: Parameter[] = [];
  for (let at = 1; at < source.length && source.charAt(at) !== ':'; at++) {
    const symbol = source.charAt(at);
    const last = params.at(-1);
    if (symbol === '(') {
      const end = closing(source, at, '(', ')');
      params.push(parameter(`${source.slice(at + 1, end)}m`));
      at = end;
    } else if (symbol === '<') {
      const end = closing(source, at, '<', '>');
      if (last !== undefined) params[params.length - 1] = { ...last, itemType: source.slice(at + 1, end) };
      at = end;
    } else if (last !== undefined && (symbol === '-' || symbol === '?' || symbol === '+')) {
      params[params.length - 1] = modified(last, symbol);
    } else if ('snblo'.includes(symbol)) {
      params.push(parameter(`${symbol}m`));
    } else if (symbol === 'a') {
      params.push({ ...parameter(ANY), isArray: true });
    } else if (symbol === 'f') {
      params.push(parameter('f'));
    } else if (symbol === 'j' || symbol === 'x') {
      params.push(parameter(symbol === 'j' ? 'asnblom' : ANY));
    }
  }
  return { params };
}

function parameter(accepts: string): Parameter {
  return { accepts, isArray: false, itemType: undefined, context: false, least: 1, most: 1 };
}

function modified(param: Parameter, symbol: '-' | '?' | '+'): Parameter {
  if (symbol === '+') return { ...param, most: Number.MAX_SAFE_INTEGER };
  return { ...param, least: 0, context: param.context || symbol === '-' };
}

function closing(source: string, start: number, open: string, close: string): number {
  let depth = 1;
  let at = start;
  while (at < source.length && depth > 0) {
    at++;
    if (source.charAt(at) === close) depth--;
    else if (source.charAt(at) === open) depth++;
  }
  return at;
}

function symbolOf(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 's';
    case 'number':
      return 'n';
    case 'boolean':
      return 'b';
    case 'undefined':
      return 'm';
    default:
      if (value === null) return 'l';
      if (value instanceof Fn) return 'f';
      return Array.isArray(value) ? 'a' : 'o';
  }
}

/**
 * Checks the arguments of a call, fills in the context where the signature says so, and wraps single values where an array is due.
 *
 * @throws JsonataError T0410, T0411, T0412
 */
export function validate(signature: Signature, args: readonly Value[], context: Value): Value[] {
  const symbols = args.map(symbolOf);
  const counts = assign(signature.params, symbols, true);
  if (counts === undefined) throw mismatch(signature.params, symbols, args);
  const validated: Value[] = [];
  let at = 0;
  for (const [number, param] of signature.params.entries()) {
    const count = counts[number] ?? 0;
    if (count === 0) {
      if (param.context) {
        if (!param.accepts.includes(symbolOf(context))) throw wrong('T0411', context, at);
        validated.push(context);
      } else {
        validated.push(args[at]);
        at++;
      }
    }
    for (let i = 0; i < count; i++, at++) {
      validated.push(param.isArray ? asArray(param, args[at], symbols[at] ?? 'm', count, at) : args[at]);
    }
  }
  return validated;
}

function asArray(param: Parameter, value: Value, symbol: string, count: number, at: number): Value {
  if (symbol === 'm') return undefined;
  const { itemType } = param;
  if (itemType !== undefined) {
    const fits = isArray(value) ? itemsFit(value, itemType) : count === 1 && symbol === itemType;
    if (!fits) throw wrong('T0412', value, at, PLURALS[itemType] ?? 'the declared type');
  }
  return isArray(value) ? value : [value];
}

function itemsFit(items: readonly Value[], itemType: string): boolean {
  const type = itemType.charAt(0);
  return items.every((item) => symbolOf(item) === type);
}

/** How many arguments each parameter takes: as many as it can, from left to right, such that all fit. */
function assign(params: readonly Parameter[], symbols: readonly string[], toEnd: boolean): number[] | undefined {
  const counts: number[] = [];
  const failed = new Set<number>();
  const place = (param: number, at: number): boolean => {
    const declared = params[param];
    if (declared === undefined) return !toEnd || at === symbols.length;
    const key = param * (symbols.length + 1) + at;
    if (failed.has(key)) return false;
    let count = 0;
    while (count < declared.most && declared.accepts.includes(symbols[at + count] ?? ' ')) count++;
    for (; count >= declared.least; count--) {
      counts[param] = count;
      if (place(param + 1, at + count)) return true;
    }
    failed.add(key);
    return false;
  };
  return place(0, 0) ? counts : undefined;
}

function mismatch(params: readonly Parameter[], symbols: readonly string[], args: readonly Value[]): JsonataError {
  let good = 0;
  for (let length = 1; length <= params.length; length++) {
    const counts = assign(params.slice(0, length), symbols, false);
    if (counts === undefined) break;
    good = counts.reduce((sum, count) => sum + count, 0);
  }
  return wrong('T0410', args[good], good);
}

function wrong(code: string, value: Value, at: number, expected?: string): JsonataError {
  return new JsonataError(code, { index: at + 1, value: expected ?? display(value) });
}
