import { createHash } from 'node:crypto';
import type { PathEnvironment } from '../../../lib/language/jsonpath/environment.ts';
import { PathError, PathSyntaxError } from '../../../lib/language/jsonpath/errors.ts';
import type { Json } from '../../../lib/model/json.ts';

const nodeNames = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

/** An environment whose chance is always 0.5 and whose ids are always the same. */
export function environment(input: Json, rest: Partial<PathEnvironment> = {}): PathEnvironment {
  return {
    input,
    context: { Execution: { Name: 'run-7', Input: input }, State: { Name: 'Pack' } },
    variables: {},
    random: () => 0.5,
    uuid: () => '7d444840-9dc0-41d1-b245-5ffdce74fad2',
    hash: (text, algorithm) => createHash(nodeNames[algorithm]).update(text).digest('hex'),
    ...rest,
  };
}

/** The `PathError` that an evaluation throws. */
export function pathError(evaluate: () => unknown): PathError {
  return thrown(evaluate, PathError);
}

/** The `PathSyntaxError` that a compilation throws. */
export function syntaxError(compile: () => unknown): PathSyntaxError {
  return thrown(compile, PathSyntaxError);
}

function thrown<T extends Error>(action: () => unknown, kind: abstract new (...args: never[]) => T): T {
  try {
    action();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`expected a ${kind.name}`);
}
