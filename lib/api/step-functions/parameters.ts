import * as z from 'zod';
import { ProtocolError } from './errors.ts';

/** The kinds of fields that requests have, with the bounds of Step Functions' own model. */
export const text = (min: number, max: number) => z.string().min(min).max(max);
export const arn = text(1, 256);
export const name = text(1, 80);
export const maxResults = z.int().min(0).max(1_000).default(0);
export const tags = z.array(z.object({ key: text(1, 128), value: text(0, 256) }));

/** What `maxResults` 0 stands for. */
export const DEFAULT_PAGE = 100;

const MAX_QUOTED_LENGTH = 2_048;

/**
 * Reads the parameters of an action; fields that the schema does not name are ignored.
 * @throws ProtocolError in the words of the service.
 */
export function readParameters<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.map(describeIssue);
  const count = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  throw new ProtocolError('ValidationException', `${count} detected: ${problems.join('; ')}`);
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.input !== undefined) {
    const wanted = `${issue.expected.charAt(0).toUpperCase()}${issue.expected.slice(1)}`;
    throw new ProtocolError('SerializationException', `${wireType(issue.input)} can not be converted to a ${wanted}`);
  }
  const value = issue.input === undefined ? 'null' : `'${quoted(issue.input)}'`;
  return `Value ${value} at '${location(issue.path)}' failed to satisfy constraint: ${constraint(issue)}`;
}

function constraint(issue: Issue): string {
  switch (issue.code) {
    case 'too_big':
      return `Member must have ${measure(issue.origin)} less than or equal to ${issue.maximum}`;
    case 'too_small':
      return `Member must have ${measure(issue.origin)} greater than or equal to ${issue.minimum}`;
    case 'invalid_value':
      return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`;
    case 'invalid_type':
      return 'Member must not be null';
    default:
      return issue.message;
  }
}

function measure(origin: string): 'length' | 'value' {
  return origin === 'string' || origin === 'array' ? 'length' : 'value';
}

/** Items of lists are counted from 1. */
function location(path: readonly PropertyKey[]): string {
  return path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : String(step))).join('.');
}

function quoted(value: unknown): string {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return shown.length > MAX_QUOTED_LENGTH ? `${shown.slice(0, MAX_QUOTED_LENGTH)}…` : shown;
}

function wireType(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'STRING_VALUE';
    case 'number':
      return 'NUMBER_VALUE';
    case 'boolean':
      return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
    default:
      return Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT';
  }
}
