import { createHash } from 'node:crypto';
import {
  compileJsonata,
  type EvaluateOptions,
  JsonataError,
  JsonataSyntaxError,
} from '../../../lib/language/jsonata/index.ts';
import type { Json } from '../../../lib/model/json.ts';

export const NOW = Date.UTC(2024, 1, 29, 13, 5, 7, 89);

/** Evaluates an expression with fixed sources. */
export function evaluate(source: string, input?: Json, options: Partial<EvaluateOptions> = {}): Json | undefined {
  return compileJsonata(source).evaluate(input, {
    now: NOW,
    random: () => 0.25,
    hash: (text, algorithm) => createHash(algorithm.replace('-', '').toLowerCase()).update(text).digest('hex'),
    ...options,
  });
}

/** The code of the error that an expression ends with; `undefined` if it does not. */
export function errorCode(source: string, input?: Json, options: Partial<EvaluateOptions> = {}): string | undefined {
  return errorOf(source, input, options)?.code;
}

export function errorOf(
  source: string,
  input?: Json,
  options: Partial<EvaluateOptions> = {},
): JsonataError | JsonataSyntaxError | undefined {
  try {
    evaluate(source, input, options);
    return undefined;
  } catch (error) {
    if (error instanceof JsonataError || error instanceof JsonataSyntaxError) return error;
    throw error;
  }
}
