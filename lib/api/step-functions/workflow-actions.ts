import * as z from 'zod';
import type { Workflow } from '../../execution/workflows.ts';
import { ApiError } from '../errors.ts';
import { describeExecution } from '../use-cases/executions.ts';
import { defaultLogging, type LoggingSettings, settingsOf } from '../use-cases/settings.ts';
import {
  checkDefinition,
  createWorkflow,
  definitionOf,
  deleteWorkflow,
  describeWorkflow,
  listWorkflows,
  updateWorkflow,
} from '../use-cases/workflows.ts';
import { action, checkExecutionArn, checkRoleArn, ownArn, seconds, workflowNameOf } from './action.ts';
import { arn, DEFAULT_PAGE, maxResults, name, tags, text } from './parameters.ts';

const MAX_DEFINITION = 1_048_576;
const definition = text(1, MAX_DEFINITION);
const type = z.enum(['STANDARD', 'EXPRESS']).default('STANDARD');
const includedData = z.enum(['ALL_DATA', 'METADATA_ONLY']).default('ALL_DATA');
const loggingConfiguration = z.object({
  level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).default('OFF'),
  includeExecutionData: z.boolean().default(false),
  destinations: z
    .array(z.object({ cloudWatchLogsLogGroup: z.object({ logGroupArn: arn.optional() }).optional() }))
    .optional(),
});
const tracingConfiguration = z.object({ enabled: z.boolean().default(false) });
const unpublished = { publish: z.boolean().default(false), versionDescription: z.string().optional() };

const CreateStateMachine = action(
  z.object({
    name,
    definition,
    roleArn: arn,
    type,
    loggingConfiguration: loggingConfiguration.optional(),
    tracingConfiguration: tracingConfiguration.optional(),
    tags: tags.optional(),
    ...unpublished,
  }),
  async (services, parameters) => {
    refusePublishing(parameters);
    checkRoleArn(parameters.roleArn);
    const { workflow } = await createWorkflow(services, {
      name: parameters.name,
      definition: parameters.definition,
      type: parameters.type,
      roleArn: parameters.roleArn,
      logging: readLogging(parameters.loggingConfiguration),
      tracing: parameters.tracingConfiguration,
      tags: parameters.tags,
    });
    return { creationDate: seconds(workflow.createdAt), stateMachineArn: workflow.id };
  },
);

const UpdateStateMachine = action(
  z.object({
    stateMachineArn: arn,
    definition: definition.optional(),
    roleArn: arn.optional(),
    loggingConfiguration: loggingConfiguration.optional(),
    tracingConfiguration: tracingConfiguration.optional(),
    ...unpublished,
  }),
  async (services, parameters) => {
    refusePublishing(parameters);
    if (parameters.roleArn !== undefined) checkRoleArn(parameters.roleArn);
    const workflow = await updateWorkflow(services, workflowNameOf(services, parameters.stateMachineArn), {
      definition: parameters.definition,
      roleArn: parameters.roleArn,
      logging: readLogging(parameters.loggingConfiguration),
      tracing: parameters.tracingConfiguration,
    });
    return { revisionId: workflow.revision, updateDate: seconds(workflow.revisedAt) };
  },
);

const DescribeStateMachine = action(
  z.object({ stateMachineArn: arn, includedData }),
  async (services, { stateMachineArn, includedData: included }) => {
    const described = await describeWorkflow(services, workflowNameOf(services, stateMachineArn));
    const { workflow } = described;
    return {
      creationDate: seconds(workflow.createdAt),
      definition: included === 'ALL_DATA' ? described.definition : undefined,
      ...configuration(workflow),
      name: workflow.name,
      revisionId: revisionId(workflow),
      roleArn: workflow.roleArn,
      stateMachineArn: workflow.id,
      status: 'ACTIVE',
      type: workflow.type,
    };
  },
);

