import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DeleteStateMachineVersionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachineVersionsCommand,
  PublishStateMachineVersionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions, ROLE, type RunningApi, startApi } from './running-api.ts';
import { SfnWorkflows } from './sfn-workflows.ts';

let api: RunningApi;
const workflows = new SfnWorkflows(() => api);

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function publish(stateMachineArn: string, more: { revisionId?: string; description?: string } = {}) {
  const command = new PublishStateMachineVersionCommand({ stateMachineArn, ...more });
  return (await api.client.send(command)).stateMachineVersionArn;
}

async function versionsOf(stateMachineArn: string): Promise<readonly (string | undefined)[]> {
  const listed = await api.client.send(new ListStateMachineVersionsCommand({ stateMachineArn }));
  return listed.stateMachineVersions?.map((version) => version.stateMachineVersionArn?.split(':').at(-1)) ?? [];
}

describe('publishing', () => {
  it('gives each revision one number, in their order', async () => {
    const { arn } = await workflows.create();
    expect(await publish(arn)).toBe(`${arn}:1`);
    expect(await publish(arn, { description: 'the same revision' })).toBe(`${arn}:1`);
    expect(await workflows.publishNext(arn, 'second')).toBe(`${arn}:2`);
    expect(await publish(arn)).toBe(`${arn}:2`);
    expect(await versionsOf(arn)).toEqual(['2', '1']);
  });

  it('can be part of creating and of updating, also when nothing else changes', async () => {
    const definition = JSON.stringify(definitions.pass());
    const { arn, stateMachineVersionArn } = await workflows.create({ definition, publish: true });
    expect(stateMachineVersionArn).toBe(`${arn}:1`);
    const again = new UpdateStateMachineCommand({ stateMachineArn: arn, definition, publish: true });
    expect(await api.client.send(again)).toMatchObject({ stateMachineVersionArn: `${arn}:1` });

    const { arn: unpublished } = await workflows.create({ definition });
    const first = new UpdateStateMachineCommand({ stateMachineArn: unpublished, definition, publish: true });
    const updated = await api.client.send(first);
    expect(updated).toMatchObject({ stateMachineVersionArn: `${unpublished}:1` });
    expect(updated.revisionId).toBeUndefined();
  });

  it('checks the revision that it is to publish', async () => {
    const { arn } = await workflows.create();
    await expect(publish(arn, { revisionId: 'other' })).rejects.toMatchObject({
      name: 'ConflictException',
      message:
        'Failed to publish the State Machine version for revision other. The current State Machine revision is INITIAL.',
    });
    expect(await publish(arn, { revisionId: 'INITIAL' })).toBe(`${arn}:1`);
    const definition = JSON.stringify(definitions.pass('next'));
    const { revisionId } = await api.client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition }));
    await expect(publish(arn, { revisionId: 'INITIAL' })).rejects.toMatchObject({ name: 'ConflictException' });
    expect(await publish(arn, { revisionId: revisionId ?? '' })).toBe(`${arn}:2`);
  });

  it('many at once give one version', async () => {
    const { arn } = await workflows.create();
    const published = await Promise.all(Array.from({ length: 8 }, () => publish(arn)));
    expect(new Set(published)).toEqual(new Set([`${arn}:1`]));
    expect(await versionsOf(arn)).toEqual(['1']);
  });

  it('needs a state machine, and a publication for a description', async () => {
    const { arn } = await workflows.create();
    await expect(publish(`${arn}-missing`)).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
      message: `State Machine Does Not Exist: '${arn}-missing'`,
    });
    await expect(publish('no-arn')).rejects.toMatchObject({ name: 'InvalidArn' });
    await expect(workflows.create({ versionDescription: 'first' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Version description can only be set when publish is true',
    });
  });
});

