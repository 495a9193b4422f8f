import { isJsonObject, type Json, type JsonObject } from '../../../model/json.ts';
import { capitalised, javaMemberName } from './java-name.ts';
import type { Member, Shape } from './shape.ts';

/** A parameter that the service's action does not have. */
export class UnsupportedField extends Error {
  override readonly name = 'UnsupportedField';
  readonly code = 'Knhk.UnsupportedField';

  constructor(field: string) {
    super(`The field "${field}" is not supported by Step Functions`);
  }
}

/**
 * Parameters as a definition gives them, in the form that the SDK takes: member names in the service's own casing, JSON
 * text where a text is asked for and something else is given, dates, bytes. Null is the same as absent.
 * @param token for the member by which the service recognises a repeated request, where the definition does not give it.
 * @throws UnsupportedField
 */
export function toRequest(parameters: JsonObject, shape: Shape, token: string): Record<string, unknown> {
  if (shape.kind !== 'structure') return {};
  const request = structure(parameters, shape.members);
  for (const { name, isIdempotencyToken } of shape.members) {
    if (isIdempotencyToken) request[name] ??= token;
  }
  return request;
}

function structure(value: JsonObject, members: readonly Member[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [field, given] of Object.entries(value)) {
    const member = members.find(({ name }) => isNamed(name, field));
    if (member === undefined) throw new UnsupportedField(field);
    if (given !== null) result[member.name] = toValue(given, member.shape());
  }
  return result;
}

function isNamed(member: string, field: string): boolean {
  return field === member || field === javaMemberName(member) || field === capitalised(member);
}

function toValue(value: Json, shape: Shape): unknown {
  switch (shape.kind) {
    case 'text':
      return typeof value === 'string' ? value : JSON.stringify(value);
    case 'number':
      return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'timestamp':
      return toDate(value);
    case 'blob':
      return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    case 'document':
      return value;
    case 'list':
      return Array.isArray(value) ? value.map((item) => (item === null ? null : toValue(item, shape.item()))) : value;
    case 'map':
      return isJsonObject(value) ? mapValues(value, shape.value) : value;
    case 'structure':
      return isJsonObject(value) ? structure(value, shape.members) : value;
  }
}

/** The keys of a map are the user's own. */
function mapValues(value: JsonObject, shape: () => Shape): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, item === null ? null : toValue(item, shape())]),
  );
}

/** Seconds since the epoch, or a text such as 2026-11-22T21:30:00Z. */
function toDate(value: Json): unknown {
  if (typeof value === 'number') return new Date(value * 1000);
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? value : new Date(time);
}
