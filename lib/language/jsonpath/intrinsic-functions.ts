import { isJsonArray, isJsonObject, type Json, type JsonObject, jsonEqual } from '../../model/json.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { HashAlgorithm, PathEnvironment } from './environment.ts';
import type { IntrinsicName } from './intrinsic-name.ts';
import { seededRandom } from './seeded-random.ts';

/** Thrown by a function that cannot take its arguments; the message ends the sentence "Invalid arguments in …: ". */
export class InvalidArguments extends Error {}

type Intrinsic = (values: readonly Json[], env: PathEnvironment) => Json;

const maximumRange = 1000;
const maximumText = 10_000;
const int32 = { least: -(2 ** 31), most: 2 ** 31 - 1 };
const algorithms: readonly HashAlgorithm[] = ['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

/**
 * The functions, called with as many arguments as they take. Where they round, each does it as Step Functions was seen
 * to: `MathAdd` to the nearest integer (halves up), the others towards zero.
 */
export const intrinsicFunctions: Readonly<Record<Exclude<IntrinsicName, 'States.Format'>, Intrinsic>> = {
  'States.Array': (values) => values,
  'States.ArrayContains': ([items, wanted = null]) => arrayOf(items).some((item) => jsonEqual(item, wanted)),
  'States.ArrayGetItem': ([items, index]) => getItem(arrayOf(items), index),
  'States.ArrayLength': ([items]) => arrayOf(items).length,
  'States.ArrayPartition': ([items, size]) => partition(arrayOf(items), truncated(size, 'the size')),
  'States.ArrayRange': ([start, end, step]) =>
    range(truncated(start, 'the first argument'), truncated(end, 'the second argument'), truncated(step, 'the step')),
  'States.ArrayUnique': ([items]) => unique(arrayOf(items)),
  'States.Base64Decode': ([text]) => decodeBase64(boundedText(text)),
  'States.Base64Encode': ([text]) => encodeBase64(boundedText(text)),
  'States.Hash': ([data, algorithm], env) => env.hash(boundedText(asText(data)), hashAlgorithm(algorithm)),
  'States.JsonMerge': ([first, second, deep]) => merge(first, second, deep),
  'States.JsonToString': ([value]) => JSON.stringify(value),
  'States.MathAdd': ([a, b]) => add(rounded(a, 'the first argument'), rounded(b, 'the second argument')),
  'States.MathRandom': ([start, end, seed], env) => random(start, end, seed, env),
  'States.StringSplit': ([text, delimiters]) => split(stringOf(text, 'text'), stringOf(delimiters, 'delimiter')),
  'States.StringToJson': ([text]) => parseJson(stringOf(text, 'argument')),
  'States.UUID': (_values, env) => env.uuid(),
};

function arrayOf(value: Json | undefined): readonly Json[] {
  if (!isJsonArray(value)) throw new InvalidArguments('the first argument must be an array.');
  return value;
}

function stringOf(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') throw new InvalidArguments(`the ${what} must be a string.`);
  return value;
}

function boundedText(value: Json | undefined): string {
  const text = stringOf(value, 'argument');
  if (text.length > maximumText) throw new InvalidArguments(`the text must not exceed ${maximumText} characters.`);
  return text;
}

function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function numberOf(value: Json | undefined, what: string): number {
  if (typeof value !== 'number') throw new InvalidArguments(`${what} must be a number.`);
  return value;
}

function truncated(value: Json | undefined, what: string): number {
  return Math.trunc(numberOf(value, what));
}

function rounded(value: Json | undefined, what: string): number {
  const integer = Math.round(numberOf(value, what));
  if (integer < int32.least || integer > int32.most) throw new InvalidArguments(`${what} must fit into 32 bits.`);
  return integer;
}

function getItem(items: readonly Json[], index: Json | undefined): Json {
  const at = truncated(index, 'the index');
  // An empty array has every item, and each is null: so Step Functions answers.
  if (items.length === 0) return null;
  const item = at < 0 ? undefined : items[at];
  if (item === undefined) {
    throw new InvalidArguments(`the index ${at} is outside the array, which has ${items.length} items.`);
  }
  return item;
}

function partition(items: readonly Json[], size: number): Json {
  if (size < 1) throw new InvalidArguments('the size must be a positive integer.');
  const chunks: Json[] = [];
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size));
  return chunks;
}

function range(start: number, end: number, step: number): Json {
  if (step === 0) throw new InvalidArguments('the step must not be zero.');
  const count = Math.max(0, Math.floor((end - start) / step) + 1);
  if (count > maximumRange) throw new InvalidArguments(`the range must not exceed ${maximumRange} items.`);
  return Array.from({ length: count }, (_, i) => start + i * step);
}

function unique(items: readonly Json[]): Json {
  const first = new Map<string, Json>();
  for (const item of items) {
    const key = sortedText(item);
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}

/** A text that equal values share: JSON with sorted keys. */
function sortedText(value: Json): string {
  if (isJsonArray(value)) return `[${value.map(sortedText).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${sortedText(value[key] ?? null)}`).join(',')}}`;
}

function hashAlgorithm(value: Json | undefined): HashAlgorithm {
  const algorithm = algorithms.find((name) => name === value);
  if (algorithm === undefined) {
    throw new InvalidArguments(`the algorithm must be one of ${algorithms.join(', ')}.`);
  }
  return algorithm;
}

function merge(first: Json | undefined, second: Json | undefined, deep: Json | undefined): JsonObject {
  if (!isJsonObject(first) || !isJsonObject(second)) {
    throw new InvalidArguments('the first two arguments must be objects.');
  }
  if (deep === true) throw new InvalidArguments('deep merging is not supported; the third argument must be false.');
  return { ...first, ...second };
}

function add(a: number, b: number): number {
  const sum = a + b;
  if (sum < int32.least || sum > int32.most) throw new InvalidArguments('the sum must fit into 32 bits.');
  return sum + 0; // never -0
}

function random(start: Json | undefined, end: Json | undefined, seed: Json | undefined, env: PathEnvironment): number {
  const from = truncated(start, 'the first argument');
  const to = truncated(end, 'the second argument');
  if (from >= to) throw new InvalidArguments('the first number must be smaller than the second.');
  const chance = seed === undefined ? env.random() : seededRandom(truncated(seed, 'the seed'));
  return from + Math.floor(chance * (to - from));
}

/** Splits at each character of `delimiters`; empty parts are dropped. */
function split(text: string, delimiters: string): Json {
  const parts: string[] = [];
  let part = '';
  for (const character of text) {
    if (!delimiters.includes(character)) {
      part += character;
      continue;
    }
    if (part !== '') parts.push(part);
    part = '';
  }
  if (part !== '') parts.push(part);
  return parts;
}

function parseJson(text: string): Json {
  if (text.trim() === '') return null;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    throw new InvalidArguments('the argument is not valid JSON.');
  }
}
