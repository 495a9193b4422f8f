import { ErrorName } from '../model/errors.ts';
import type { BreakerPolicy } from './breaker-policy.ts';

/** What a call that has ended says about its target. `nothing`: it did not get there, or nobody waited for its answer. */
export type Verdict = 'success' | 'failure' | 'nothing';

/** A call that got an answer, or an error. */
export interface EndedCall {
  /** Absent: it succeeded, or was accepted. */
  readonly error?: string;
}

/** The engine's own, or the definition's: the target is not to blame. */
const NOT_OF_THE_TARGET: ReadonlySet<string> = new Set([
  ErrorName.dataLimitExceeded,
  ErrorName.intrinsicFailure,
  ErrorName.noChoiceMatched,
  ErrorName.parameterPathFailure,
  ErrorName.permissions,
  ErrorName.queryEvaluation,
  ErrorName.resultPathMatchFailure,
  ErrorName.runtime,
]);

const HTTP_STATUS = 'States.Http.StatusCode.';
/** Answers 4xx that say that the server cannot cope, rather than that the request is wrong. */
const BUSY: ReadonlySet<string> = new Set(['408', '425', '429']);

/**
 * Errors of the engine itself say nothing. An answer that the request was wrong (HTTP 4xx, but for 408, 425 and 429), and
 * errors that the policy ignores, show that the target works. Every other error is a failure.
 */
export function verdictOn({ error }: EndedCall, { ignoreErrors }: Pick<BreakerPolicy, 'ignoreErrors'>): Verdict {
  if (error === undefined) return 'success';
  if (ignoreErrors.some((pattern) => covers(pattern, error))) return 'success';
  if (NOT_OF_THE_TARGET.has(error)) return 'nothing';
  if (!error.startsWith(HTTP_STATUS)) return 'failure';
  const status = error.slice(HTTP_STATUS.length);
  return status.startsWith('4') && !BUSY.has(status) ? 'success' : 'failure';
}

function covers(pattern: string, error: string): boolean {
  return pattern.endsWith('*') ? error.startsWith(pattern.slice(0, -1)) : pattern === error;
}
