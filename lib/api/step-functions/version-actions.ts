import * as z from 'zod';
import type { Version } from '../../execution/versions.ts';
import { qualifiedArn } from '../../model/arn.ts';
import { ApiError } from '../errors.ts';
import { deleteVersion, listVersions, publishVersion } from '../use-cases/versions.ts';
import { action, ownArn, seconds, versionOf, workflowNameOf } from './action.ts';
import { arn, DEFAULT_PAGE, maxResults, text, versionDescription } from './parameters.ts';

const PublishStateMachineVersion = action(
  z.object({
    stateMachineArn: arn,
    revisionId: z.string().optional(),
    description: versionDescription.optional(),
  }),
  async (services, { stateMachineArn, revisionId, description }) => {
    const name = workflowNameOf(services, stateMachineArn);
    const { version } = await publishVersion(services, name, { description, revision: revisionId });
    return listed(stateMachineArn, version);
  },
);

const ListStateMachineVersions = action(
  z.object({ stateMachineArn: arn, maxResults, nextToken: text(1, 1_024).optional() }),
  async (services, { stateMachineArn, maxResults: limit, nextToken }) => {
    const own = ownArn(services, stateMachineArn, 'stateMachine');
    const workflow = own === undefined ? undefined : await services.workflows.find(own.name);
    // A missing state machine is no documented error of this operation.
    if (workflow === undefined || own?.qualifier !== undefined) throw noStateMachine(stateMachineArn);
    const page = await listVersions(services, workflow.name, limit || DEFAULT_PAGE, nextToken);
    const stateMachineVersions = page.items.map((version) => listed(workflow.id, version));
    return { stateMachineVersions, nextToken: page.next };
  },
);

function noStateMachine(stateMachineArn: string): ApiError {
  const message = 'Give the ARN of a state machine that exists, without version or alias.';
  return new ApiError('identifierInvalid', stateMachineArn, message);
}

/** Deleting a version that does not exist is no error. */
const DeleteStateMachineVersion = action(
  z.object({ stateMachineVersionArn: arn }),
  async (services, { stateMachineVersionArn }) => {
    const own = ownArn(services, stateMachineVersionArn, 'stateMachine');
    if (own === undefined) return {};
    const version = versionOf(own);
    if (version === undefined) {
      const message = `Give the ARN of a version, which ends with its number: ${stateMachineVersionArn} is none.`;
      throw new ApiError('requestInvalid', stateMachineVersionArn, message);
    }
    await deleteVersion(services, own.name, version);
    return {};
  },
);

function listed(stateMachineArn: string, { number, createdAt }: Version): Readonly<Record<string, unknown>> {
  return { creationDate: seconds(createdAt), stateMachineVersionArn: qualifiedArn(stateMachineArn, number) };
}

export const versionActions = {
  PublishStateMachineVersion,
  ListStateMachineVersions,
  DeleteStateMachineVersion,
} as const;
