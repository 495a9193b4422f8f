import type { Json } from '../../model/json.ts';
import type { Regex } from './regex.ts';

export type PathRoot =
  | { readonly kind: 'input' }
  | { readonly kind: 'context' }
  | { readonly kind: 'variable'; readonly name: string };

export const pathFunctions = ['length', 'min', 'max', 'avg', 'sum', 'keys'] as const;
export type PathFunction = (typeof pathFunctions)[number];

export type PathStep =
  | { readonly kind: 'property'; readonly name: string }
  | { readonly kind: 'properties'; readonly names: readonly string[] }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | {
      readonly kind: 'slice';
      readonly start: number | undefined;
      readonly end: number | undefined;
      readonly by: number;
    }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'filter'; readonly filter: Filter }
  /** The value itself and all its descendants; the next step is applied to each. Never the last step. */
  | { readonly kind: 'scan' }
  /** Only as the last step. */
  | { readonly kind: 'function'; readonly name: PathFunction };

export interface ParsedPath {
  readonly root: PathRoot;
  readonly steps: readonly PathStep[];
}

export const comparisonSymbols = ['===', '!==', '==', '!=', '<=', '>=', '=~', '<', '>'] as const;
export const comparisonWords = ['in', 'nin', 'contains', 'subsetof', 'anyof', 'noneof', 'size', 'empty'] as const;
export type FilterOperator = (typeof comparisonSymbols)[number] | (typeof comparisonWords)[number];

export type Operand =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'regex'; readonly regex: Regex }
  /** From the element under test (`@`), or from the whole document (`$`). */
  | {
      readonly kind: 'path';
      readonly from: 'element' | 'document';
      readonly steps: readonly PathStep[];
    };

export type Filter =
  | {
      readonly kind: 'and' | 'or';
      readonly left: Filter;
      readonly right: Filter;
    }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'exists'; readonly operand: Operand }
  | {
      readonly kind: 'compare';
      readonly operator: FilterOperator;
      readonly left: Operand;
      readonly right: Operand;
    };
