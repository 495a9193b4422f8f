import * as z from 'zod';
import type { Workflow } from '../../execution/workflows.ts';
import { ownCodes } from '../../language/index.ts';
import { definingWorkflow, parseMapRunArn, qualifiedArn } from '../../model/arn.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { describeExecution } from '../use-cases/executions.ts';
import { revisionId } from '../use-cases/publishing.ts';
import { defaultLogging, type LoggingSettings, settingsOf } from '../use-cases/settings.ts';
import { describeVersion } from '../use-cases/versions.ts';
import {
  checkDefinition,
  createWorkflow,
  definitionOf,
  deleteWorkflow,
  describeWorkflow,
  listWorkflows,
  type Publish,
  updateWorkflow,
} from '../use-cases/workflows.ts';
import {
  action,
  checkExecutionArn,
  checkRoleArn,
  ownArn,
  seconds,
  versionOf,
  workflowNameOf,
  workflowSelectorOf,
} from './action.ts';
import {
  arn,
  DEFAULT_PAGE,
  encryptionConfiguration,
  maxResults,
  name,
  readEncryption,
  tags,
  text,
  versionDescription,
} from './parameters.ts';

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
const publishing = { publish: z.boolean().default(false), versionDescription: versionDescription.optional() };

const CreateStateMachine = action(
  z.object({
    name,
    definition,
    roleArn: arn,
    type,
    loggingConfiguration: loggingConfiguration.optional(),
    tracingConfiguration: tracingConfiguration.optional(),
    tags: tags.optional(),
    encryptionConfiguration: encryptionConfiguration.optional(),
    ...publishing,
  }),
  async (services, parameters) => {
    const publish = readPublishing(parameters);
    checkRoleArn(parameters.roleArn);
    const { workflow } = await createWorkflow(services, {
      name: parameters.name,
      definition: parameters.definition,
      type: parameters.type,
      roleArn: parameters.roleArn,
      logging: readLogging(parameters.loggingConfiguration),
      tracing: parameters.tracingConfiguration,
      encryption: readEncryption(parameters.encryptionConfiguration),
      tags: parameters.tags,
      publish,
    });
    const version = publish === undefined ? undefined : FIRST_VERSION;
    return {
      creationDate: seconds(workflow.createdAt),
      stateMachineArn: workflow.id,
      ...versionArn(workflow, version),
    };
  },
);

const UpdateStateMachine = action(
  z.object({
    stateMachineArn: arn,
    definition: definition.optional(),
    roleArn: arn.optional(),
    loggingConfiguration: loggingConfiguration.optional(),
    tracingConfiguration: tracingConfiguration.optional(),
    encryptionConfiguration: encryptionConfiguration.optional(),
    ...publishing,
  }),
  async (services, parameters) => {
    const publish = readPublishing(parameters);
    if (parameters.roleArn !== undefined) checkRoleArn(parameters.roleArn);
    const workflow = await updateWorkflow(services, workflowNameOf(services, parameters.stateMachineArn), {
      definition: parameters.definition,
      roleArn: parameters.roleArn,
      logging: readLogging(parameters.loggingConfiguration),
      tracing: parameters.tracingConfiguration,
      encryption: readEncryption(parameters.encryptionConfiguration),
      publish,
    });
    const version = publish === undefined ? undefined : workflow.published?.number;
    const updateDate = seconds(services.clock.now());
    return { revisionId: revisionId(workflow), updateDate, ...versionArn(workflow, version) };
  },
);

const DescribeStateMachine = action(
  z.object({ stateMachineArn: arn, includedData }),
  async (services, { stateMachineArn, includedData: included }) => {
    const selector = workflowSelectorOf(services, stateMachineArn);
    const version = versionOf(selector);
    if (version !== undefined) return versionDescriptionOf(services, selector.name, version, included);
    const described = await describeWorkflow(services, workflowNameOf(services, stateMachineArn));
    const { workflow } = described;
    return {
      creationDate: seconds(workflow.createdAt),
      definition: shownDefinition(described.definition, included),
      ...configuration(workflow.settings),
      name: workflow.name,
      revisionId: revisionId(workflow),
      roleArn: workflow.roleArn,
      stateMachineArn: workflow.id,
      status: 'ACTIVE',
      type: workflow.type,
    };
  },
);

