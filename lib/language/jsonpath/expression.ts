import type { Json } from '../../model/json.ts';
import type { PathEnvironment } from './environment.ts';
import { PathSyntaxError } from './errors.ts';
import { compileIntrinsic, type IntrinsicFolding } from './intrinsic.ts';
import { looksLikeIntrinsic } from './intrinsic-syntax.ts';
import { compilePath } from './path.ts';
import { compileReferencePath } from './reference-path.ts';

/** A path or an intrinsic function call: what a field that ends in `.$` may hold, and `ErrorPath` and `CausePath`. */
export interface CompiledExpression {
  readonly text: string;
  /** The workflow variables it refers to. */
  readonly variables: readonly string[];
  /** Throws `PathError`. */
  readonly evaluate: (env: PathEnvironment) => Json;
  /** Function calls in it, the outermost of each, that have been evaluated already; a path has none. */
  readonly constants?: readonly string[];
}

/** Throws `PathSyntaxError`. `field` is the definition's field that holds the text, for the wording of errors. */
export function compileExpression(text: string, field?: string, folding?: IntrinsicFolding): CompiledExpression {
  return looksLikeIntrinsic(text) ? compileIntrinsic(text, folding) : compilePath(text, field);
}

/** What is wrong with a text as a path, reference path, intrinsic function call or either; undefined if nothing is. */
export function expressionProblem(
  text: string,
  kind: 'path' | 'reference-path' | 'intrinsic' | 'path-or-intrinsic',
): string | undefined {
  try {
    switch (kind) {
      case 'path':
        compilePath(text);
        break;
      case 'reference-path':
        compileReferencePath(text);
        break;
      case 'intrinsic':
        compileIntrinsic(text);
        break;
      case 'path-or-intrinsic':
        compileExpression(text);
        break;
    }
    return undefined;
  } catch (error) {
    if (error instanceof PathSyntaxError) return error.message;
    throw error;
  }
}
