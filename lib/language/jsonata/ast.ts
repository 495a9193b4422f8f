/**
 * The syntax tree of a JSONata expression, as a closed union. It is what the parser of the package `jsonata` yields,
 * with its irregularities removed: see `parse.ts`.
 */

/** A filter `[…]` or a positional binding `#$i` that follows a step. */
export type Stage =
  | { readonly type: 'filter'; readonly test: Node }
  | { readonly type: 'index'; readonly name: string };

/** Key and value expressions of `{…}`, as a constructor or as group-by. */
export type Pair = readonly [key: Node, value: Node];

export interface Group {
  readonly pairs: readonly Pair[];
  readonly position: number;
}

/** What any node can carry besides its own meaning. */
export interface Decoration {
  /** Offset into the source, in UTF-16 units; 0 where the parser gives none. */
  readonly position: number;
  /** Filters of a node that stands alone. */
  readonly predicates: readonly Stage[];
  /** Filters and positional bindings of a node that is a step of a path. */
  readonly stages: readonly Stage[];
  readonly group: Group | undefined;
  /** `[]`: a single result stays an array. */
  readonly keepArray: boolean;
  /** The step yields tuples: values together with the variables bound along the path. */
  readonly tuple: boolean;
  /** Variable bound by `@$v`. */
  readonly focus: string | undefined;
  /** Variable bound by `#$i` directly on the step. */
  readonly index: string | undefined;
  /** Label under which `%` finds the value that this step came from. */
  readonly ancestor: string | undefined;
  /** An array constructor whose result is one value of the path, not spread over it. */
  readonly construct: boolean;
}

export type NumericOperator = '+' | '-' | '*' | '/' | '%';
export type ComparisonOperator = '<' | '<=' | '>' | '>=';
export type BinaryOperator = NumericOperator | ComparisonOperator | '=' | '!=' | '&' | '..' | 'in' | 'and' | 'or';

export interface SortTerm {
  readonly descending: boolean;
  readonly expression: Node;
}

export interface CallNode {
  readonly type: 'call';
  readonly procedure: Node;
  readonly args: readonly Node[];
  /** The name under which errors report the function. */
  readonly name: string | undefined;
}

export type Expression =
  | { readonly type: 'literal'; readonly value: string | number | boolean | null }
  | { readonly type: 'name'; readonly value: string }
  | { readonly type: 'path'; readonly steps: readonly Node[]; readonly keepSingleton: boolean }
  | { readonly type: 'wildcard' }
  | { readonly type: 'descendant' }
  | { readonly type: 'parent'; readonly label: string }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly type: 'negate'; readonly expression: Node }
  | { readonly type: 'array'; readonly items: readonly Node[] }
  | { readonly type: 'object'; readonly pairs: readonly Pair[] }
  | { readonly type: 'condition'; readonly test: Node; readonly yes: Node; readonly no: Node | undefined }
  | { readonly type: 'coalesce'; readonly value: Node; readonly otherwise: Node }
  | { readonly type: 'elvis'; readonly value: Node; readonly otherwise: Node }
  | { readonly type: 'block'; readonly expressions: readonly Node[] }
  | { readonly type: 'bind'; readonly name: string; readonly value: Node }
  | { readonly type: 'regex'; readonly pattern: string; readonly flags: string }
  | CallNode
  | {
      readonly type: 'partial';
      readonly procedure: Node;
      /** `undefined` stands for `?`. */
      readonly args: readonly (Node | undefined)[];
      readonly name: string | undefined;
    }
  | {
      readonly type: 'lambda';
      readonly params: readonly string[];
      readonly signature: string | undefined;
      readonly body: Node;
    }
  /** A call in tail position of a lambda. */
  | { readonly type: 'tail'; readonly call: Node }
  | { readonly type: 'apply'; readonly left: Node; readonly right: Node }
  | {
      readonly type: 'transform';
      readonly pattern: Node;
      readonly update: Node;
      readonly remove: Node | undefined;
    }
  | { readonly type: 'sort'; readonly terms: readonly SortTerm[] };

export type Node = Expression & Decoration;
