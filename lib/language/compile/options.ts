import type { QueryLanguage } from '../../model/plan.ts';
import type { ScopeDefinition } from '../definition.ts';
import type { Expressions } from '../expressions.ts';
import type { Trace } from './trace.ts';

export type HashAlgorithm = 'MD5' | 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

export interface CompileOptions {
  /** The digest of the UTF-8 text, in lower-case hexadecimal: `States.Hash`, `$hash`. The same text gives the same digest for ever. */
  readonly hash: (text: string, algorithm: HashAlgorithm) => string;
  /** Expressions that are compiled already. */
  readonly expressions?: Expressions;
  /** Watches the data flow of the states; absent: nobody does, and the plan is not burdened with it. */
  readonly trace?: Trace;
  /** False: nothing is evaluated before it is needed. What an execution does is the same. */
  readonly isOptimized?: boolean;
}

/** What values and expressions are compiled with. */
export interface ValueCompilation extends CompileOptions {
  readonly expressions: Expressions;
}

/** What the fields of one state are compiled with. */
export interface StateCompilation extends ValueCompilation {
  readonly name: string;
  readonly language: QueryLanguage;
  /** The definition as a whole is marked idempotent. */
  readonly idempotent: boolean;
  /** Some state of the scope names this one in `Completes`. */
  readonly isCompletedByOthers: boolean;
  /** Compiles the scope of a branch or of an item processor, and gives its index in the plan. */
  readonly addScope: (scope: ScopeDefinition) => number;
}
