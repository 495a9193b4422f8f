import { executionArn } from '../../model/arn.ts';
import type { ActionName } from './action-names.ts';
import { arnTarget, type Demand, field, named, type Target, testTarget, tokenTarget } from './demand.ts';

/** A request of the REST face before its schemas have looked at it. */
export interface RestRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Rule = (request: RestRequest) => readonly Demand[];

const rule =
  (action: ActionName, on: (request: RestRequest) => Target): Rule =>
  (request) => [{ action, on: on(request) }];

/** `name`: the parameter that says which one. */
const about =
  (action: ActionName, on: 'some' | 'unknown', name: string): Rule =>
  ({ params }) => {
    const which = params[name];
    return [{ action, on, ...(which === undefined ? {} : { about: which }) }];
  };

const some = () => 'some' as const;
/** What all tenants share. */
const everything = () => 'unknown' as const;
const param =
  (name: string) =>
  ({ params }: RestRequest) =>
    named(params[name]);
const bodyName = ({ body }: RestRequest) => named(field(body, 'name'));
const token = ({ params }: RestRequest) => tokenTarget(params['token'] ?? params['id']);
const mapRun = ({ params }: RestRequest) => arnTarget(params['mapRun']);

/** By the ARN that the use cases will work with, whatever stands in the two parts of the path. */
function execution({ params }: RestRequest): Target {
  const { workflow = '', execution: id = '' } = params;
  const arn = executionArn({ partition: 'aws', region: 'any', account: 'any' }, workflow, id);
  return arnTarget(id.includes(':') ? arn.replace(':execution:', ':express:') : arn);
}

function listed({ query }: RestRequest): Target {
  const { workflow } = query;
  return workflow === undefined ? 'some' : named(workflow);
}

/** A count is not less for what the caller may not see: without a name it takes leave for all. */
function counted({ query }: RestRequest): Target {
  const { workflow } = query;
  return workflow === undefined ? 'unknown' : named(workflow);
}

/** Those that are named; all of them need permission for everything. */
const redriveLetters: Rule = ({ body }) => {
  const executions = field(body, 'executions');
  const isSome = Array.isArray(executions) && executions.length > 0;
  const targets: readonly Target[] = isSome ? executions.map(arnTarget) : ['unknown'];
  return targets.map((on) => ({ action: 'executions:redrive', on }));
};

/** A changed definition is as good as a new one: whoever may not update the workflow may not run it with another one. */
const redriveExecution: Rule = (request) => {
  const on = execution(request);
  const changed = field(request.body, 'definition') !== undefined;
  return [{ action: 'executions:redrive', on }, ...(changed ? [{ action: 'workflows:update', on } as const] : [])];
};

/** It is a start, of what the other one was given. */
const forkExecution: Rule = (request) => {
  const on = execution(request);
  const changed = field(request.body, 'definition') !== undefined;
  const always = (['executions:read', 'executions:start'] as const).map((action) => ({ action, on }));
  return [...always, ...(changed ? [{ action: 'workflows:update', on } as const] : [])];
};

/** As with a redrive. */
const migrateExecution: Rule = (request) => {
  const on = execution(request);
  const changed = field(request.body, 'definition') !== undefined;
  return [{ action: 'executions:change', on }, ...(changed ? [{ action: 'workflows:update', on } as const] : [])];
};

