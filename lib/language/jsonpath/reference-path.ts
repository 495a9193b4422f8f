import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { PathSyntaxError, resultPathMismatch } from './errors.ts';
import { type CompiledPath, compileParsedPath } from './path.ts';
import { parsePath } from './path-syntax.ts';
import type { PathStep } from './path-tree.ts';

export type ReferenceStep = Extract<PathStep, { kind: 'property' | 'index' }>;

/** A path that can only name one place: properties and indexes. */
export interface ReferencePath extends CompiledPath {
  readonly steps: readonly ReferenceStep[];
}

/** Throws `PathSyntaxError`. */
export function compileReferencePath(text: string, field?: string): ReferencePath {
  const path = parsePath(text);
  const steps = path.steps.filter(isReferenceStep);
  if (steps.length !== path.steps.length) {
    throw new PathSyntaxError(
      'ReferencePath.Syntax',
      `'${text}' is not a valid reference path: it must name one place, with properties and indexes only.`,
    );
  }
  return { ...compileParsedPath(text, path, field), steps };
}

function isReferenceStep(step: PathStep): step is ReferenceStep {
  return step.kind === 'property' || (step.kind === 'index' && step.index >= 0);
}

/** A reference path that `ResultPath` may have: into the input. Throws `PathSyntaxError`. */
export function compileResultPath(text: string): ReferencePath {
  const path = compileReferencePath(text, 'ResultPath');
  if (path.root.kind !== 'input') {
    throw new PathSyntaxError(
      'ReferencePath.Syntax',
      `'${text}' is not a valid reference path for ResultPath: it must lead into the input, that is, begin with '$.'.`,
    );
  }
  return path;
}

/**
 * The input with the result put at the path; neither is changed. Missing objects on the way are created. Throws
 * `PathError` (`result-path-mismatch`) where the path goes through something else, or to an element that does not exist.
 */
export function applyResultPath(path: ReferencePath, input: Json, result: Json): Json {
  const output = place(path.steps, 0, input, result);
  if (output === undefined) throw resultPathMismatch(path.text, input);
  return output;
}

function place(
  steps: readonly ReferenceStep[],
  depth: number,
  target: Json | undefined,
  result: Json,
): Json | undefined {
  const step = steps[depth];
  if (step === undefined) return result;
  if (step.kind === 'index') {
    if (!isJsonArray(target) || step.index >= target.length) return undefined;
    const inner = place(steps, depth + 1, target[step.index], result);
    return inner === undefined ? undefined : target.with(step.index, inner);
  }
  if (target !== undefined && !isJsonObject(target)) return undefined;
  const existing = target !== undefined && Object.hasOwn(target, step.name) ? target[step.name] : undefined;
  const inner = place(steps, depth + 1, existing, result);
  return inner === undefined ? undefined : withProperty(target ?? {}, step.name, inner);
}

function withProperty(target: { readonly [key: string]: Json }, name: string, value: Json): Json {
  // An object literal would take `__proto__` for its prototype only as a written key; a computed one is a property.
  return { ...target, [name]: value };
}
