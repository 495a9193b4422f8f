import { describe, expect, test } from 'vitest';
import { actionNames } from '../../../lib/api/auth/action-names.ts';
import { restDemands } from '../../../lib/api/auth/rest-demands.ts';
import { stepFunctionsDemands } from '../../../lib/api/auth/step-functions-demands.ts';
import { restRoutes } from '../../../lib/api/rest/face.ts';
import { actionsOfStepFunctions } from '../../../lib/api/step-functions/face.ts';
import { createTaskToken } from '../../../lib/model/task-token.ts';

const execution = 'arn:aws:states:eu-central-1:123456789012:execution:order:A-1';
const token = createTaskToken({ execution, activation: 3, attempt: 1 }, {
  random32: () => 42,
  time: 0,
} as unknown as Parameters<typeof createTaskToken>[1]);

describe('every operation demands something', () => {
  const nothing = { params: {}, query: {}, body: {} };

  test('of REST', () => {
    expect([...restDemands.keys()].sort()).toEqual(restRoutes.map(({ operationId }) => operationId).sort());
    for (const [, rule] of restDemands) expect(rule(nothing).map(({ action }) => action)).not.toEqual([]);
  });

  test('of Step Functions', () => {
    expect([...stepFunctionsDemands.keys()].sort()).toEqual([...actionsOfStepFunctions].sort());
    for (const [, rule] of stepFunctionsDemands) expect(rule({}).map(({ action }) => action)).not.toEqual([]);
  });

  test('and every action is demanded by one', () => {
    const demanded = [
      ...[...restDemands.values()].flatMap((rule) => rule({ ...nothing, body: { definition: {} } })),
      ...[...stepFunctionsDemands.values()].flatMap((rule) => rule({})),
    ];
    // Whether somebody acts for others shows only when it is known who has the work item.
    const all = [...demanded.map(({ action }) => action), 'workitems:act'];
    expect([...new Set(all)].sort()).toEqual([...actionNames].sort());
  });
});

describe('what it is about follows from the request', () => {
  const identifiers = {
    workflow: { name: 'order', workflow: 'order', execution: 'A-1' },
    child: { workflow: 'order/Each', execution: 'A-1' },
    express: { workflow: 'order', execution: 'A-1:0a7a1e6c' },
    token: { token, id: token },
    mapRun: { mapRun: 'arn:aws:states:eu-central-1:123456789012:mapRun:order/Each:A-1-7' },
  };

  test.each([
    ['getWorkflow', identifiers.workflow],
    ['startExecution', identifiers.workflow],
    ['getExecution', identifiers.child],
    ['getHistory', identifiers.express],
    ['succeedTask', identifiers.token],
    ['completeWorkItem', identifiers.token],
    ['updateMapRun', identifiers.mapRun],
    ['takeTask', identifiers.workflow],
  ])('of %s', (operationId, params: Readonly<Record<string, string>>) => {
    const [demand] = restDemands.get(operationId)?.({ params, query: {}, body: {} }) ?? [];
    expect(demand?.on).toEqual({ name: 'order' });
  });

  test('and where it does not, permission for everything is needed', () => {
    for (const params of [{}, { token: 'none' }, { mapRun: 'arn:aws:s3:::order' }]) {
      for (const operationId of ['succeedTask', 'getWorkItem', 'getMapRun', 'stopExecution']) {
        const [demand] = restDemands.get(operationId)?.({ params, query: {}, body: {} }) ?? [];
        expect(demand?.on).toBe('unknown');
      }
    }
  });

  test('of an execution by the ARN that is worked with, whatever stands in the parts of the path', () => {
    const [demand] =
      restDemands.get('getExecution')?.({
        params: { workflow: 'secret:public', execution: 'run:0a7a1e6c' },
        query: {},
        body: {},
      }) ?? [];
    expect(demand?.on).toEqual({ name: 'secret' });
  });

  test('of an alias: of all workflows whose versions it leads to', () => {
    const arn = (name: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:${name}:1`;
    const routingConfiguration = ['mine', 'theirs'].map((name) => ({ stateMachineVersionArn: arn(name), weight: 50 }));
    const demands = stepFunctionsDemands.get('CreateStateMachineAlias')?.({ name: 'live', routingConfiguration });
    expect(demands?.map(({ on }) => on)).toEqual([{ name: 'mine' }, { name: 'theirs' }]);
  });

  test('of a test of a state: everything, where its task is called', () => {
    const state = { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sfn:listExecutions', End: true };
    const on = (body: object) => [
      restDemands.get('testState')?.({ params: {}, query: {}, body }),
      stepFunctionsDemands.get('TestState')?.(body),
    ];
    const demand = (target: string) => [{ action: 'workflows:test', on: target }];
    expect(on({ definition: state })).toEqual([demand('unknown'), demand('unknown')]);
    expect(on({ definition: state, mock: { result: '{}' } })).toEqual([demand('some'), demand('some')]);
  });

  test('of going on with a changed definition: as of changing the workflow', () => {
    const request = { params: identifiers.workflow, query: {}, body: { definition: {} } };
    const demands = restDemands.get('redriveExecution')?.(request) ?? [];
    expect(demands.map(({ action }) => action)).toEqual(['executions:redrive', 'workflows:update']);
  });
});

test('dead letters are redriven by who may redrive each execution that is named, or everything', () => {
  const redrive = (body: unknown) => restDemands.get('redriveDeadLetters')?.({ params: {}, query: {}, body });
  const other = execution.replace('order', 'acme--pay');
  const on = (target: unknown) => ({ action: 'executions:redrive', on: target });
  expect(redrive({ executions: [execution, other] })).toEqual([on({ name: 'order' }), on({ name: 'acme--pay' })]);
  for (const body of [{}, { executions: [] }, { executions: ['none'] }]) expect(redrive(body)).toEqual([on('unknown')]);
});
