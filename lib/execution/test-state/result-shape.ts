import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { TaskResource } from '../../model/plan.ts';
import type { FieldValidation } from './request.ts';
import { loadShapes } from './shapes/index.ts';
import type { ServiceShapes, Shape, ShapeRef } from './shapes/shape.ts';

/**
 * What is wrong with a mocked result, by the model of the service that would give it; `undefined`: nothing, or this
 * engine has no model of the service. Fields that the model does not name are welcome: services grow.
 */
export async function resultProblem(
  resource: TaskResource,
  result: Json,
  validation: FieldValidation,
): Promise<string | undefined> {
  const operation = operationOf(resource);
  if (operation === undefined || validation === 'NONE') return undefined;
  const shapes = await loadShapes(operation.service);
  const output = shapes?.operations[operation.name];
  if (shapes === undefined || output === undefined) return undefined;
  const checked = { shapes, required: validation === 'STRICT', free: operation.free };
  if (!isJsonObject(result)) return 'The result must be an object';
  return problemIn(result, output, '', checked);
}

interface Operation {
  readonly service: string;
  readonly name: string;
  /** Fields that the integration turns from text into the JSON that it holds. */
  readonly free: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();
const PAYLOAD: ReadonlySet<string> = new Set(['Payload']);

/** Whose answer the result of a task is. A callback gives what it likes, and so do functions, activities and APIs. */
function operationOf(resource: TaskResource): Operation | undefined {
  if (resource.kind !== 'service' || resource.pattern === 'waitForTaskToken') return undefined;
  const { service, action, pattern } = resource;
  const name = action.charAt(0).toUpperCase() + action.slice(1);
  if (pattern !== 'requestResponse') {
    // Of the jobs only executions are answered with what one of the service's operations gives.
    return service === 'states' ? { service: 'sfn', name: 'DescribeExecution', free: NONE } : undefined;
  }
  if (service.startsWith('aws-sdk:')) return { service: service.slice('aws-sdk:'.length), name, free: NONE };
  switch (service) {
    case 'states':
      return { service: 'sfn', name, free: NONE };
    case 'events':
      return { service: 'eventbridge', name, free: NONE };
    case 'lambda':
      return { service, name, free: PAYLOAD };
    default:
      return { service, name, free: NONE };
  }
}

interface Checking {
  readonly shapes: ServiceShapes;
  /** Required fields must be there. */
  readonly required: boolean;
  readonly free: ReadonlySet<string>;
}

/** @param field the name of the field that has the value, for messages. */
function problemIn(value: Json, ref: ShapeRef, field: string, checking: Checking): string | undefined {
  if (value === null) return undefined;
  const shape: Shape | undefined = typeof ref === 'number' ? checking.shapes.shapes[ref] : [ref];
  if (shape === undefined) return undefined;
  const [kind] = shape;
  switch (kind) {
    case 's':
      if (typeof value !== 'string') return mustBe(field, 'a string');
      return lengthProblem(field, value.length, shape[1], shape[2]);
    case 'e':
      if (typeof value !== 'string') return mustBe(field, 'a string');
      return shape[1].includes(value) ? undefined : `Field '${field}' is not an expected value`;
    case 'n':
      if (typeof value !== 'number') return mustBe(field, 'a number');
      return rangeProblem(field, value, shape[1], shape[2]);
    case 'b':
      return typeof value === 'boolean' ? undefined : mustBe(field, 'a boolean');
    case 'd':
      return undefined;
    case 'l':
      if (!isJsonArray(value)) return mustBe(field, 'an array');
      return (
        lengthProblem(field, value.length, shape[2], shape[3]) ??
        firstProblem(value, (item) => problemIn(item, shape[1], field, checking))
      );
    case 'm':
      if (!isJsonObject(value)) return mustBe(field, 'an object');
      return firstProblem(Object.entries(value), ([key, item]) => problemIn(item, shape[1], key, checking));
    case 'o':
      return structureProblem(value, shape, field, checking);
  }
}

function structureProblem(
  value: Json,
  [, members, required = []]: Extract<Shape, readonly ['o', ...unknown[]]>,
  field: string,
  checking: Checking,
): string | undefined {
  if (!isJsonObject(value)) return mustBe(field, 'an object');
  // Step Functions begins every name with a capital letter, whatever the service does.
  const byName = new Map(Object.entries(members).map(([name, member]) => [capitalised(name), member]));
  const present = new Set(Object.keys(value).map(capitalised));
  const missing = checking.required ? required.find((name) => !present.has(capitalised(name))) : undefined;
  if (missing !== undefined) return `Field '${capitalised(missing)}' is required`;
  return firstProblem(Object.entries(value), ([name, item]) => {
    const member = byName.get(capitalised(name));
    return member === undefined || checking.free.has(name) ? undefined : problemIn(item, member, name, checking);
  });
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function firstProblem<T>(items: readonly T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function mustBe(field: string, what: string): string {
  return `Field '${field}' must be ${what}`;
}

function lengthProblem(field: string, length: number, min: Bound, max: Bound): string | undefined {
  if (min != null && length < min) return `Field '${field}' is smaller than the minimum length`;
  if (max != null && length > max) return `Field '${field}' is larger than the maximum length`;
  return undefined;
}

function rangeProblem(field: string, value: number, min: Bound, max: Bound): string | undefined {
  if (min != null && value < min) return `Field '${field}' is smaller than the minimum value`;
  if (max != null && value > max) return `Field '${field}' is larger than the maximum value`;
  return undefined;
}

type Bound = number | null | undefined;
