/** Stable codes of findings. Those of Step Functions' own diagnostics where it has one. */
export type FindingCode =
  | 'ANALYSIS_INCOMPLETE'
  | 'DEADLOCK'
  | 'DUPLICATE_LABEL_NAME'
  | 'DUPLICATE_STATE_NAME'
  | 'IMPROPER_COMPLETION'
  | 'INVALID_JSONATA_EXPRESSION'
  | 'INVALID_JSON_DESCRIPTION'
  | 'INVALID_LABEL_NAME'
  | 'INVALID_STATE_NAME'
  | 'INVALID_STATE_REFERENCE'
  | 'JOIN_COUNT_TOO_LARGE'
  | 'JOIN_NEVER_FIRES'
  | 'MISSING_END_STATE'
  | 'MISSING_TRANSITION_TARGET'
  | 'MUTEX_GAP'
  | 'MUTEX_GROUPS_OVERLAP'
  | 'NOT_SUPPORTED_YET'
  | 'NO_DOLLAR'
  | 'NO_EVENT'
  | 'NO_PATH'
  | 'OR_JOINS_ON_CYCLE'
  | 'OR_JOIN_UNDECIDED'
  | 'PASS_RESULT_IS_STATIC'
  | 'POOL_WITHIN_ITSELF'
  | 'POSSIBLE_DEADLOCK'
  | 'SCHEMA_VALIDATION_FAILED'
  | 'TOO_DEEPLY_NESTED'
  | 'UNKNOWN_ERROR'
  | 'UNKNOWN_FUNCTION'
  | 'UNKNOWN_RESOURCE'
  | 'UNKNOWN_STATE'
  | 'UNREACHABLE_STATE'
  | 'UNSUPPORTED_JSONATA_EXPRESSION'
  | 'WITHOUT_EFFECT';

export type Severity = 'ERROR' | 'WARNING';

/** Something about a definition that its author should know. A definition with an `ERROR` is refused. */
export interface Finding {
  /** JSON pointer (RFC 6901) to the value that is wrong; empty for the whole document. */
  readonly pointer: string;
  /** The same as Step Functions writes it, `/States/P/Branches[0]/StartAt`; absent if the finding is about the whole. */
  readonly location?: string;
  readonly code: FindingCode;
  readonly message: string;
  readonly severity: Severity;
  /** What was probably meant. */
  readonly hint?: string;
  /** Where in the text, counted from 1; absent if the definition was not given as a text. */
  readonly line?: number;
  readonly column?: number;
}

/** Codes of findings that Step Functions does not have: its API leaves out warnings with these. */
export const ownCodes: ReadonlySet<FindingCode> = new Set([
  'ANALYSIS_INCOMPLETE',
  'DEADLOCK',
  'IMPROPER_COMPLETION',
  'JOIN_NEVER_FIRES',
  'MUTEX_GAP',
  'NOT_SUPPORTED_YET',
  'NO_EVENT',
  'OR_JOINS_ON_CYCLE',
  'OR_JOIN_UNDECIDED',
  'POOL_WITHIN_ITSELF',
  'POSSIBLE_DEADLOCK',
  'UNKNOWN_ERROR',
  'UNKNOWN_FUNCTION',
  'UNKNOWN_RESOURCE',
  'UNREACHABLE_STATE',
  'WITHOUT_EFFECT',
]);

/** Steps from the document's root: names of fields and indices of lists. */
export type Path = readonly (string | number)[];

export function jsonPointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function locationOf(path: Path): string {
  if (path.length === 0) return '/';
  return path.map((step) => (typeof step === 'number' ? `[${step}]` : `/${step}`)).join('');
}

/** The message with which Step Functions refuses a definition with these findings. */
export function refusalMessage(findings: readonly Finding[]): string {
  const problems = findings
    .filter(({ severity }) => severity === 'ERROR')
    .map(({ code, message, location }) => `${code}: ${message} at ${location ?? 'null'}`);
  return `Invalid State Machine Definition: '${problems.join(', ')}'`;
}
