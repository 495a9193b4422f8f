import { Frame } from '../run.ts';
import { isObject, isSequence, type Sequence, type Value, type ValueObject } from '../value.ts';

/**
 * A path that binds variables (`@$v`, `#$i`, `%`) carries tuples: objects that hold the current value under `@` and each
 * variable under its name.
 */
export function isTupleStream(value: Value): value is Sequence {
  return isSequence(value) && value.tuples;
}

export function asTuple(item: Value): ValueObject {
  return isObject(item) ? item : {};
}

/** The scope in which the variables of a tuple are visible. */
export function tupleFrame(tuple: ValueObject, parent: Frame): Frame {
  parent.run.step(2);
  return new Frame(parent.run, parent, Object.keys(tuple), Object.values(tuple));
}
