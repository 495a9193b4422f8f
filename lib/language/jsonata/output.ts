import type { Json } from '../../model/json.ts';
import { JsonataError } from './errors.ts';
import type { Run } from './run.ts';
import { display, Fn, isArray, isConstructed, isSequence, setKey, type Value, type ValueObject } from './value.ts';

/**
 * The result as plain JSON. Parts of the input that the result contains are shared, not copied.
 *
 * @throws JsonataError L1005, L1006, L1007, or D1001 for a number that is not finite
 */
export function toJson(value: Value, run: Run): Json | undefined {
  if (value === undefined) return undefined;
  // Nothing was made: the value is a part of the input, or a simple one.
  if (!run.built && typeof value === 'object' && !(value instanceof Fn)) {
    return value as Json; // reason: the input is JSON, and so is each part of it
  }
  return new Exporter(run).export(value, 0);
}

/** What a value counts besides its characters. */
const PER_VALUE = 4;

class Exporter {
  private size = 0;
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  export(value: Value, level: number): Json {
    switch (typeof value) {
      case 'string':
        this.count(PER_VALUE + value.length);
        return value;
      case 'number':
        this.count(PER_VALUE);
        if (!Number.isFinite(value)) throw new JsonataError('D1001', { value: display(value) });
        return value;
      case 'boolean':
        this.count(PER_VALUE);
        return value;
      case 'undefined':
        return null;
      default:
        this.count(PER_VALUE);
        if (value === null) return null;
        if (value instanceof Fn) throw new JsonataError('L1006');
        if (level >= this.run.limits.nesting) {
          throw new JsonataError('L1007', { value: String(this.run.limits.nesting) });
        }
        return isArray(value) ? this.array(value, level + 1) : this.object(value, level + 1);
    }
  }

  private count(units: number): void {
    this.size += units;
    if (this.size > this.run.limits.output) throw new JsonataError('L1005', { value: String(this.run.limits.output) });
  }

  private array(items: readonly Value[], level: number): Json {
    const copy = items.map((item) => this.export(item, level));
    const plain = !isSequence(items) && !isConstructed(items);
    const same = plain && items.every((item, index) => Object.is(item, copy[index]));
    return same ? (items as readonly Json[]) : copy; // reason: each item equals its export
  }

  private object(object: ValueObject, level: number): Json {
    let changed = false;
    const copy: Record<string, Json> = {};
    for (const key of Object.keys(object)) {
      const item = object[key];
      if (item === undefined) {
        changed = true;
        continue;
      }
      const json = this.export(item, level);
      changed ||= !Object.is(json, item);
      setKey(copy, key, json);
      this.count(key.length);
    }
    return changed ? copy : (object as Record<string, Json>); // reason: each field equals its export
  }
}
