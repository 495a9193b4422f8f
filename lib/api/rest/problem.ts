import * as z from 'zod';
import { StoreUnavailable } from '../../ports/event-store.ts';
import { ApiError, type ApiErrorKind, type ApiErrorReason, codeOf } from '../errors.ts';
import type { Services } from '../services.ts';
import { finding } from './schemas.ts';

const STATUS: Readonly<Record<ApiErrorKind, number>> = {
  conflict: 409,
  forbidden: 403,
  gone: 410,
  invalid: 400,
  limit: 400,
  methodNotAllowed: 405,
  notFound: 404,
  throttled: 429,
  tooLarge: 413,
  unauthenticated: 401,
  unavailable: 503,
  unsupported: 400,
  unsupportedMediaType: 415,
};

const TITLES: Readonly<Record<ApiErrorReason, string>> = {
  accessDenied: 'The caller may not do this',
  activityExists: 'The name of the activity is taken',
  activityNotFound: 'There is no such activity',
  aliasExists: 'The name of the alias is taken',
  aliasNotFound: 'There is no such alias',
  archiveNotFound: 'The execution is not archived yet',
  bodyInvalid: 'The body is not JSON',
  bodyTypeInvalid: 'The body is not declared as JSON',
  breakerNotFound: 'There is no such breaker',
  participantNotFound: 'There is no such participant',
  poolNotFound: 'There is no such resource pool',
  credentialsExpired: 'The credentials have expired',
  credentialsInvalid: 'The credentials are wrong',
  credentialsMissing: 'Nobody says who calls',
  definitionInvalid: 'The definition is wrong',
  definitionMismatch: 'The definition does not fit to what is open',
  encryptionInvalid: 'The encryption configuration is wrong',
  eventConflict: 'There was another event of that id',
  eventUnknown: 'The event has an unknown name',
  executionBusy: 'The execution has not decided yet',
  executionClosed: 'The execution has closed',
  executionErased: 'The payloads of the execution are erased',
  executionSuspended: 'The execution is suspended',
  executionHeld: 'The execution is under legal hold',
  executionExists: 'The name of the execution is taken',
  executionNotFound: 'There is no such execution',
  executionOpen: 'The execution is open',
  executionNotRedrivable: 'The execution cannot be redriven',
  identifierInvalid: 'The ARN is wrong',
  inputInvalid: 'The input is wrong',
  issuerUnavailable: 'The issuer of the token does not answer',
  deadLetterNotFound: 'The execution was not given up',
  keyNotFound: 'There is no such key',
  loggingInvalid: 'The logging configuration is wrong',
  mapAmbiguous: 'Several Maps of this name run',
  mapNotDynamic: 'The Map takes no more items',
  itemsConflict: 'There were other items of that id',
  mapNotRunning: 'The Map does not run',
  momentInvalid: 'There is no such moment',
  methodNotAllowed: 'The resource does not allow this method',
  nameInvalid: 'The name is wrong',
  nothingToUpdate: 'There is nothing to change',
  notSupported: 'This is not supported',
  outputInvalid: 'The output is wrong',
  pageTokenInvalid: 'The page token is wrong',
  periodNotFound: 'The ledger has no such period',
  quotaExceeded: 'There are too many already',
  rateExceeded: 'There are too many requests',
  rateLimitInvalid: 'The rate limit is wrong',
  rateLimitNotFound: 'There is no such rate limit',
  receiptNotFound: 'There is no receipt yet',
  requestInvalid: 'The request is wrong',
  resourceNotFound: 'There is no such resource',
  revisionConflict: 'The workflow has another revision',
  routedVersionNotFound: 'There is no such version',
  routeNotFound: 'There is nothing at this path',
  routingInvalid: 'The routes of the alias are wrong',
  scopeInvalid: 'The scope is wrong',
  signatureInvalid: 'The signature is wrong',
  stageFailed: 'A stage of the pipeline failed',
  startRefused: 'A stage of the pipeline refuses the start',
  taskClosed: 'The task is no longer open',
  taskNotFound: 'There is no such task',
  taskNotStarted: 'The task has not been started',
  tokenInvalid: 'The task token is wrong',
  tooLarge: 'The request is too large',
  tooManyTags: 'There are too many tags',
  typeNotSupported: 'The type of the workflow does not support this',
  versionInUse: 'The version is in use',
  versionNotFound: 'There is no such version',
  workerNotAllowed: 'The worker may not take it',
  workflowExists: 'The name of the workflow is taken',
  workflowNotFound: 'There is no such workflow',
  workItemClosed: 'The work item is no longer open',
  workItemNotFound: 'There is no such work item',
  workItemTaken: 'Somebody has the work item',
};

/** Problem details, RFC 9457. */
export const problem = z
  .object({
    type: z.string().meta({ description: 'URI that identifies the kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What to do about it.' }),
    code: z.string().meta({ description: 'Stable, as in Knhk.WorkflowNotFound.' }),
    findings: z
      .array(finding)
      .optional()
      .meta({ description: 'What is wrong with the definition, or with the input.' }),
  })
  .meta({ id: 'Problem' });

type Problem = z.output<typeof problem>;

export function statusOf(reason: ApiErrorReason): number {
  return STATUS[new ApiError(reason, '', '').kind];
}

/** The response to a request that failed, for whatever reason. */
export function respondProblem(
  services: Services,
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = toProblem(error) ?? internalProblem(services, error);
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { ...challenged(services, error), ...headers, 'content-type': 'application/problem+json' },
  });
}

/** How to say who calls, RFC 9110, 11.6.1; and that what was said was wrong, RFC 6750, 3.1. */
function challenged({ guard }: Services, error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof ApiError) || error.kind !== 'unauthenticated' || guard === undefined) return {};
  const problem = error.reason === 'credentialsMissing' ? '' : ', error="invalid_token"';
  return { 'www-authenticate': guard.challenge.replace('Bearer realm="knhk"', (bearer) => `${bearer}${problem}`) };
}

function toProblem(error: unknown): Problem | undefined {
  if (error instanceof StoreUnavailable) {
    return described(error.code, 503, 'The store did not answer', 'Try again: the store did not answer in time.');
  }
  if (!(error instanceof ApiError)) return undefined;
  const { reason, kind, message, findings } = error;
  const common = described(codeOf(reason), STATUS[kind], TITLES[reason], message);
  return findings.length === 0 ? common : { ...common, findings: [...findings] };
}

function internalProblem(services: Services, error: unknown): Problem {
  const requestId = services.ids.uuid();
  services.telemetry.log('error', 'A request could not be answered.', { requestId, error });
  return described('Knhk.Internal', 500, 'The engine failed', `Look for request ${requestId} in the engine's log.`);
}

function described(code: string, status: number, title: string, detail: string): Problem {
  return { type: `urn:knhk:problem:${code}`, title, status, detail, code };
}
