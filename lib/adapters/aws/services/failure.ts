import { RoleRefused } from '../clients.ts';
import type { TaskFailure } from '../lambda-failure.ts';
import { javaExceptionName, javaName } from './java-name.ts';

/** What an optimised integration, made with the SDK for Java 1, calls its service in errors and causes. */
export interface OptimisedNames {
  /** As in `SQS` of `SQS.AmazonSQSException`. */
  readonly prefix: string;
  /** As in `AmazonSQS`. */
  readonly service: string;
}

/** An error of the SDK for JavaScript, as far as it matters here. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly Code?: unknown;
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/**
 * Error and cause of a call that the service refused, or that did not reach it, in the words of Step Functions.
 * @param isDeclared whether the service's model has a class of its own for an error of that constructor.
 * @param names absent: an SDK integration, whose names follow from the service's id.
 */
export function serviceFailure(
  error: unknown,
  serviceId: string,
  isDeclared: (error: object) => boolean,
  names: OptimisedNames | undefined,
): TaskFailure {
  if (error instanceof RoleRefused) return { error: 'States.Permissions', cause: error.message };
  const prefix = names?.prefix ?? javaName(serviceId);
  if (!isSdkError(error)) return { error: `${prefix}.SdkClientException`, cause: clientCause(error, names) };
  const { httpStatusCode: status = 0, requestId = 'null' } = error.$metadata;
  const code = errorCode(error);
  const declared = isDeclared(error);
  if (names === undefined) {
    return {
      error: `${prefix}.${declared ? javaExceptionName(error.name) : `${prefix}Exception`}`,
      cause: `${error.message} (Service: ${prefix}, Status Code: ${status}, Request ID: ${requestId})${ATTEMPTS}`,
    };
  }
  const own = error.name.endsWith('Exception') ? error.name : `${error.name}Exception`;
  return {
    error: `${prefix}.${declared ? own : `${names.service.replace(/v2$/, '')}Exception`}`,
    cause: `${error.message} (Service: ${names.service}; Status Code: ${status}; Error Code: ${code}; Request ID: ${requestId}; Proxy: null)`,
  };
}

const ATTEMPTS = ' (SDK Attempt Count: 1)';

/** Services of the older protocols have a code that differs from the name of the class. */
function errorCode({ Code, name }: SdkError): string {
  return typeof Code === 'string' && Code !== '' ? Code : name;
}

function isSdkError(error: unknown): error is SdkError & Error {
  // The fault tells an answer of the service from what went wrong on the way to it.
  return error instanceof Error && '$fault' in error && '$metadata' in error && statusOf(error.$metadata) !== undefined;
}

function statusOf(metadata: unknown): unknown {
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
    ? metadata.httpStatusCode
    : undefined;
}

function clientCause(error: unknown, names: OptimisedNames | undefined): string {
  const cause = reason(error);
  return names === undefined ? `${cause}${ATTEMPTS}` : cause;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (/^CredentialsProviderError$/.test(error.name)) {
    return `No AWS credentials are configured: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, where the engine runs. ${error.message}`;
  }
  if (error.message.startsWith('Region is missing')) {
    return 'No AWS region is configured: set AWS_REGION where the engine runs.';
  }
  const code = 'code' in error ? String(error.code) : undefined;
  if (code === 'ENOTFOUND' && 'hostname' in error) {
    return `Unable to execute HTTP request: ${error.hostname}: Name or service not known`;
  }
  if (code === 'ECONNREFUSED' && 'address' in error && 'port' in error) {
    return `Unable to execute HTTP request: Connect to ${error.address}:${error.port} failed: Connection refused`;
  }
  return `Unable to execute HTTP request: ${error.message === '' ? (code ?? error.name) : error.message}`;
}
