import { JsonataError } from './errors.ts';
import type { Run } from './run.ts';
import { display, Fn, getKey, isArray, isObject, isSequence, type Value, type ValueObject } from './value.ts';

/**
 * Whether a value is a number.
 *
 * @throws JsonataError D1001 if it is an infinite one
 */
export function isNumeric(value: Value): value is number {
  if (typeof value !== 'number') return false;
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw new JsonataError('D1001', { value: display(value) });
  }
  return !Number.isNaN(value);
}

/** The truth of a value; nothing, empty values, zero and functions are false, an array is true if an item is. */
export function truth(value: Value, run: Run): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value.length > 0;
    case 'number':
      return isNumeric(value) && value !== 0;
    case 'undefined':
      return false;
    default:
      if (isArray(value)) {
        run.step(1 + value.length / 4);
        return value.some((item) => truth(item, run));
      }
      if (!isObject(value)) return false;
      for (const _ in value) return true;
      return false;
  }
}

/** Deep equality; the order of keys does not matter, functions equal themselves only. */
export function equal(a: Value, b: Value, run: Run): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  run.step(1);
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index], run));
  return isObject(a) && isObject(b) && equalObjects(a, b, run);
}

function equalObjects(a: ValueObject, b: ValueObject, run: Run): boolean {
  const keys = Object.keys(a);
  run.step(keys.length / 2);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], run));
}

/**
 * `$string`: JSON text of anything that is not a string already. Numbers are rounded to 15 significant digits, functions become
 * empty strings.
 *
 * @throws JsonataError D3001, D1001 for infinite numbers
 */
export function toText(value: Value, run: Run, pretty = false): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new JsonataError('D3001');
    return numberText(value);
  }
  if (value instanceof Fn) return '';
  const whole = isSequence(value) && value.outerWrapper ? value[0] : value;
  const writer = new JsonWriter(run, pretty ? '  ' : '');
  writer.write(whole, '\n');
  return writer.parts.join('');
}

function numberText(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(15)));
}

class JsonWriter {
  readonly parts: string[] = [];
  private length = 0;
  private level = 0;
  private readonly run: Run;
  private readonly indent: string;

  constructor(run: Run, indent: string) {
    this.run = run;
    this.indent = indent;
  }

  write(value: Value, newline: string): void {
    if (isArray(value) || isObject(value)) this.nested(value, newline);
    else if (typeof value === 'string') this.text(JSON.stringify(value));
    else if (typeof value === 'number') this.text(isNumeric(value) ? numberText(value) : 'null');
    else this.text(value instanceof Fn ? '""' : String(value ?? null));
  }

  private nested(value: readonly Value[] | ValueObject, newline: string): void {
    const { nesting } = this.run.limits;
    this.level++;
    if (this.level > nesting) throw new JsonataError('L1007', { value: String(nesting) });
    if (isArray(value)) this.array(value, newline);
    else this.object(value, newline);
    this.level--;
  }

  private text(part: string): void {
    this.length += part.length;
    if (this.length > this.run.limits.string) {
      throw new JsonataError('L1004', { value: String(this.run.limits.string) });
    }
    this.run.step(0.5 + part.length / 16);
    this.parts.push(part);
  }

  private array(items: readonly Value[], newline: string): void {
    const inner = newline + this.indent;
    this.text('[');
    items.forEach((item, index) => {
      if (index > 0) this.text(',');
      if (this.indent !== '') this.text(inner);
      this.write(item, inner);
    });
    if (this.indent !== '' && items.length > 0) this.text(newline);
    this.text(']');
  }

  private object(object: ValueObject, newline: string): void {
    const inner = newline + this.indent;
    const keys = Object.keys(object).filter((key) => object[key] !== undefined);
    this.text('{');
    keys.forEach((key, index) => {
      if (index > 0) this.text(',');
      if (this.indent !== '') this.text(inner);
      this.text(JSON.stringify(key) + (this.indent === '' ? ':' : ': '));
      this.write(getKey(object, key), inner);
    });
    if (this.indent !== '' && keys.length > 0) this.text(newline);
    this.text('}');
  }
}

/** `$append`: both as arrays, one after the other; nothing adds nothing. */
export function append(a: Value, b: Value, run: Run): Value {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const left = isArray(a) ? a : [a];
  const right = isArray(b) ? b : [b];
  run.array(left.length + right.length);
  return left.concat(right);
}

/** The field of an object, or the fields of all objects in an array, as a sequence. */
export function lookup(input: Value, key: string, run: Run): Value {
  if (isArray(input)) {
    const result = run.sequence();
    run.step(1 + input.length / 2);
    for (const item of input) {
      const value = lookup(item, key, run);
      if (isArray(value)) for (const part of value) run.push(result, part);
      else if (value !== undefined) run.push(result, value);
    }
    return result;
  }
  return isObject(input) ? getKey(input, key) : undefined;
}
