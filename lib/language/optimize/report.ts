import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { Plan, QueryLanguage } from '../../model/plan.ts';
import type { CompileOptions } from '../compile/options.ts';
import {
  type Definition,
  expressionIn,
  languageOf,
  type ScopeDefinition,
  type StateDefinition,
} from '../definition.ts';
import type { Expressions } from '../expressions.ts';
import { pointerTo } from '../jsonpath/errors.ts';
import { compileExpression } from '../jsonpath/expression.ts';
import { looksLikeIntrinsic } from '../jsonpath/intrinsic-syntax.ts';
import { chainsIn } from './chains.ts';

/** What is done of a definition when it is compiled, and together when it runs. What an execution does is the same without. */
export interface Optimizations {
  /** Expressions that have been evaluated already. */
  readonly folded: readonly Folded[];
  /** `Pass` and `Choice` states that follow on one another, in document order: a token goes through them in one go. */
  readonly fused: readonly { readonly states: readonly string[] }[];
}

export interface Folded {
  /** JSON pointer (RFC 6901) to the expression. */
  readonly pointer: string;
  /** The expression, or the calls of intrinsic functions in it, one each. */
  readonly expression: string;
}

type Options = Pick<CompileOptions, 'hash' | 'isOptimized'> & { readonly expressions: Expressions };

/** `plan`: compiled from the definition, with the same expressions. */
export function optimizationsOf(definition: Definition, plan: Plan, options: Options): Optimizations {
  const folded = foldedIn(definition, '', definition.QueryLanguage ?? 'JSONPath', options);
  const fused = plan.scopes.flatMap(chainsIn).map((states) => ({ states }));
  return { folded: options.isOptimized === false ? [] : [...folded], fused };
}

function* foldedIn(scope: ScopeDefinition, at: string, inherited: QueryLanguage, options: Options): Generator<Folded> {
  for (const [name, state] of Object.entries(scope.States)) {
    const pointer = pointerTo(pointerTo(at, 'States'), name);
    const look = languageOf(state, inherited) === 'JSONata' ? inJsonata(options) : inJsonPath(options);
    for (const [field, value] of Object.entries(state)) {
      if (!PLAIN.has(field)) yield* within(value, field, pointerTo(pointer, field), look);
    }
    for (const [inner, place] of scopesOf(state)) yield* foldedIn(inner, `${pointer}${place}`, inherited, options);
  }
}

/** Fields in which nothing is evaluated, and those that hold scopes. */
const PLAIN: ReadonlySet<string> = new Set([
  'Type',
  'Comment',
  'QueryLanguage',
  'Resource',
  'Result',
  'Retry',
  'Branches',
  'ItemProcessor',
  'Iterator',
  'Trigger',
  'Milestone',
]);

function scopesOf(state: StateDefinition): readonly (readonly [ScopeDefinition, string])[] {
  if (state.Type === 'Parallel') return state.Branches.map((branch, index) => [branch, `/Branches/${index}`] as const);
  if (state.Type !== 'Map') return [];
  if (state.ItemProcessor !== undefined) return [[state.ItemProcessor, '/ItemProcessor']];
  return state.Iterator === undefined ? [] : [[state.Iterator, '/Iterator']];
}

/** What of a text in the field `key` is evaluated beforehand. */
type Look = (text: string, key: string) => readonly string[];

function inJsonata({ expressions, hash }: Options): Look {
  return (text) => {
    const source = expressionIn(text);
    return source !== undefined && expressions.constant(source, hash) !== undefined ? [source] : [];
  };
}

function inJsonPath({ hash }: Options): Look {
  return (text, key) => {
    const isExpression = key.endsWith('.$') || key === 'ErrorPath' || key === 'CausePath';
    if (!isExpression || !looksLikeIntrinsic(text)) return [];
    return compileExpression(text, key, { hash }).constants ?? [];
  };
}

function* within(value: Json, key: string, pointer: string, look: Look): Generator<Folded> {
  if (typeof value === 'string') for (const expression of look(value, key)) yield { pointer, expression };
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) yield* within(item, key, pointerTo(pointer, index), look);
  } else if (isJsonObject(value)) {
    for (const [name, part] of Object.entries(value)) yield* within(part, name, pointerTo(pointer, name), look);
  }
}
