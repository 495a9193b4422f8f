import type { Origin } from '../auth/authenticator.ts';
import { identify, type Visit } from '../auth/guard.ts';
import { stepFunctionsDemands } from '../auth/step-functions-demands.ts';
import { quotaFields } from '../quota-fields.ts';
import type { Services } from '../services.ts';
import { traced } from '../tracing.ts';
import type { Action } from './action.ts';
import { activityActions } from './activity-actions.ts';
import { aliasActions } from './alias-actions.ts';
import { ProtocolError, toWireError, type WireError } from './errors.ts';
import { executionActions } from './execution-actions.ts';
import { mapRunActions } from './map-run-actions.ts';
import { tagActions } from './tag-actions.ts';
import { testStateActions } from './test-state-actions.ts';
import { versionActions } from './version-actions.ts';
import { workflowActions } from './workflow-actions.ts';

const TARGET_PREFIX = 'AWSStepFunctions.';
const CONTENT_TYPE = 'application/x-amz-json-1.0';

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    ...workflowActions,
    ...versionActions,
    ...aliasActions,
    ...executionActions,
    ...activityActions,
    ...mapRunActions,
    ...tagActions,
    ...testStateActions,
  }),
);

/** Names of the actions that are answered. */
export const actionsOfStepFunctions: ReadonlySet<string> = new Set(ACTIONS.keys());

/** The protocol of Step Functions: AWS JSON 1.0, every action a POST to `/` that names itself in `X-Amz-Target`. */
export async function answerStepFunctions(services: Services, request: Request, origin: Origin): Promise<Response> {
  let visit: Visit | undefined;
  try {
    visit = await identify(services, request, origin);
    const { name, run } = findAction(request.headers.get('x-amz-target'));
    const parameters = parseBody(await request.text());
    const operation = { name, demands: stepFunctionsDemands.get(name)?.(parameters) ?? [] };
    const answer = await visit.perform(traced(services, request.headers), operation, (known) => run(known, parameters));
    return respond(200, services.ids.uuid(), answer, quotaFields(visit.quotas ?? []));
  } catch (error) {
    return respondError(services, error, quotaFields(visit?.quotas ?? [], error));
  }
}

export function respondError(
  services: Services,
  error: unknown,
  fields: Readonly<Record<string, string>> = {},
): Response {
  const requestId = services.ids.uuid();
  const { status, type, message } = toWireError(error) ?? internalFailure(services, requestId, error);
  return respond(status, requestId, { __type: type, message }, fields);
}

function findAction(target: string | null): { readonly name: string; readonly run: Action } {
  const name = target?.startsWith(TARGET_PREFIX) === true ? target.slice(TARGET_PREFIX.length) : '';
  const run = ACTIONS.get(name);
  if (run !== undefined) return { name, run };
  const message =
    'Name an action of Step Functions in the header X-Amz-Target, as in "AWSStepFunctions.StartExecution".';
  throw new ProtocolError('UnknownOperationException', message);
}

/** A field that is null is the same as one that is absent. */
function parseBody(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === null ? undefined : value));
  } catch {
    throw new ProtocolError('SerializationException', 'The body of the request is not a JSON object.');
  }
}

function internalFailure(services: Services, requestId: string, error: unknown): WireError {
  services.telemetry.log('error', 'A request could not be answered.', { requestId, error });
  const message = `The engine failed to answer. Look for request ${requestId} in its log.`;
  return { status: 500, type: 'InternalFailure', message };
}

function respond(
  status: number,
  requestId: string,
  body: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, string>>,
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...fields, 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
  });
}
