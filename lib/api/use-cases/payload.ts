import { isJsonArray, type Json } from '../../model/json.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';

/** How deeply a payload may be nested: what is deeper could be neither written nor compared without exhausting the stack. */
const MAX_NESTING = 1_000;

/** Reads the text of an input or output. @throws ApiError */
export function parsePayload(text: string, code: 'inputInvalid' | 'outputInvalid'): Json {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ApiError(code, problem, `Give JSON text: ${problem}.`);
  }
  return checkPayload(value, code);
}

/** @throws ApiError for a value that is nested too deeply. */
export function checkPayload(value: Json, code: 'inputInvalid' | 'outputInvalid'): Json {
  if (isWithin(value, MAX_NESTING)) return value;
  const problem = `nested more than ${MAX_NESTING} levels deep`;
  throw new ApiError(code, problem, `Make the value flatter: it is ${problem}.`);
}

function isWithin(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const item of isJsonArray(value) ? value : Object.values(value)) {
    if (!isWithin(item, levels - 1)) return false;
  }
  return true;
}

/** A payload as JSON text; `undefined` where it is too large for an answer, which holds two of them at most. */
export function payloadText({ policy }: Services, value: Json): string | undefined {
  const text = JSON.stringify(value);
  const { maxAnswerBytes } = policy;
  if (maxAnswerBytes === Number.POSITIVE_INFINITY) return text;
  return Buffer.byteLength(text) <= maxAnswerBytes / 2 ? text : undefined;
}
