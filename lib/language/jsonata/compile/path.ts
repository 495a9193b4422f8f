import type { Eval } from '../apply.ts';
import type { Node } from '../ast.ts';
import { lookup } from '../convert.ts';
import type { Frame } from '../run.ts';
import {
  Fn,
  isArray,
  isConstructed,
  isObject,
  isSequence,
  type Sequence,
  sequenceOf,
  setKey,
  settle,
  type Value,
  type ValueObject,
} from '../value.ts';
import { type Compiler, isPlain } from './compiler.ts';
import { compileFilter, type Filter } from './filter.ts';
import { compileGroup } from './group.ts';
import { compileSort, type Sort } from './sort.ts';
import { asTuple, isTupleStream, tupleFrame } from './tuple.ts';

type PathNode = Node & { readonly type: 'path' };

type StepStage = { readonly filter: Filter } | { readonly index: string };

interface Step {
  readonly evaluate: Eval;
  readonly sort: Sort | undefined;
  readonly stages: readonly StepStage[];
  readonly node: Node;
}

export function compilePath(node: PathNode, compiler: Compiler): Eval {
  const steps = node.steps.map((step) => compileStep(step, compiler));
  return compileSimplePath(node, steps) ?? compileGeneralPath(node, steps, compiler);
}

function compileStep(node: Node, compiler: Compiler): Step {
  return {
    evaluate: compiler.compile(node),
    sort: node.type === 'sort' ? compileSort(node, compiler) : undefined,
    stages: node.stages.map((stage) =>
      stage.type === 'filter' ? { filter: compileFilter(stage.test, compiler) } : { index: stage.name },
    ),
    node,
  };
}

/** The common case `$v.a.b` or `a.b`: fields of objects, without sequences until an array turns up. */
function compileSimplePath(node: PathNode, steps: readonly Step[]): Eval | undefined {
  if (node.keepSingleton || node.group !== undefined || !isPlain(node)) return undefined;
  const nodes = node.steps.filter(isPlain);
  const names = nodes.filter((step) => step.type === 'name');
  const [first] = nodes;
  if (nodes.length < steps.length || first === undefined) return undefined;
  const variable = first.type === 'variable' ? first.name : undefined;
  const offset = variable === undefined ? 0 : 1;
  if (names.length !== steps.length - offset || names.length === 0) return undefined;
  const keys = names.map((name) => name.value);
  const units = keys.length / 2;
  return (input, frame) => {
    frame.run.step(units);
    let value = variable === undefined ? input : variable === '' ? unwrapped(input) : frame.lookup(variable);
    for (let index = 0; index < keys.length; index++) {
      if (typeof value !== 'object' || value === null || value instanceof Fn) return undefined;
      if (isArray(value)) return continuePath(steps, index + offset, value, frame);
      // `keys[index]` exists by the loop's bound.
      const key = keys[index] ?? '';
      if (!Object.hasOwn(value, key)) return undefined;
      value = value[key];
    }
    return settle(value, false);
  };
}

/** Goes on from step `start` with an array that the steps before have yielded. */
function continuePath(steps: readonly Step[], start: number, value: readonly Value[], frame: Frame): Value {
  let sequence = isConstructed(value) && start > 0 ? [value] : value;
  for (let index = start; index < steps.length && sequence.length > 0; index++) {
    const step = steps[index];
    if (step !== undefined) sequence = evaluateStep(step, sequence, frame, index === steps.length - 1);
  }
  return settle(sequence.length === 0 ? undefined : sequence, false);
}

/** `$`: the context; an array that is the whole input comes wrapped. */
export function unwrapped(input: Value): Value {
  return isSequence(input) && input.outerWrapper ? input[0] : input;
}

function compileGeneralPath(node: PathNode, steps: readonly Step[], compiler: Compiler): Eval {
  const absolute = node.steps[0]?.type === 'variable';
  const group = node.group && compileGroup(node.group.pairs, node.group.position, compiler);
  return (input, frame) => {
    const { run } = frame;
    const start = isArray(input) && !absolute ? input : sequenceOf(input);
    const { sequence, tuples } = evaluateSteps(steps, start, frame);
    let result: Value = sequence;
    if (tuples !== undefined) {
      result = node.tuple ? tuples : valuesOf(tuples, run.sequence());
    }
    if (node.keepSingleton) {
      if (isConstructed(result)) result = sequenceOf(result);
      if (isSequence(result)) result.keepSingleton = true;
    }
    return group === undefined ? result : group(tuples ?? result, frame);
  };
}

function valuesOf(tuples: Sequence, into: Sequence): Sequence {
  for (const tuple of tuples) into.push(asTuple(tuple)['@']);
  return into;
}

interface Progress {
  readonly sequence: Value;
  readonly tuples: Sequence | undefined;
}

function evaluateSteps(steps: readonly Step[], start: readonly Value[], frame: Frame): Progress {
  let sequence: readonly Value[] = start;
  let tuples: Sequence | undefined;
  let inTuples = false;
  for (const [index, step] of steps.entries()) {
    inTuples ||= step.node.tuple;
    if (index === 0 && step.node.construct) {
      const value = step.evaluate(sequence, frame);
      if (!isArray(value)) return { sequence: undefined, tuples };
      sequence = value;
    } else if (inTuples) {
      tuples = evaluateTupleStep(step, sequence, tuples, frame);
    } else {
      sequence = evaluateStep(step, sequence, frame, index === steps.length - 1);
    }
    if (!inTuples && sequence.length === 0) break;
  }
  return { sequence, tuples };
}

