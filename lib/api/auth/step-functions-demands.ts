import type { ActionName } from './action-names.ts';
import { arnTarget, type Demand, field, named, type Target, testTarget, tokenTarget } from './demand.ts';

type Rule = (body: unknown) => readonly Demand[];

const rule =
  (action: ActionName, on: (body: unknown) => Target): Rule =>
  (body) => [{ action, on: on(body) }];

const some = () => 'some' as const;
const name = (body: unknown) => named(field(body, 'name'));
const arn = (parameter: string) => (body: unknown) => arnTarget(field(body, parameter));
const stateMachine = arn('stateMachineArn');
const execution = arn('executionArn');
const mapRun = arn('mapRunArn');
const activity = arn('activityArn');
const resource = arn('resourceArn');
const taskToken = (body: unknown) => tokenTarget(field(body, 'taskToken'));

/** The workflows whose versions an alias leads to, beside that of the alias itself. */
function routed(body: unknown): readonly Target[] {
  const routing = field(body, 'routingConfiguration');
  return Array.isArray(routing) ? routing.map((route) => arnTarget(field(route, 'stateMachineVersionArn'))) : [];
}

const aliased =
  (own: (body: unknown) => readonly Target[]): Rule =>
  (body) => {
    const targets = [...own(body), ...routed(body)];
    return (targets.length === 0 ? ['unknown' as const] : targets).map((on) => ({ action: 'workflows:publish', on }));
  };

const ListExecutions: Rule = (body) => {
  const given = ['stateMachineArn', 'mapRunArn'].filter((parameter) => field(body, parameter) !== undefined);
  const targets = given.map((parameter) => arnTarget(field(body, parameter)));
  return (targets.length === 0 ? ['unknown' as const] : targets).map((on) => ({ action: 'executions:list', on }));
};

/** Creating or updating and publishing at once. */
const publishing =
  (action: ActionName, on: (body: unknown) => Target): Rule =>
  (body) => {
    const publishes = field(body, 'publish') === true;
    const target = on(body);
    return [{ action, on: target }, ...(publishes ? [{ action: 'workflows:publish', on: target } as const] : [])];
  };

/** What each action of Step Functions demands. One that is not here is refused to everybody. */
export const stepFunctionsDemands: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    CreateStateMachine: publishing('workflows:create', name),
    UpdateStateMachine: publishing('workflows:update', stateMachine),
    DescribeStateMachine: rule('workflows:read', stateMachine),
    DescribeStateMachineForExecution: rule('executions:read', execution),
    DeleteStateMachine: rule('workflows:delete', stateMachine),
    ListStateMachines: rule('workflows:list', some),
    ValidateStateMachineDefinition: rule('workflows:validate', some),
    TestState: rule('workflows:test', testTarget),
    PublishStateMachineVersion: rule('workflows:publish', stateMachine),
    ListStateMachineVersions: rule('workflows:read', stateMachine),
    DeleteStateMachineVersion: rule('workflows:publish', arn('stateMachineVersionArn')),
    CreateStateMachineAlias: aliased(() => []),
    UpdateStateMachineAlias: aliased((body) => [arn('stateMachineAliasArn')(body)]),
    DescribeStateMachineAlias: rule('workflows:read', arn('stateMachineAliasArn')),
    DeleteStateMachineAlias: rule('workflows:publish', arn('stateMachineAliasArn')),
    ListStateMachineAliases: rule('workflows:read', stateMachine),
    StartExecution: rule('executions:start', stateMachine),
    StartSyncExecution: rule('executions:start', stateMachine),
    DescribeExecution: rule('executions:read', execution),
    ListExecutions,
    RedriveExecution: rule('executions:redrive', execution),
    StopExecution: rule('executions:stop', execution),
    GetExecutionHistory: rule('executions:read', execution),
    ListMapRuns: rule('executions:read', execution),
    DescribeMapRun: rule('executions:read', mapRun),
    UpdateMapRun: rule('executions:change', mapRun),
    CreateActivity: rule('activities:create', name),
    DescribeActivity: rule('activities:read', activity),
    DeleteActivity: rule('activities:delete', activity),
    ListActivities: rule('activities:list', some),
    GetActivityTask: rule('activities:take', activity),
    SendTaskSuccess: rule('tasks:report', taskToken),
    SendTaskFailure: rule('tasks:report', taskToken),
    SendTaskHeartbeat: rule('tasks:report', taskToken),
    TagResource: rule('tags:write', resource),
    UntagResource: rule('tags:write', resource),
    ListTagsForResource: rule('tags:read', resource),
  } satisfies Record<string, Rule>),
);