async function versionDescriptionOf(
  services: Services,
  name: string,
  number: number,
  included: IncludedData,
): Promise<Readonly<Record<string, unknown>>> {
  const { workflow, version, revision } = await describeVersion(services, name, number);
  const settings = revision.settings ?? workflow.settings;
  return {
    creationDate: seconds(version.createdAt),
    definition: shownDefinition(revision.definition, included),
    description: version.description,
    ...configuration(settings),
    name: workflow.name,
    revisionId: revisionId({ revision: revision.revision, settings }),
    roleArn: revision.roleArn,
    stateMachineArn: qualifiedArn(workflow.id, number),
    status: 'ACTIVE',
    type: workflow.type,
  };
}

type IncludedData = z.output<typeof includedData>;

function shownDefinition(definition: string, included: IncludedData): string {
  return included === 'ALL_DATA' ? definition : '{}';
}

const DescribeStateMachineForExecution = action(
  z.object({ executionArn: arn, includedData }),
  async (services, { executionArn, includedData: included }) => {
    checkExecutionArn(services, executionArn);
    const { identity } = await describeExecution(services, executionArn);
    const revision = await definitionOf(services, identity.workflow);
    const workflow = await services.workflows.find(definingWorkflow(identity.workflow.name));
    const settings = revision.settings ?? workflow?.settings ?? {};
    const run = identity.mapRun?.run;
    return {
      definition: shownDefinition(revision.definition, included),
      ...(run === undefined ? {} : { mapRunArn: run, label: parseMapRunArn(run)?.label }),
      ...configuration(settings),
      name: identity.workflow.name,
      revisionId: revisionId({ revision: revision.revision, settings }),
      roleArn: revision.roleArn,
      stateMachineArn: identity.workflow.id,
      updateDate: seconds(revision.createdAt),
    };
  },
);

/** Deleting a state machine that does not exist is no error. */
const DeleteStateMachine = action(z.object({ stateMachineArn: arn }), async (services, { stateMachineArn }) => {
  const own = ownArn(services, stateMachineArn, 'stateMachine');
  if (own?.qualifier !== undefined) {
    const message = 'Give the ARN of a state machine; versions and aliases have operations of their own for it.';
    throw new ApiError('requestInvalid', stateMachineArn, message);
  }
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
    const findings = checkDefinition(services, parameters.definition, parameters.type).filter(
      ({ code, severity }) => severity === 'ERROR' || !ownCodes.has(code),
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

const FIRST_VERSION = 1;

function readPublishing({
  publish,
  versionDescription: description,
}: {
  readonly publish: boolean;
  readonly versionDescription?: string | undefined;
}): Publish | undefined {
  if (publish) return { description };
  if (description === undefined) return undefined;
  throw new ApiError(
    'requestInvalid',
    'versionDescription',
    'Version description can only be set when publish is true',
  );
}

function versionArn({ id }: Workflow, version: number | undefined): Readonly<Record<string, unknown>> {
  return { stateMachineVersionArn: version === undefined ? undefined : qualifiedArn(id, version) };
}

function readLogging(given: z.output<typeof loggingConfiguration> | undefined): LoggingSettings | undefined {
  if (given === undefined) return undefined;
  const { destinations, ...rest } = given;
  if (destinations === undefined) return rest;
  return { ...rest, destinations: destinations.flatMap((to) => to.cloudWatchLogsLogGroup?.logGroupArn ?? []) };
}

function configuration(settings: Workflow['settings']): Readonly<Record<string, unknown>> {
  const { logging, tracing, encryption } = settingsOf({ settings });
  const { destinations, ...rest } = { ...defaultLogging, ...logging };
  const groups = destinations?.map((logGroupArn) => ({ cloudWatchLogsLogGroup: { logGroupArn } }));
  return {
    loggingConfiguration: { ...rest, destinations: groups },
    tracingConfiguration: { enabled: tracing?.enabled ?? false },
    encryptionConfiguration: encryption,
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
