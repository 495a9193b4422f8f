import {
  CreateStateMachineAliasCommand,
  type CreateStateMachineAliasCommandInput,
  DeleteStateMachineAliasCommand,
  DeleteStateMachineCommand,
  DeleteStateMachineVersionCommand,
  DescribeStateMachineAliasCommand,
  ListExecutionsCommand,
  ListStateMachineAliasesCommand,
  StartSyncExecutionCommand,
  UpdateStateMachineAliasCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Alias, chooseVersion } from '../../lib/execution/aliases.ts';
import { type RunningApi, startApi } from './running-api.ts';
import { SfnWorkflows } from './sfn-workflows.ts';

let api: RunningApi;
const workflows = new SfnWorkflows(() => api);

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const route = (stateMachineVersionArn: string, weight = 100) => ({ stateMachineVersionArn, weight });

async function createAlias(input: CreateStateMachineAliasCommandInput): Promise<string> {
  return (await api.client.send(new CreateStateMachineAliasCommand(input))).stateMachineAliasArn ?? '';
}

async function aliasesOf(stateMachineArn: string): Promise<readonly (string | undefined)[]> {
  const listed = await api.client.send(new ListStateMachineAliasesCommand({ stateMachineArn }));
  return listed.stateMachineAliases?.map((alias) => alias.stateMachineAliasArn?.split(':').at(-1)) ?? [];
}

/** A workflow with two versions. */
async function twoVersions(): Promise<string> {
  const { arn } = await workflows.create({ publish: true });
  await workflows.publishNext(arn, 'second');
  return arn;
}

describe('an alias', () => {
  it('is created, described, changed, listed and deleted', async () => {
    const arn = await twoVersions();
    const routingConfiguration = [route(`${arn}:1`)];
    const alias = await createAlias({ name: 'PROD', description: 'live', routingConfiguration });
    expect(alias).toBe(`${arn}:PROD`);
    const describeIt = () => api.client.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn: alias }));
    expect(await describeIt()).toMatchObject({ name: 'PROD', description: 'live', routingConfiguration });

    const split = [route(`${arn}:1`, 90), route(`${arn}:2`, 10)];
    const change = { stateMachineAliasArn: alias, routingConfiguration: split };
    const { updateDate } = await api.client.send(new UpdateStateMachineAliasCommand(change));
    expect(updateDate).toBeInstanceOf(Date);
    expect(await describeIt()).toMatchObject({ description: 'live', routingConfiguration: split });

    await createAlias({ name: 'TEST', routingConfiguration: [route(`${arn}:2`)] });
    expect(await aliasesOf(arn)).toEqual(['PROD', 'TEST']);
    expect(await aliasesOf(`${arn}:1`)).toEqual(['PROD']);
    await api.client.send(new DeleteStateMachineAliasCommand({ stateMachineAliasArn: alias }));
    expect(await aliasesOf(arn)).toEqual(['TEST']);
    const missing = { name: 'ResourceNotFound', message: 'Request references a resource that does not exist.' };
    await expect(describeIt()).rejects.toMatchObject(missing);
  });

  it('is listed page by page', async () => {
    const arn = await twoVersions();
    const names = ['c', 'a', 'd', 'b', 'e'];
    for (const name of names) await createAlias({ name, routingConfiguration: [route(`${arn}:1`)] });
    const found: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = new ListStateMachineAliasesCommand({ stateMachineArn: arn, maxResults: 2, nextToken });
      const listed = await api.client.send(page);
      expect(listed.stateMachineAliases?.length).toBeLessThanOrEqual(2);
      found.push(...(listed.stateMachineAliases ?? []).map((one) => one.stateMachineAliasArn?.split(':').at(-1)));
      nextToken = listed.nextToken;
    } while (nextToken !== undefined);
    expect(found.toSorted()).toEqual(names.toSorted());
    const wrong = new ListStateMachineAliasesCommand({ stateMachineArn: arn, nextToken: 'wrong' });
    await expect(api.client.send(wrong)).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('starts its version, and executions say so', async () => {
    const arn = await twoVersions();
    const alias = await createAlias({ name: 'PROD', routingConfiguration: [route(`${arn}:1`)] });
    const { executionArn, ...execution } = await workflows.run(alias);
    expect(execution).toMatchObject({
      output: '{"by":"first"}',
      stateMachineArn: arn,
      stateMachineVersionArn: `${arn}:1`,
      stateMachineAliasArn: alias,
    });
    for (const stateMachineArn of [arn, alias, `${arn}:1`]) {
      const { executions } = await api.client.send(new ListExecutionsCommand({ stateMachineArn }));
      expect(executions).toMatchObject([{ executionArn, stateMachineAliasArn: alias }]);
    }
    const other = await api.client.send(new ListExecutionsCommand({ stateMachineArn: `${arn}:2` }));
    expect(other.executions).toEqual([]);
    await expect(workflows.run(`${arn}:NONE`)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  });

  it('starts express workflows, also synchronously', async () => {
    const { arn } = await workflows.create({ type: 'EXPRESS', publish: true });
    await workflows.publishNext(arn, 'second');
    const stateMachineArn = await createAlias({ name: 'PROD', routingConfiguration: [route(`${arn}:1`)] });
    const done = await api.client.send(new StartSyncExecutionCommand({ stateMachineArn }));
    expect(done).toMatchObject({ status: 'SUCCEEDED', output: '{"by":"first"}', stateMachineArn: arn });
  });

  it('keeps its versions from being deleted, and goes with its state machine', async () => {
    const arn = await twoVersions();
    await createAlias({ name: 'PROD', routingConfiguration: [route(`${arn}:1`, 40), route(`${arn}:2`, 60)] });
    const remove = new DeleteStateMachineVersionCommand({ stateMachineVersionArn: `${arn}:2` });
    await expect(api.client.send(remove)).rejects.toMatchObject({
      name: 'ConflictException',
      message:
        'Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [PROD]',
    });
    await api.client.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
    const gone = new DescribeStateMachineAliasCommand({ stateMachineAliasArn: `${arn}:PROD` });
    await expect(api.client.send(gone)).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });

  it('is created once', async () => {
    const arn = await twoVersions();
    const input = { name: 'PROD', description: 'live', routingConfiguration: [route(`${arn}:1`)] };
    await createAlias(input);
    expect(await createAlias(input)).toBe(`${arn}:PROD`);
    const conflict = {
      name: 'ConflictException',
      message:
        'Failed to create alias because an alias with the same name and a different routing configuration already exists.',
    };
    await expect(createAlias({ ...input, description: 'other' })).rejects.toMatchObject(conflict);
    const routingConfiguration = [route(`${arn}:2`)];
    await expect(createAlias({ ...input, routingConfiguration })).rejects.toMatchObject(conflict);
  });

  it('is one of at most a hundred', async () => {
    const arn = await twoVersions();
    const routingConfiguration = [route(`${arn}:1`)];
    for (let i = 0; i < 100; i += 1) await createAlias({ name: `alias-${i}`, routingConfiguration });
    const tooMany = createAlias({ name: 'alias-100', routingConfiguration });
    await expect(tooMany).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
  });
});

