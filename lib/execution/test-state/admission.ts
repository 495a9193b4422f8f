import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { StatePlan, TaskPlan } from '../../model/plan.ts';
import { type Mock, StateTestRefused, type StateTestRequest } from './request.ts';
import { resultProblem } from './result-shape.ts';
import { innerStates, type Subject } from './subject.ts';

/** Refuses tests that Step Functions refuses, as far as that can be told before the state runs. @throws StateTestRefused */
export async function admit(request: StateTestRequest, { state: plan, definition }: Subject): Promise<void> {
  const { mock, configuration } = request;
  if (mock === undefined) admitUnmocked(request, plan);
  else await admitMock(mock, plan, definition);
  if (mock !== undefined && request.revealSecrets)
    throw refused('RevealSecrets cannot be true when a mock is specified');
  if (mock === undefined && request.context !== undefined) {
    throw refused('Context can only be specified when a mock is specified');
  }
  const { errorCausedByState, mapIterationFailureCount, mapItemReaderData, retrierRetryCount } = configuration;
  const configured = { retrierRetryCount, errorCausedByState, mapIterationFailureCount, mapItemReaderData };
  for (const [field, value] of Object.entries(configured)) {
    if (value !== undefined && mock === undefined) {
      throw refused(`StateConfiguration.${field} can only be specified when a mock is specified`);
    }
  }
  if (errorCausedByState !== undefined && !innerStates(definition).includes(errorCausedByState)) {
    throw refused(`State '${errorCausedByState}' not found in the Map or Parallel state under test`);
  }
  for (const field of ['mapIterationFailureCount', 'mapItemReaderData'] as const) {
    if (configuration[field] !== undefined && plan.type !== 'Map') {
      throw refused(`StateConfiguration.${field} can only be specified for a Map state`);
    }
  }
}

function admitUnmocked({ roleArn }: StateTestRequest, plan: StatePlan): void {
  switch (plan.type) {
    case 'Map':
    case 'Parallel':
      throw unsupported(
        'Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]',
      );
    case 'Task':
      admitCall(plan);
      if (roleArn === undefined) throw refused('RoleArn must be specified when testing a Task state');
      return;
    case 'Pass':
    case 'Wait':
    case 'Choice':
    case 'Succeed':
    case 'Fail':
      return;
    case 'Place':
      throw refusedPlace();
  }
}

/** What ends outside, by a callback or after a while, has to be mocked. */
function admitCall({ resource }: TaskPlan): void {
  if (resource.kind === 'activity') throw unsupported('Activity tasks unless a mock is specified');
  if (resource.kind === 'workItem') throw unsupported('work items unless a mock is specified');
  if (resource.kind === 'service' && resource.pattern !== 'requestResponse') {
    throw unsupported(`the .${resource.pattern} service integration pattern unless a mock is specified`);
  }
}

function refusedPlace(): StateTestRefused {
  return unsupported('Place states, which hold tokens and do nothing: test a state that the place leads to');
}

function unsupported(what: string): StateTestRefused {
  return new StateTestRefused('definition', `TestState API does not support ${what}`);
}

async function admitMock(mock: Mock, plan: StatePlan, definition: Json): Promise<void> {
  switch (plan.type) {
    case 'Task': {
      if (mock.kind === 'error') return;
      const problem = await resultProblem(plan.resource, mock.result.value, mock.validation);
      if (problem !== undefined) throw refused(`Mock result schema validation error: ${problem}`);
      return;
    }
    case 'Parallel':
      return admitList(mock);
    case 'Map':
      return admitMapResult(mock, isJsonObject(definition) && 'ResultWriter' in definition);
    case 'Pass':
    case 'Wait':
    case 'Choice':
    case 'Succeed':
    case 'Fail':
      throw refused(`State type '${plan.type}' is not supported when a mock is specified`);
    case 'Place':
      throw refusedPlace();
  }
}

function admitMapResult(mock: Mock, isWritten: boolean): void {
  if (!isWritten) return admitList(mock);
  if (mock.kind === 'result' && !isJsonObject(mock.result.value)) {
    throw refused('Mocked result must be a JSON object.');
  }
}

function admitList(mock: Mock): void {
  if (mock.kind === 'result' && !isJsonArray(mock.result.value)) throw refused('Mocked result must be a JSON array.');
}

function refused(message: string): StateTestRefused {
  return new StateTestRefused('request', message);
}
