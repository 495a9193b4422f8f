import type { Finding } from '../language/index.ts';

/** What a request can be refused for. Each face has its own form for it: status, name, message. */
const KINDS = {
  accessDenied: 'forbidden',
  activityExists: 'conflict',
  activityNotFound: 'notFound',
  aliasExists: 'conflict',
  aliasNotFound: 'notFound',
  archiveNotFound: 'notFound',
  bodyInvalid: 'invalid',
  bodyTypeInvalid: 'unsupportedMediaType',
  breakerNotFound: 'notFound',
  participantNotFound: 'notFound',
  poolNotFound: 'notFound',
  credentialsExpired: 'unauthenticated',
  credentialsInvalid: 'unauthenticated',
  credentialsMissing: 'unauthenticated',
  deadLetterNotFound: 'notFound',
  definitionInvalid: 'invalid',
  definitionMismatch: 'conflict',
  encryptionInvalid: 'invalid',
  eventConflict: 'conflict',
  eventUnknown: 'invalid',
  executionBusy: 'unavailable',
  executionClosed: 'conflict',
  executionErased: 'gone',
  executionSuspended: 'conflict',
  executionExists: 'conflict',
  executionHeld: 'conflict',
  executionNotFound: 'notFound',
  executionNotRedrivable: 'conflict',
  executionOpen: 'conflict',
  identifierInvalid: 'invalid',
  inputInvalid: 'invalid',
  issuerUnavailable: 'unavailable',
  keyNotFound: 'notFound',
  loggingInvalid: 'invalid',
  mapAmbiguous: 'conflict',
  mapNotDynamic: 'conflict',
  itemsConflict: 'conflict',
  mapNotRunning: 'conflict',
  methodNotAllowed: 'methodNotAllowed',
  momentInvalid: 'invalid',
  nameInvalid: 'invalid',
  nothingToUpdate: 'invalid',
  notSupported: 'unsupported',
  outputInvalid: 'invalid',
  pageTokenInvalid: 'invalid',
  periodNotFound: 'notFound',
  quotaExceeded: 'limit',
  rateExceeded: 'throttled',
  rateLimitInvalid: 'invalid',
  rateLimitNotFound: 'notFound',
  receiptNotFound: 'notFound',
  requestInvalid: 'invalid',
  resourceNotFound: 'notFound',
  revisionConflict: 'conflict',
  routedVersionNotFound: 'invalid',
  routeNotFound: 'notFound',
  routingInvalid: 'invalid',
  scopeInvalid: 'invalid',
  signatureInvalid: 'unauthenticated',
  stageFailed: 'unavailable',
  startRefused: 'invalid',
  taskClosed: 'conflict',
  taskNotFound: 'notFound',
  taskNotStarted: 'conflict',
  tokenInvalid: 'invalid',
  tooLarge: 'tooLarge',
  tooManyTags: 'limit',
  typeNotSupported: 'unsupported',
  versionInUse: 'conflict',
  versionNotFound: 'notFound',
  workerNotAllowed: 'forbidden',
  workflowExists: 'conflict',
  workflowNotFound: 'notFound',
  workItemClosed: 'conflict',
  workItemNotFound: 'notFound',
  workItemTaken: 'conflict',
} as const;

export type ApiErrorReason = keyof typeof KINDS;
export type ApiErrorKind = (typeof KINDS)[ApiErrorReason];

/** A request that cannot be granted, by fault of the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: ApiErrorReason;
  /** What the error is about: the name, ARN or value at fault, or what is wrong with it. */
  readonly subject: string;
  /** Of a definition that was refused, or of an input that does not fit its schema. */
  readonly findings: readonly Finding[];

  /** @param message one sentence that tells what to do. */
  constructor(reason: ApiErrorReason, subject: string, message: string, findings: readonly Finding[] = []) {
    super(message);
    this.reason = reason;
    this.subject = subject;
    this.findings = findings;
  }

  /** Stable, as in `Knhk.WorkflowNotFound`. */
  get code(): string {
    return codeOf(this.reason);
  }

  get kind(): ApiErrorKind {
    return KINDS[this.reason];
  }
}

export function codeOf(reason: ApiErrorReason): string {
  return `Knhk.${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
}