/** Maps one step over a sequence and flattens what comes out. */
function evaluateStep(step: Step, input: readonly Value[], frame: Frame, last: boolean): readonly Value[] {
  const { run } = frame;
  if (step.sort !== undefined) {
    const sorted = evaluateStages(step.stages, step.sort(input, frame), frame);
    return isArray(sorted) ? sorted : [sorted];
  }
  const results: Value[] = [];
  for (const item of input) {
    run.step(1);
    let value = step.evaluate(item, frame);
    for (const stage of step.stages) if ('filter' in stage) value = stage.filter(value, frame);
    if (value !== undefined) results.push(value);
  }
  const only = results[0];
  if (last && results.length === 1 && isArray(only) && !isSequence(only)) return only;
  const flat = run.sequence();
  for (const value of results) {
    if (!isArray(value) || isConstructed(value)) run.push(flat, value);
    else for (const item of value) run.push(flat, item);
  }
  return flat;
}

function evaluateStages(stages: readonly StepStage[], input: Value, frame: Frame): Value {
  let result = input;
  for (const stage of stages) {
    if ('filter' in stage) result = stage.filter(result, frame);
    else if (isArray(result)) for (const [at, tuple] of result.entries()) setKey(asTuple(tuple), stage.index, at);
  }
  return result;
}

function evaluateTupleStep(step: Step, input: readonly Value[], before: Sequence | undefined, frame: Frame): Sequence {
  const result =
    step.sort === undefined ? mapTuples(step, input, before, frame) : sortTuples(step, step.sort, input, before, frame);
  const staged = evaluateStages(step.stages, result, frame);
  return isTupleStream(staged) ? staged : tupleStream(frame);
}

function tupleStream(frame: Frame): Sequence {
  const stream = frame.run.sequence();
  stream.tuples = true;
  return stream;
}

function sortTuples(
  step: Step,
  sort: Sort,
  input: readonly Value[],
  before: Sequence | undefined,
  frame: Frame,
): Sequence {
  const result = tupleStream(frame);
  const sorted = sort(before ?? input, frame);
  for (const [at, item] of (isArray(sorted) ? sorted : [sorted]).entries()) {
    if (before !== undefined) {
      result.push(item);
      continue;
    }
    const tuple: ValueObject = { '@': item };
    if (step.node.index !== undefined) setKey(tuple, step.node.index, at);
    frame.run.object(2);
    result.push(tuple);
  }
  return result;
}

function mapTuples(step: Step, input: readonly Value[], before: Sequence | undefined, frame: Frame): Sequence {
  const result = tupleStream(frame);
  for (const origin of before ?? input) {
    const tuple: ValueObject = before === undefined ? { '@': origin } : asTuple(origin);
    const value = step.evaluate(tuple['@'], tupleFrame(tuple, frame));
    if (value === undefined) continue;
    for (const [at, item] of (isArray(value) ? value : [value]).entries()) {
      const next = isTupleStream(value) ? { ...tuple, ...asTuple(item) } : extended(tuple, step.node, item, at);
      frame.run.object(Object.keys(next).length);
      frame.run.push(result, next);
    }
  }
  return result;
}

/** The tuple of one result of a step: the variables so far, those that the step binds, and the new value. */
function extended(tuple: ValueObject, node: Node, item: Value, at: number): ValueObject {
  const next: ValueObject = { ...tuple };
  if (node.focus === undefined) next['@'] = item;
  else setKey(next, node.focus, item);
  if (node.index !== undefined) setKey(next, node.index, at);
  if (node.ancestor !== undefined) setKey(next, node.ancestor, tuple['@']);
  return next;
}

export function compileName(name: string): Eval {
  return (input, frame) =>
    isObject(input) && Object.hasOwn(input, name) ? input[name] : lookup(input, name, frame.run);
}

/** `*`: the values of all fields, arrays flattened. */
export function evaluateWildcard(input: Value, frame: Frame): Value {
  const { run } = frame;
  const object = isSequence(input) && input.outerWrapper && input.length > 0 ? input[0] : input;
  const results = run.sequence();
  const isList = isArray(object);
  if (!isList && !isObject(object)) return results;
  let spread = false;
  for (const value of Object.values<Value>(isList ? [...object] : object)) {
    if (isArray(value)) {
      spread = true;
      flatten(value, results, frame);
    } else {
      run.push(results, value);
    }
  }
  // Values taken out of arrays make the result an array of its own.
  return spread ? Array.from(results) : results;
}

function flatten(value: Value, into: Sequence, frame: Frame): void {
  if (isArray(value)) for (const item of value) flatten(item, into, frame);
  else frame.run.push(into, value);
}

/** `**`: the value and everything inside of it, arrays themselves left out. */
export function evaluateDescendants(input: Value, frame: Frame): Value {
  if (input === undefined) return undefined;
  const results = frame.run.sequence();
  descend(input, results, frame);
  return results.length === 1 ? results[0] : results;
}

function descend(value: Value, into: Sequence, frame: Frame): void {
  if (isArray(value)) {
    frame.run.step(1);
    for (const item of value) descend(item, into, frame);
    return;
  }
  frame.run.push(into, value);
  if (isObject(value)) for (const item of Object.values(value)) descend(item, into, frame);
}