const DescribeStateMachineForExecution = action(
  z.object({ executionArn: arn, includedData }),
  async (services, { executionArn, includedData: included }) => {
    checkExecutionArn(services, executionArn);
    const { identity } = await describeExecution(services, executionArn);
    const revision = await definitionOf(services, identity.workflow);
    const workflow = await services.workflows.find(identity.workflow.name);
    return {
      definition: included === 'ALL_DATA' ? revision.definition : undefined,
      ...configuration(workflow),
      name: identity.workflow.name,
      revisionId: workflow === undefined ? undefined : revisionId({ ...workflow, revision: revision.revision }),
      roleArn: revision.roleArn,
      stateMachineArn: identity.workflow.id,
      updateDate: seconds(revision.createdAt),
    };
  },
);

/** Deleting a state machine that does not exist is no error. */
const DeleteStateMachine = action(z.object({ stateMachineArn: arn }), async (services, { stateMachineArn }) => {
  const own = ownArn(services, stateMachineArn, 'stateMachine');
  if (own !== undefined) await deleteWorkflow(services, own.name);
  return {};
});

const ListStateMachines = action(
  z.object({ maxResults, nextToken: text(1, 1_024).optional() }),
  async (services, { maxResults: limit, nextToken }) => {
    const page = await listWorkflows(services, limit || DEFAULT_PAGE, nextToken);
    const stateMachines = page.items.map((workflow) => ({
      creationDate: seconds(workflow.createdAt),
      name: workflow.name,
      stateMachineArn: workflow.id,
      type: workflow.type,
    }));
    return { stateMachines, nextToken: page.next };
  },
);

const MAX_DIAGNOSTICS = 100;

const ValidateStateMachineDefinition = action(
  z.object({
    definition,
    type,
    severity: z.enum(['ERROR', 'WARNING']).default('ERROR'),
    maxResults: z.int().min(0).max(MAX_DIAGNOSTICS).default(0),
  }),
  async (services, parameters) => {
    // What this engine lacks is no diagnostic of the service.
    const findings = checkDefinition(services, parameters.definition, parameters.type).filter(
      ({ code, severity }) => code !== 'NOT_SUPPORTED_YET' || severity === 'ERROR',
    );
    const shown = findings.filter((found) => found.severity === 'ERROR' || parameters.severity === 'WARNING');
    const limit = parameters.maxResults || MAX_DIAGNOSTICS;
    const diagnostics = shown
      .slice(0, limit)
      .map(({ severity, code, message, location }) => ({ severity, code, message, location }));
    const result = findings.some(({ severity }) => severity === 'ERROR') ? 'FAIL' : 'OK';
    return { result, diagnostics, truncated: shown.length > limit };
  },
);

function refusePublishing({ publish }: { readonly publish: boolean }): void {
  if (!publish) return;
  throw new ApiError('notSupported', 'publish', 'Leave out "publish": this engine has no state machine versions yet.');
}

/** A new state machine has no revision id; an update gives it one. */
function revisionId(workflow: Workflow): string | undefined {
  return settingsOf(workflow).updated === true ? workflow.revision : undefined;
}

function readLogging(given: z.output<typeof loggingConfiguration> | undefined): LoggingSettings | undefined {
  if (given === undefined) return undefined;
  const { destinations, ...rest } = given;
  if (destinations === undefined) return rest;
  return { ...rest, destinations: destinations.flatMap((to) => to.cloudWatchLogsLogGroup?.logGroupArn ?? []) };
}

function configuration(workflow: Workflow | undefined): Readonly<Record<string, unknown>> {
  const { logging, tracing } = workflow === undefined ? {} : settingsOf(workflow);
  const { destinations, ...rest } = { ...defaultLogging, ...logging };
  const groups = destinations?.map((logGroupArn) => ({ cloudWatchLogsLogGroup: { logGroupArn } }));
  return {
    loggingConfiguration: { ...rest, destinations: groups },
    tracingConfiguration: { enabled: tracing?.enabled ?? false },
  };
}

export const workflowActions = {
  CreateStateMachine,
  UpdateStateMachine,
  DescribeStateMachine,
  DescribeStateMachineForExecution,
  DeleteStateMachine,
  ListStateMachines,
  ValidateStateMachineDefinition,
} as const;
