import { RoleRefused } from './clients.ts';

export interface TaskFailure {
  readonly error: string;
  readonly cause: string;
}

/** Error and cause when the Invoke API refused the call or could not be reached. */
export async function invokeFailure(error: unknown, execution: string): Promise<TaskFailure> {
  const { LambdaServiceException } = await import('@aws-sdk/client-lambda');
  if (error instanceof LambdaServiceException) {
    // The SDK has a class for each error that Invoke is documented to answer with; any other one, such as a refused
    // permission, is of the common class, and `AWSLambdaException` in Step Functions.
    const documented = error.constructor !== LambdaServiceException;
    return {
      error: `Lambda.${documented ? error.name : 'AWSLambdaException'}`,
      cause: `${withArn(error.message, execution)} (${serviceDetails(error.name, error.$metadata)})`,
    };
  }
  if (error instanceof RoleRefused) return { error: 'States.Permissions', cause: error.message };
  return { error: 'Lambda.SdkClientException', cause: error instanceof Error ? reason(error) : String(error) };
}

/** Lambda names a function that is missing by its ARN; some emulators by its name alone: then it is completed from the execution's. */
function withArn(message: string, execution: string): string {
  const name = /^Function not found: ([\w-]+)$/.exec(message)?.[1];
  const [, partition, , region, account] = execution.split(':');
  if (name === undefined || account === undefined) return message;
  return `Function not found: arn:${partition}:lambda:${region}:${account}:function:${name}:$LATEST`;
}

function serviceDetails(
  code: string,
  metadata: { readonly httpStatusCode?: number | undefined; readonly requestId?: string | undefined },
): string {
  const status = metadata.httpStatusCode ?? 0;
  const request = metadata.requestId ?? 'null';
  return `Service: AWSLambda; Status Code: ${status}; Error Code: ${code}; Request ID: ${request}; Proxy: null`;
}

/** Failures to connect may have no message, only a code. */
function reason(error: Error): string {
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
