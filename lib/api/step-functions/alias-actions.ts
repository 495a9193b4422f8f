import * as z from 'zod';
import type { Alias, Route } from '../../execution/aliases.ts';
import { qualifiedArn, type StatesArn, workflowArn } from '../../model/arn.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import {
  ALIAS_NAME,
  createAlias,
  deleteAlias,
  findAlias,
  listAliases,
  pageOfAliases,
  updateAlias,
} from '../use-cases/aliases.ts';
import { findWorkflow } from '../use-cases/workflows.ts';
import { action, ownArn, seconds, versionOf, workflowSelectorOf } from './action.ts';
import { arn, DEFAULT_PAGE, maxResults, text } from './parameters.ts';

const aliasName = text(1, 80).regex(ALIAS_NAME, {
  error: 'Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$',
});
const description = z.string().max(256).optional();
const weight = z.int().min(0).max(100);
const routingConfiguration = z
  .array(z.object({ stateMachineVersionArn: arn, weight }))
  .min(1)
  .max(2);
type Routing = z.output<typeof routingConfiguration>;

const CreateStateMachineAlias = action(
  z.object({ name: aliasName, description, routingConfiguration }),
  async (services, parameters) => {
    const { workflow, routes } = readRouting(services, parameters.routingConfiguration);
    const { name } = parameters;
    const { alias } = await createAlias(services, { workflow, name, description: parameters.description, routes });
    return {
      creationDate: seconds(alias.createdAt),
      stateMachineAliasArn: aliasArn(services, workflow, alias),
    };
  },
);

const UpdateStateMachineAlias = action(
  z.object({ stateMachineAliasArn: arn, description, routingConfiguration: routingConfiguration.optional() }),
  async (services, parameters) => {
    const { workflow, alias } = readAliasArn(services, parameters.stateMachineAliasArn);
    const given = parameters.routingConfiguration;
    const routing = given === undefined ? undefined : readRouting(services, given);
    if (routing !== undefined && routing.workflow !== workflow) throw otherStateMachine(given ?? []);
    const change = { description: parameters.description, routes: routing?.routes };
    const { updatedAt } = await updateAlias(services, workflow, alias, change);
    return { updateDate: seconds(updatedAt) };
  },
);

const DescribeStateMachineAlias = action(
  z.object({ stateMachineAliasArn: arn }),
  async (services, { stateMachineAliasArn }) => {
    const { workflow, alias: name } = readAliasArn(services, stateMachineAliasArn);
    const alias = await findAlias(services, workflow, name);
    const routing = alias.routes.map((route) => ({
      stateMachineVersionArn: qualifiedArn(workflowArn(services.place, workflow), route.version),
      weight: route.weight,
    }));
    return {
      stateMachineAliasArn,
      name,
      description: alias.description,
      routingConfiguration: routing,
      creationDate: seconds(alias.createdAt),
      updateDate: seconds(alias.updatedAt),
    };
  },
);

const DeleteStateMachineAlias = action(
  z.object({ stateMachineAliasArn: arn }),
  async (services, { stateMachineAliasArn }) => {
    const { workflow, alias } = readAliasArn(services, stateMachineAliasArn);
    await deleteAlias(services, workflow, alias);
    return {};
  },
);

const ListStateMachineAliases = action(
  z.object({ stateMachineArn: arn, maxResults, nextToken: text(1, 1_024).optional() }),
  async (services, { stateMachineArn, maxResults: limit, nextToken }) => {
    const selector = workflowSelectorOf(services, stateMachineArn);
    const version = selector.qualifier === undefined ? undefined : versionOf(selector);
    if (selector.qualifier !== undefined && version === undefined) throw notAVersion(stateMachineArn);
    const workflow = await findWorkflow(services, selector.name);
    const aliases = await listAliases(services, workflow, version);
    const page = pageOfAliases(aliases, limit || DEFAULT_PAGE, nextToken);
    const stateMachineAliases = page.items.map((alias) => ({
      stateMachineAliasArn: aliasArn(services, workflow.name, alias),
      creationDate: seconds(alias.createdAt),
    }));
    return { stateMachineAliases, nextToken: page.next };
  },
);

/** The workflow and its versions that a routing configuration names. @throws ApiError */
function readRouting(services: Services, routing: Routing): { workflow: string; routes: readonly Route[] } {
  const arns = routing.map(({ stateMachineVersionArn }) => stateMachineVersionArn);
  const parsed = arns.map((one) => ownArn(services, one, 'stateMachine'));
  if (new Set(arns).size < arns.length) {
    throw routingInvalid(`Routing configuration must contain distinct state machine version ARNs.${received(arns)}`);
  }
  const routes = routing.flatMap(({ weight: share }, i) => {
    const version = parsed[i] === undefined ? undefined : versionOf(parsed[i]);
    return version === undefined ? [] : [{ version, weight: share }];
  });
  const [workflow, other] = new Set(parsed.map((one) => one?.name));
  if (routes.length < routing.length || workflow === undefined) {
    throw routingInvalid(`Routing configuration must contain state machine version ARNs.${received(arns)}`);
  }
  if (other !== undefined) throw otherStateMachine(routing);
  return { workflow, routes };
}

function otherStateMachine(routing: Routing): ApiError {
  const arns = routing.map(({ stateMachineVersionArn }) => stateMachineVersionArn);
  return routingInvalid(`Routing configuration must contain versions of the same state machine.${received(arns)}`);
}

function received(arns: readonly string[]): string {
  return ` Received: [${arns.join(', ')}]`;
}

function routingInvalid(message: string): ApiError {
  return new ApiError('routingInvalid', 'routingConfiguration', message);
}

function readAliasArn(services: Services, given: string): { workflow: string; alias: string } {
  const own: StatesArn | undefined = ownArn(services, given, 'stateMachine');
  if (own === undefined) throw new ApiError('aliasNotFound', given, 'Give the ARN of an alias of this engine.');
  const { name, qualifier } = own;
  if (qualifier !== undefined && versionOf(own) === undefined) return { workflow: name, alias: qualifier };
  const message = `Give the ARN of an alias, which ends with its name: ${given} is none.`;
  throw new ApiError('requestInvalid', given, message);
}

function notAVersion(given: string): ApiError {
  return new ApiError('requestInvalid', given, `Give the ARN of a state machine or of a version: ${given} is none.`);
}

function aliasArn(services: Services, workflow: string, { name }: Alias): string {
  return qualifiedArn(workflowArn(services.place, workflow), name);
}

export const aliasActions = {
  CreateStateMachineAlias,
  UpdateStateMachineAlias,
  DescribeStateMachineAlias,
  DeleteStateMachineAlias,
  ListStateMachineAliases,
} as const;
