import * as z from 'zod';
import type { EncryptionSettings } from '../use-cases/settings.ts';
import { ProtocolError } from './errors.ts';

/** The kinds of fields that requests have, with the bounds of Step Functions' own model. */
export const text = (min: number, max: number) => z.string().min(min).max(max);
export const arn = text(1, 256);
export const longArn = text(1, 2_000);
export const name = text(1, 80);
export const maxResults = z.int().min(0).max(1_000).default(0);
export const versionDescription = z.string().max(256);
export const tags = z.array(z.object({ key: text(1, 128), value: text(0, 256) }));

export const encryptionConfiguration = z.object({
  type: z.enum(['AWS_OWNED_KEY', 'CUSTOMER_MANAGED_KMS_KEY']),
  kmsKeyId: text(1, 2_048).optional(),
  kmsDataKeyReusePeriodSeconds: z.int().min(60).max(900).optional(),
});

/** Fields that are absent are left out. */
export function readEncryption(
  given: z.output<typeof encryptionConfiguration> | undefined,
): EncryptionSettings | undefined {
  if (given === undefined) return undefined;
  const { type, kmsKeyId, kmsDataKeyReusePeriodSeconds: seconds } = given;
  return {
    type,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    ...(seconds === undefined ? {} : { kmsDataKeyReusePeriodSeconds: seconds }),
  };
}

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
    throw new ProtocolError('SerializationException', misplaced(issue.input, issue.expected));
  }
  const value = issue.input === undefined ? 'null' : `'${quoted(issue.input, issue.path.at(-1))}'`;
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

function quoted(value: unknown, field: PropertyKey | undefined): string {
  const text = shown(value, field);
  return text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text;
}

/** Structures that stand in lists, by the field of the list; messages name them. */
const ITEM_SHAPES: Readonly<Record<string, string>> = {
  destinations: 'LogDestination',
  routingConfiguration: 'RoutingConfigurationListItem',
  tags: 'Tag',
};

/** Lists as `[a, b]`, structures as `Shape(field=value)`. */
function shown(value: unknown, field: PropertyKey | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => shown(item, field)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([name, of]) => `${name}=${shown(of, name)}`);
  return `${ITEM_SHAPES[String(field)] ?? ''}(${fields.join(', ')})`;
}

/** What is said of a value of a wrong type, before any constraint is looked at. */
function misplaced(value: unknown, expected: string): string {
  if (Array.isArray(value)) return 'Start of list found where not expected';
  if (typeof value === 'object') return 'Start of structure or map found where not expected.';
  const type = SCALARS[expected];
  if (type !== undefined) return `${wireType(value)} can not be converted to ${type}`;
  return `Expected ${expected === 'array' ? 'list' : 'structure'} or null`;
}

const SCALARS: Readonly<Record<string, string>> = {
  boolean: 'a Boolean',
  int: 'an Integer',
  number: 'an Integer',
  string: 'a String',
};

function wireType(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  if (typeof value === 'string') return 'STRING_VALUE';
  return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
}
