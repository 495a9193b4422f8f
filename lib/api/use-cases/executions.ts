import type { InputProblem } from '../../execution/pipeline/input-schemas.ts';
import type { StartRefusal } from '../../execution/pipeline/pipeline.ts';
import type { StartableWorkflow } from '../../execution/workflows.ts';
import type { Finding } from '../../language/index.ts';
import { type Place, parseStatesArn, qualifiedArn } from '../../model/arn.ts';
import type { Json } from '../../model/json.ts';
import type { Failure } from '../../model/plan.ts';
import { timesTakenUp } from '../../model/redrive.ts';
import type { SearchFields } from '../../model/search.ts';
import type { ExecutionState } from '../../model/state.ts';
import { fromXRay } from '../../ports/trace-context.ts';
import type { LiveExecution } from '../../state/state-manager.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { checkName } from './names.ts';
import { checkPayload } from './payload.ts';
import { findWorkflow } from './workflows.ts';

export interface NewExecution {
  /** Name of the workflow. */
  readonly workflow: string;
  /** A version of it (the number in digits), or an alias. */
  readonly qualifier?: string | undefined;
  readonly name?: string | undefined;
  readonly input: Json;
  /** What it is to be found by, beside what the definition says. */
  readonly search?: SearchFields | undefined;
  /** A header of X-Ray; goes before the trace that the request is part of. */
  readonly traceHeader?: string | undefined;
}

export interface StartedExecution {
  /** ARN. */
  readonly execution: string;
  readonly startedAt: number;
  /** False if the same start came before and its execution is still open. */
  readonly isNew: boolean;
}

/**
 * Starts an execution: idempotent by its name, with the same input and while it is open, unless the workflow is express.
 * @throws ApiError `executionExists` where the name is taken by another; `inputInvalid`, `startRefused` and `stageFailed`
 * where the pipeline does not let it pass.
 */
export async function startExecution(services: Services, request: NewExecution): Promise<StartedExecution> {
  if (request.name !== undefined) checkName(request.name);
  checkPayload(request.input, 'inputInvalid');
  const workflow = await startableWorkflow(services, request);
  const { input, name, search } = request;
  const trace = request.traceHeader ? fromXRay(request.traceHeader) : services.trace;
  const given = { ...(name === undefined ? {} : { name }), ...(trace === undefined ? {} : { trace }) };
  const start = { workflow, input, search, ...given };
  const outcome = await services.engine.start(start, { run: services.policy.run });
  switch (outcome.kind) {
    case 'started':
    case 'repeated':
      return { execution: outcome.execution, startedAt: outcome.startedAt, isNew: outcome.kind === 'started' };
    case 'nameTaken': {
      const message = 'Choose another name: an execution of this name has another input, or has already closed.';
      throw new ApiError('executionExists', outcome.execution, message);
    }
    case 'refused':
      throw startRefused(outcome);
  }
}

/** What the pipeline says against a start. */
export function startRefused(refusal: StartRefusal): ApiError {
  const { reason, message } = refusal;
  const problems = reason === 'inputInvalid' ? refusal.problems : [];
  return new ApiError(reason, message, message, problems.map(inputFinding));
}

function inputFinding({ pointer, message }: InputProblem): Finding {
  return { pointer, code: 'SCHEMA_VALIDATION_FAILED', message, severity: 'ERROR' };
}

async function startableWorkflow(
  services: Services,
  { workflow: name, qualifier }: NewExecution,
): Promise<StartableWorkflow> {
  const workflow = await services.engine.startable({ name, qualifier });
  if (workflow !== undefined) return workflow;
  const { id } = await findWorkflow(services, name);
  const message = `Look at the versions and aliases of the workflow "${name}": "${qualifier}" is none of them.`;
  throw new ApiError('versionNotFound', qualifiedArn(id, qualifier ?? ''), message);
}

/** Starts the execution of an event that may be delivered twice; `name` is the event's id. @throws ApiError */
export async function startOnce(services: Services, request: NewExecution & { readonly name: string }): Promise<void> {
  try {
    await startExecution(services, request);
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'executionExists')) throw error;
  }
}

/**
 * Waits for the end of an execution as long as `ms`, or as the policy allows if that is shorter. `undefined`: it is
 * still open.
 */
export async function closedExecution(
  services: Services,
  execution: string,
  ms: number,
): Promise<ExecutionState | undefined> {
  return services.engine.closed(execution, Math.min(ms, services.policy.waitMs));
}

/** The execution as its log has it. @throws ApiError `executionNotFound` */
export async function describeExecution(services: Services, execution: string): Promise<ExecutionState> {
  return (await loadExecution(services, execution)).state;
}

/** With its plan. @throws ApiError `executionNotFound`, `executionErased` */
export async function loadExecution({ place, states }: Services, execution: string): Promise<LiveExecution> {
  if (!isOurs(place, execution)) throw executionNotFound(execution);
  const live = await states.load(execution);
  if (live === undefined)
    throw (await states.isErased(execution)) ? executionErased(execution) : executionNotFound(execution);
  if (live.state.erasedAt !== undefined) throw executionErased(execution);
  return live;
}

export function executionErased(execution: string): ApiError {
  const message = 'Look at its commits: its inputs, outputs and history are erased; what is left proves how it went.';
  return new ApiError('executionErased', execution, message);
}

/** Whether the ARN is of an execution that could be in this engine's log. */
export function isOurs({ partition, region, account }: Place, execution: string): boolean {
  const arn = parseStatesArn(execution);
  return (
    arn?.execution !== undefined && arn.partition === partition && arn.region === region && arn.account === account
  );
}

export function executionNotFound(execution: string): ApiError {
  const name = parseStatesArn(execution)?.execution ?? execution;
  const message = `Look at the list of executions for the right name: there is none named "${name}".`;
  return new ApiError('executionNotFound', execution, message);
}

/** Aborts the execution; one that is closed stays as it is. Answers with the moment of its end, ms since the epoch. */
export async function stopExecution(services: Services, execution: string, failure: Failure): Promise<number> {
  const state = await describeExecution(services, execution);
  if (state.closedAt !== undefined) return state.closedAt;
  const redriveCount = timesTakenUp(state);
  await services.engine.deliver(execution, { type: 'StopExecution', ...failure, redriveCount });
  const { settleMs } = services.policy;
  const closed = settleMs === 0 ? undefined : await services.engine.closed(execution, settleMs);
  return closed?.closedAt ?? services.clock.now();
}