describe('versions', () => {
  it('keep what they were published with', async () => {
    const loggingConfiguration = { level: 'OFF', includeExecutionData: true } as const;
    const given = { loggingConfiguration, publish: true, versionDescription: 'first' };
    const { arn, name } = await workflows.create(given);
    const changed = { loggingConfiguration: { level: 'OFF', includeExecutionData: false } } as const;
    await api.client.send(new UpdateStateMachineCommand({ stateMachineArn: arn, ...changed }));
    const version = await api.client.send(new DescribeStateMachineCommand({ stateMachineArn: `${arn}:1` }));
    expect(version).toMatchObject({
      stateMachineArn: `${arn}:1`,
      name,
      description: 'first',
      definition: JSON.stringify(definitions.pass()),
      loggingConfiguration,
      roleArn: ROLE,
      status: 'ACTIVE',
      type: 'STANDARD',
    });
    expect(version.revisionId).toBeUndefined();
    const current = await api.client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
    expect(current.loggingConfiguration?.includeExecutionData).toBe(false);
    expect(current.revisionId).toBeDefined();
  });

  it('run what they were published with, and say so', async () => {
    const { arn } = await workflows.create({ publish: true });
    await workflows.publishNext(arn, 'second');
    const first = await workflows.run(`${arn}:1`);
    const second = await workflows.run(`${arn}:2`);
    const current = await workflows.run(arn);
    expect([first, second, current].map(({ output }) => output)).toEqual([
      '{"by":"first"}',
      '{"by":"second"}',
      '{"by":"second"}',
    ]);
    expect(first).toMatchObject({ stateMachineArn: arn, stateMachineVersionArn: `${arn}:1` });
    expect(first.stateMachineAliasArn).toBeUndefined();
    expect(current.stateMachineVersionArn).toBeUndefined();

    const { executionArn } = first;
    const described = await api.client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(described).toMatchObject({ stateMachineArn: arn, definition: JSON.stringify(definitions.pass()) });
    const { events } = await api.client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1 }));
    expect(events?.[0]?.executionStartedEventDetails?.stateMachineVersionArn).toBe(`${arn}:1`);

    const list = new ListExecutionsCommand({ stateMachineArn: `${arn}:1`, statusFilter: 'SUCCEEDED' });
    const { executions } = await api.client.send(list);
    expect(executions).toMatchObject([{ executionArn, stateMachineArn: arn, stateMachineVersionArn: `${arn}:1` }]);
  });

  it('are listed page by page, newest first', async () => {
    const { arn: stateMachineArn } = await workflows.create({ publish: true });
    for (const by of ['b', 'c', 'd', 'e']) await workflows.publishNext(stateMachineArn, by);
    const found: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = new ListStateMachineVersionsCommand({ stateMachineArn, maxResults: 2, nextToken });
      const listed = await api.client.send(page);
      found.push(...(listed.stateMachineVersions ?? []).map((version) => version.stateMachineVersionArn));
      nextToken = listed.nextToken;
    } while (nextToken !== undefined);
    expect(found).toEqual([5, 4, 3, 2, 1].map((number) => `${stateMachineArn}:${number}`));
    const wrong = new ListStateMachineVersionsCommand({ stateMachineArn, nextToken: 'wrong' });
    await expect(api.client.send(wrong)).rejects.toMatchObject({
      name: 'InvalidToken',
      message: "Invalid Token: 'Invalid token'",
    });
  });

  it('are deleted for good: their numbers are not used again', async () => {
    const { arn } = await workflows.create({ publish: true });
    const remove = () => api.client.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn: `${arn}:1` }));
    await remove();
    await remove();
    expect(await versionsOf(arn)).toEqual([]);
    await expect(workflows.run(`${arn}:1`)).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
      message: `State Machine Does Not Exist: '${arn}:1'`,
    });
    const gone = new DescribeStateMachineCommand({ stateMachineArn: `${arn}:1` });
    await expect(api.client.send(gone)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    expect(await publish(arn)).toBe(`${arn}:2`);
  });

  it('go with their state machine; another of its name begins at 1', async () => {
    const { arn, name } = await workflows.create({ publish: true });
    await workflows.publishNext(arn, 'second');
    await api.client.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
    await expect(workflows.run(`${arn}:1`)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    const { stateMachineVersionArn } = await workflows.create({ name, publish: true });
    expect(stateMachineVersionArn).toBe(`${arn}:1`);
    expect(await versionsOf(arn)).toEqual(['1']);
  });
});

describe('creating a state machine again', () => {
  const definition = JSON.stringify(definitions.pass());

  it('changes nothing where what counts is the same', async () => {
    const given = { name: workflows.unique('again'), definition, publish: true, versionDescription: 'first' };
    const first = await workflows.create({ ...given, tags: [{ key: 'a', value: '1' }] });
    const second = await workflows.create({ ...given, roleArn: `${ROLE}2` });
    expect(second).toMatchObject({ creationDate: first.creationDate, stateMachineVersionArn: `${first.arn}:1` });
    expect(await versionsOf(first.arn)).toEqual(['1']);
  });

  const name = 'once';
  it.each([
    ['definition', { definition: JSON.stringify(definitions.pass('other')) }],
    ['type', { type: 'EXPRESS' }],
    ['logging', { loggingConfiguration: { includeExecutionData: true } }],
    ['tracing', { tracingConfiguration: { enabled: true } }],
    ['encryption', { encryptionConfiguration: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: 'alias/mine' } }],
    ['publish', { publish: true }],
    ['the description of the version', { publish: true, versionDescription: 'v' }],
  ] as const)('is refused with another %s', async (_, more) => {
    await api.client.send(new CreateStateMachineCommand({ name, definition, roleArn: ROLE }));
    await expect(workflows.create({ name, definition, ...more })).rejects.toMatchObject({
      name: 'StateMachineAlreadyExists',
    });
  });
});