/** What each operation of the REST face demands, by its `operationId`. One that is not here is refused to everybody. */
export const restDemands: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    createWorkflow: rule('workflows:create', bodyName),
    listWorkflows: rule('workflows:list', some),
    getWorkflow: rule('workflows:read', param('name')),
    putWorkflow: (request) =>
      (['workflows:create', 'workflows:update'] as const).map((action) => ({ action, on: param('name')(request) })),
    deleteWorkflow: rule('workflows:delete', param('name')),
    validateDefinition: rule('workflows:validate', some),
    testState: rule('workflows:test', ({ body }) => testTarget(body)),
    publishVersion: rule('workflows:publish', param('name')),
    listVersions: rule('workflows:read', param('name')),
    getVersion: rule('workflows:read', param('name')),
    deleteVersion: rule('workflows:publish', param('name')),
    listAliases: rule('workflows:read', param('name')),
    getAlias: rule('workflows:read', param('name')),
    putAlias: rule('workflows:publish', param('name')),
    deleteAlias: rule('workflows:publish', param('name')),
    getDefinitionSchema: rule('engine:read', some),
    listPatterns: rule('engine:read', some),
    startExecution: rule('executions:start', param('workflow')),
    listExecutions: rule('executions:list', listed),
    countExecutions: rule('executions:list', counted),
    rebuildLists: rule('executions:rebuild', everything),
    getExecution: rule('executions:read', execution),
    getHistory: rule('executions:read', execution),
    getOpenWork: rule('executions:read', execution),
    getStateAt: rule('executions:read', execution),
    listCommits: rule('executions:read', execution),
    getReceipt: rule('executions:read', execution),
    getArchive: rule('executions:read', execution),
    getArchiveKey: rule('executions:decrypt', execution),
    holdExecution: rule('executions:hold', execution),
    releaseExecution: rule('executions:hold', execution),
    erasePayloads: rule('executions:erase', execution),
    stopExecution: rule('executions:stop', execution),
    suspendExecution: rule('executions:suspend', execution),
    resumeExecution: rule('executions:suspend', execution),
    redriveExecution,
    migrateExecution,
    forkExecution,
    sendEvent: rule('events:send', execution),
    addItems: rule('executions:change', execution),
    listMapRuns: rule('executions:read', execution),
    getMapRun: rule('executions:read', mapRun),
    updateMapRun: rule('executions:change', mapRun),
    listWorkItems: rule('workitems:list', some),
    listWorkItemsOfExecution: rule('workitems:list', execution),
    getWorkItem: rule('workitems:read', token),
    startWorkItem: rule('workitems:start', token),
    completeWorkItem: rule('workitems:complete', token),
    failWorkItem: rule('workitems:fail', token),
    returnWorkItem: rule('workitems:return', token),
    delegateWorkItem: rule('workitems:delegate', token),
    listParticipants: rule('participants:list', everything),
    getParticipant: rule('participants:read', everything),
    putParticipant: about('participants:write', 'unknown', 'id'),
    deleteParticipant: about('participants:write', 'unknown', 'id'),
    succeedTask: rule('tasks:report', token),
    failTask: rule('tasks:report', token),
    heartbeatTask: rule('tasks:report', token),
    createActivity: rule('activities:create', bodyName),
    listActivities: rule('activities:list', some),
    getActivity: rule('activities:read', param('name')),
    deleteActivity: rule('activities:delete', param('name')),
    takeTask: rule('activities:take', param('name')),
    listBreakers: rule('breakers:read', everything),
    getBreaker: rule('breakers:read', everything),
    putBreakerPolicy: about('breakers:write', 'unknown', 'target'),
    deleteBreakerPolicy: about('breakers:write', 'unknown', 'target'),
    openBreaker: about('breakers:write', 'unknown', 'target'),
    closeBreaker: about('breakers:write', 'unknown', 'target'),
    resetBreaker: about('breakers:write', 'unknown', 'target'),
    listDeadLetters: rule('executions:list', some),
    redriveDeadLetters: redriveLetters,
    deleteDeadLetter: rule('executions:change', ({ params }) => arnTarget(params['execution'])),
    getLedger: rule('ledger:read', some),
    getLedgerExtension: rule('ledger:read', some),
    sealLedger: rule('ledger:seal', everything),
    listPools: rule('pools:read', everything),
    getPool: rule('pools:read', everything),
    putPool: about('pools:write', 'unknown', 'name'),
    deletePool: about('pools:write', 'unknown', 'name'),
    listRateLimits: rule('ratelimits:read', everything),
    getRateLimit: rule('ratelimits:read', everything),
    putRateLimit: about('ratelimits:write', 'unknown', 'name'),
    deleteRateLimit: about('ratelimits:write', 'unknown', 'name'),
    createApiKey: rule('keys:create', some),
    listApiKeys: rule('keys:list', some),
    revokeApiKey: about('keys:revoke', 'some', 'id'),
    createAccessKey: rule('keys:create', some),
    listAccessKeys: rule('keys:list', some),
    revokeAccessKey: about('keys:revoke', 'some', 'id'),
  } satisfies Record<string, Rule>),
);
