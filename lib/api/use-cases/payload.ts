import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { ApiError } from '../errors.ts';

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
  let level: readonly Json[] = [value];
  // Level by level, since recursion is what is to be avoided.
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_NESTING) {
      const problem = `nested more than ${MAX_NESTING} levels deep`;
      throw new ApiError(code, problem, `Make the value flatter: it is ${problem}.`);
    }
    level = level.flatMap((item) => {
      if (isJsonArray(item)) return item;
      return isJsonObject(item) ? Object.values(item) : [];
    });
  }
  return value;
}
