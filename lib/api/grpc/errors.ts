import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { StoreUnavailable } from '../../ports/event-store.ts';
import { ApiError, type ApiErrorKind, type ApiErrorReason } from '../errors.ts';
import { quotaFields } from '../quota-fields.ts';
import { RateExceeded } from '../request-limiter.ts';
import type { Services } from '../services.ts';
import { ErrorInfoSchema } from './gen/error_info_pb.ts';
import { type FindingSchema, FindingsSchema } from './gen/knhk_pb.ts';

const CODES: Readonly<Record<ApiErrorKind, Code>> = {
  conflict: Code.FailedPrecondition,
  forbidden: Code.PermissionDenied,
  gone: Code.NotFound,
  invalid: Code.InvalidArgument,
  limit: Code.ResourceExhausted,
  methodNotAllowed: Code.Unimplemented,
  notFound: Code.NotFound,
  throttled: Code.ResourceExhausted,
  tooLarge: Code.ResourceExhausted,
  unauthenticated: Code.Unauthenticated,
  unavailable: Code.Unavailable,
  unsupported: Code.Unimplemented,
  unsupportedMediaType: Code.InvalidArgument,
};

/** Conflicts that gRPC has words of its own for. */
const CONFLICTS: Readonly<Partial<Record<ApiErrorReason, Code>>> = {
  activityExists: Code.AlreadyExists,
  aliasExists: Code.AlreadyExists,
  executionExists: Code.AlreadyExists,
  revisionConflict: Code.Aborted,
  workflowExists: Code.AlreadyExists,
};

/** Name of the trailer that has the stable code. */
export const CODE_TRAILER = 'knhk-code';

/**
 * What a status may say, in characters and bytes. It travels in trailers, twice and encoded, and clients take no more
 * than 8 KB of them by default.
 */
const LONGEST_MESSAGE = 700;
const LONGEST_SUBJECT = 200;
const MOST_FINDING_BYTES = 2_000;

/** A call that failed, for whatever reason, as its status. */
export function toConnectError(services: Services, error: unknown): ConnectError {
  // Of the transport: a deadline, a message that is too large.
  if (error instanceof ConnectError) return error;
  if (error instanceof ApiError) return refusal(services, error);
  if (error instanceof StoreUnavailable) {
    return described(Code.Unavailable, error.code, 'Try again: the store did not answer in time.');
  }
  const requestId = services.ids.uuid();
  services.telemetry.log('error', 'A request could not be answered.', { requestId, error });
  return described(Code.Internal, 'Knhk.Internal', `Look for request ${requestId} in the engine's log.`);
}

function refusal({ guard }: Services, refused: ApiError): ConnectError {
  const { reason, kind, code, message, subject, findings } = refused;
  const metadata = subject === '' || subject.length > LONGEST_SUBJECT ? {} : { subject };
  const error = described(CONFLICTS[reason] ?? CODES[kind], code, message, metadata);
  if (kind === 'unauthenticated' && guard !== undefined) error.metadata.set('www-authenticate', guard.challenge);
  if (refused instanceof RateExceeded) pushBack(error, refused);
  if (findings.length > 0) error.details.push({ desc: FindingsSchema, value: foremost(findings) });
  return error;
}

/** When to try again: as clients of HTTP are told, and as gRPC's own retries are (gRFC A6). */
function pushBack({ metadata }: ConnectError, refused: RateExceeded): void {
  for (const [name, value] of Object.entries(quotaFields([], refused))) metadata.set(name, value);
  metadata.set('grpc-retry-pushback-ms', String(refused.retryAfterMs));
}

function described(
  code: Code,
  reason: string,
  message: string,
  metadata: Readonly<Record<string, string>> = {},
): ConnectError {
  const text = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  const info = { reason, domain: 'knhk', metadata: { ...metadata } };
  // A character that was cut in two could not be sent.
  return new ConnectError(text.toWellFormed(), code, { [CODE_TRAILER]: reason }, [
    { desc: ErrorInfoSchema, value: info },
  ]);
}

function foremost(findings: readonly MessageInitShape<typeof FindingSchema>[]) {
  const fitting: MessageInitShape<typeof FindingSchema>[] = [];
  for (const finding of findings) {
    const message = create(FindingsSchema, { findings: [...fitting, finding] });
    if (toBinary(FindingsSchema, message).byteLength > MOST_FINDING_BYTES) break;
    fitting.push(finding);
  }
  return { findings: fitting, omitted: findings.length - fitting.length };
}