describe('routing configurations that are refused', () => {
  let arn: string;
  beforeAll(async () => {
    arn = await twoVersions();
  });

  const received = (...qualifiers: readonly string[]) => `[${qualifiers.map((one) => `${arn}${one}`).join(', ')}]`;
  it.each([
    [
      'no version',
      [''],
      [100],
      () => `Routing configuration must contain state machine version ARNs. Received: ${received('')}`,
    ],
    [
      'an alias',
      [':PROD'],
      [100],
      () => `Routing configuration must contain state machine version ARNs. Received: ${received(':PROD')}`,
    ],
    [
      'one twice',
      [':1', ':1'],
      [50, 50],
      () => `Routing configuration must contain distinct state machine version ARNs. Received: ${received(':1', ':1')}`,
    ],
    ['too little', [':1', ':2'], [1, 2], () => 'Sum of routing configuration weights must equal 100. Received: [1, 2]'],
    ['not all', [':1'], [99], () => 'Sum of routing configuration weights must equal 100. Received: [99]'],
    [
      'a weight above 100',
      [':1'],
      [101],
      () =>
        "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
    ],
    [
      'a weight below 0',
      [':1'],
      [-1],
      () =>
        "1 validation error detected: Value '-1' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value greater than or equal to 0",
    ],
    [
      'three',
      [':1', ':2', ':3'],
      [1, 2, 97],
      () =>
        `1 validation error detected: Value '[RoutingConfigurationListItem(stateMachineVersionArn=${arn}:1, weight=1), RoutingConfigurationListItem(stateMachineVersionArn=${arn}:2, weight=2), RoutingConfigurationListItem(stateMachineVersionArn=${arn}:3, weight=97)]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2`,
    ],
    [
      'none',
      [],
      [],
      () =>
        "1 validation error detected: Value '[]' at 'routingConfiguration' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
  ])('%s', async (_, qualifiers, weights, message) => {
    const routingConfiguration = qualifiers.map((qualifier, i) => route(`${arn}${qualifier}`, weights[i]));
    const refused = createAlias({ name: 'NEW', routingConfiguration });
    await expect(refused).rejects.toMatchObject({ name: 'ValidationException', message: message() });
  });

  it('versions that do not exist, or of another workflow', async () => {
    const missing = createAlias({ name: 'NEW', routingConfiguration: [route(`${arn}:7`)] });
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFound' });
    const other = await twoVersions();
    const mixed = createAlias({ name: 'NEW', routingConfiguration: [route(`${arn}:1`, 50), route(`${other}:1`, 50)] });
    await expect(mixed).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('names of digits alone, or with other characters', async () => {
    const routingConfiguration = [route(`${arn}:1`)];
    for (const name of ['12', 'a b', 'ä']) {
      await expect(createAlias({ name, routingConfiguration })).rejects.toMatchObject({
        name: 'ValidationException',
        message: `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$`,
      });
    }
  });
});

it('divides starts by weight', () => {
  const split: Alias = {
    name: 'PROD',
    routes: [
      { version: 1, weight: 90 },
      { version: 2, weight: 10 },
    ],
    createdAt: 0,
    updatedAt: 0,
  };
  const chosen = Array.from({ length: 1_000 }, (_, i) => chooseVersion(split, Math.ceil((i / 1_000) * 2 ** 32)));
  expect(chosen.filter((version) => version === 1)).toHaveLength(900);
  expect(chosen.filter((version) => version === 2)).toHaveLength(100);
  const none = {
    ...split,
    routes: [
      { version: 1, weight: 0 },
      { version: 2, weight: 100 },
    ],
  };
  expect([0, 2 ** 32 - 1].map((random) => chooseVersion(none, random))).toEqual([2, 2]);
});
