import type { Budget } from '../../model/budget.ts';
import type { Json } from '../../model/json.ts';

export type HashAlgorithm = 'MD5' | 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';

/** Everything an expression may look at. Expressions are pure: chance, ids and digests come from here. */
export interface PathEnvironment {
  /** What `$` means. */
  readonly input: Json;
  /** What `$$` means: the context object. */
  readonly context: Json;
  /** The workflow variables in scope, without the `$` of their names. */
  readonly variables: { readonly [name: string]: Json };
  /** Uniformly distributed in [0, 1). */
  /** What all expressions of a state together may cost. */
  readonly budget?: Budget | undefined;
  readonly random: () => number;
  readonly uuid: () => string;
  /** The digest of the UTF-8 text, in lower-case hexadecimal. */
  readonly hash: (text: string, algorithm: HashAlgorithm) => string;
}
