import { refusalMessage } from '../../language/index.ts';
import { StoreUnavailable } from '../../ports/event-store.ts';
import { ApiError, type ApiErrorKind, type ApiErrorReason } from '../errors.ts';
import { labelRefusal } from './label-refusal.ts';

/** A request that fails before it reaches a use case: its form is wrong, not what it asks for. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** Name of the error on the wire. */
  readonly type: 'SerializationException' | 'UnknownOperationException' | 'ValidationException';

  constructor(type: ProtocolError['type'], message: string) {
    super(message);
    this.type = type;
  }
}

/** An error as it is answered: HTTP status, name, message. */
export interface WireError {
  readonly status: 400 | 413 | 500 | 503;
  readonly type: string;
  readonly message: string;
}

type Worded = readonly [type: string, message: (error: ApiError) => string];

const quoting =
  (words: string) =>
  ({ subject }: ApiError): string =>
    `${words}: '${subject}'`;
const itself = ({ message }: ApiError): string => message;

const refusal = ({ subject, findings, message }: ApiError): string =>
  findings.length === 0 ? message : (labelRefusal(subject, findings) ?? refusalMessage(findings));

const NOTHING_TO_UPDATE =
  'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified';
const MISSING_RESOURCE = 'Request references a resource that does not exist.';

/** The service's names and messages. */
const WORDS: Readonly<Record<ApiErrorReason, Worded>> = {
  accessDenied: ['AccessDeniedException', itself],
  activityExists: ['ActivityAlreadyExists', itself],
  activityNotFound: ['ActivityDoesNotExist', quoting('Activity Does Not Exist')],
  aliasExists: ['ConflictException', itself],
  archiveNotFound: ['ResourceNotFound', itself],
  aliasNotFound: ['ResourceNotFound', () => MISSING_RESOURCE],
  bodyInvalid: ['SerializationException', itself],
  bodyTypeInvalid: ['SerializationException', itself],
  breakerNotFound: ['ResourceNotFound', itself],
  participantNotFound: ['ResourceNotFound', itself],
  poolNotFound: ['ResourceNotFound', itself],
  credentialsExpired: ['ExpiredTokenException', itself],
  credentialsInvalid: ['UnrecognizedClientException', itself],
  credentialsMissing: ['MissingAuthenticationTokenException', itself],
  definitionInvalid: ['InvalidDefinition', refusal],
  definitionMismatch: ['ValidationException', itself],
  encryptionInvalid: [
    'InvalidEncryptionConfiguration',
    ({ subject }) => `Invalid Encryption Configuration: ${subject}`,
  ],
  eventConflict: ['ValidationException', itself],
  eventUnknown: ['ValidationException', itself],
  executionBusy: ['ServiceUnavailable', itself],
  executionClosed: ['ValidationException', itself],
  executionSuspended: ['ValidationException', itself],
  executionErased: ['ExecutionDoesNotExist', quoting('Execution Does Not Exist')],
  executionHeld: ['ConflictException', itself],
  executionExists: ['ExecutionAlreadyExists', quoting('Execution Already Exists')],
  executionNotFound: ['ExecutionDoesNotExist', quoting('Execution Does Not Exist')],
  executionOpen: ['ValidationException', itself],
  executionNotRedrivable: ['ExecutionNotRedrivable', ({ subject }) => subject],
  identifierInvalid: ['InvalidArn', quoting('Invalid Arn')],
  inputInvalid: ['InvalidExecutionInput', quoting('Invalid State Machine Execution Input')],
  issuerUnavailable: ['ServiceUnavailable', itself],
  deadLetterNotFound: ['ResourceNotFound', itself],
  keyNotFound: ['ResourceNotFound', itself],
  loggingInvalid: ['InvalidLoggingConfiguration', ({ subject }) => `Invalid Logging Configuration: ${subject}`],
  mapAmbiguous: ['ValidationException', itself],
  mapNotDynamic: ['ValidationException', itself],
  itemsConflict: ['ValidationException', itself],
  mapNotRunning: ['ValidationException', itself],
  momentInvalid: ['ValidationException', itself],
  methodNotAllowed: ['UnknownOperationException', itself],
  nameInvalid: ['InvalidName', quoting('Invalid Name')],
  nothingToUpdate: ['MissingRequiredParameter', () => NOTHING_TO_UPDATE],
  notSupported: ['ValidationException', itself],
  outputInvalid: ['InvalidOutput', quoting('Invalid Output')],
  pageTokenInvalid: ['InvalidToken', quoting('Invalid Token')],
  periodNotFound: ['ResourceNotFound', itself],
  quotaExceeded: ['ServiceQuotaExceededException', itself],
  rateExceeded: ['ThrottlingException', itself],
  rateLimitInvalid: ['ValidationException', itself],
  rateLimitNotFound: ['ResourceNotFound', itself],
  receiptNotFound: ['ResourceNotFound', itself],
  requestInvalid: ['ValidationException', itself],
  resourceNotFound: ['ResourceNotFound', quoting('Resource not found')],
  revisionConflict: ['ConflictException', itself],
  routedVersionNotFound: ['ResourceNotFound', () => MISSING_RESOURCE],
  routeNotFound: ['UnknownOperationException', itself],
  routingInvalid: ['ValidationException', itself],
  scopeInvalid: ['ValidationException', itself],
  signatureInvalid: ['InvalidSignatureException', itself],
  stageFailed: ['ServiceUnavailable', itself],
  startRefused: ['ValidationException', itself],
  taskClosed: ['TaskTimedOut', quoting('Task Timed Out')],
  taskNotFound: ['TaskDoesNotExist', quoting('Task Does Not Exist')],
  taskNotStarted: ['ValidationException', itself],
  tokenInvalid: ['InvalidToken', quoting('Invalid Token')],
  tooLarge: ['RequestEntityTooLargeException', itself],
  tooManyTags: ['TooManyTags', itself],
  typeNotSupported: [
    'StateMachineTypeNotSupported',
    () => 'This operation is not supported by this type of state machine',
  ],
  versionInUse: ['ConflictException', itself],
  versionNotFound: ['StateMachineDoesNotExist', quoting('State Machine Does Not Exist')],
  workerNotAllowed: ['AccessDeniedException', itself],
  workflowExists: ['StateMachineAlreadyExists', quoting('State Machine Already Exists')],
  workflowNotFound: ['StateMachineDoesNotExist', quoting('State Machine Does Not Exist')],
  workItemClosed: ['TaskTimedOut', itself],
  workItemNotFound: ['TaskDoesNotExist', itself],
  workItemTaken: ['ValidationException', itself],
};

const STATUS: Partial<Record<ApiErrorKind, WireError['status']>> = { tooLarge: 413, unavailable: 503 };

/** `undefined`: the engine itself is at fault, and the caller is told no more than that. */
export function toWireError(error: unknown): WireError | undefined {
  if (error instanceof ProtocolError) return { status: 400, type: error.type, message: error.message };
  if (error instanceof StoreUnavailable) {
    return { status: 503, type: 'ServiceUnavailable', message: 'The store did not answer. Try again.' };
  }
  if (!(error instanceof ApiError)) return undefined;
  const [type, message] = WORDS[error.reason];
  return { status: STATUS[error.kind] ?? 400, type, message: message(error) };
}
