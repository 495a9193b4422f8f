import type { Json, JsonObject } from '../../../model/json.ts';
import type { Shape } from './shape.ts';

/** How member names and times of an answer are written: SDK integrations and optimised ones differ. */
export interface AnswerStyle {
  readonly member: (name: string) => string;
  readonly time: (moment: Date) => Json;
}

/** What the SDK answered, as JSON; what is not there is left out. */
export async function toAnswer(value: unknown, shape: Shape, style: AnswerStyle): Promise<JsonObject> {
  if (shape.kind !== 'structure' || typeof value !== 'object' || value === null) return {};
  const answer: Record<string, Json> = {};
  const given = new Map(Object.entries(value));
  for (const member of shape.members) {
    const item = given.get(member.name);
    if (item !== undefined && item !== null)
      answer[style.member(member.name)] = await toJson(item, member.shape(), style);
  }
  return answer;
}

async function toJson(value: unknown, shape: Shape, style: AnswerStyle): Promise<Json> {
  switch (shape.kind) {
    case 'text':
    case 'boolean':
      return typeof value === 'boolean' ? value : String(value);
    case 'number':
      return Number(value);
    case 'timestamp':
      return value instanceof Date ? style.time(value) : String(value);
    case 'blob':
      return blobText(await bytesOf(value));
    case 'document':
      // Documents are JSON by definition.
      return value as Json;
    case 'list':
      return Array.isArray(value) ? Promise.all(value.map((item) => jsonOrNull(item, shape.item(), style))) : [];
    case 'map':
      return mapToJson(value, shape.value, style);
    case 'structure':
      return toAnswer(value, shape, style);
  }
}

async function mapToJson(value: unknown, shape: () => Shape, style: AnswerStyle): Promise<JsonObject> {
  const result: Record<string, Json> = {};
  if (typeof value !== 'object' || value === null) return result;
  for (const [key, item] of Object.entries(value)) result[key] = await jsonOrNull(item, shape(), style);
  return result;
}

async function jsonOrNull(value: unknown, shape: Shape, style: AnswerStyle): Promise<Json> {
  return value === null || value === undefined ? null : toJson(value, shape, style);
}

/** Bytes come as they are, or as a stream that the SDK can collect. */
async function bytesOf(value: unknown): Promise<Uint8Array> {
  if (value instanceof Uint8Array) return value;
  const stream = value as { transformToByteArray?: () => Promise<Uint8Array> };
  return (await stream.transformToByteArray?.()) ?? new Uint8Array();
}

/** Text where the bytes are text, else base64. */
function blobText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('base64');
  }
}
