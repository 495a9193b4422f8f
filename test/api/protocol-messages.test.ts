import { CreateActivityCommand, CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLE, type RunningApi, startApi } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function refusal(target: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${target}` };
  const response = await fetch(api.url, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(response.status).toBe(400);
  return response.json();
}

describe('requests of a wrong form', () => {
  const arn = 'arn:aws:states:eu-central-1:123456789012:stateMachine:order';
  it.each([
    ['StartExecution', { stateMachineArn: true }, 'TRUE_VALUE can not be converted to a String'],
    ['StartExecution', { stateMachineArn: [arn] }, 'Start of list found where not expected'],
    ['StartExecution', { stateMachineArn: { arn } }, 'Start of structure or map found where not expected.'],
    ['ListStateMachines', { maxResults: 'ten' }, 'STRING_VALUE can not be converted to an Integer'],
    ['ListStateMachines', { maxResults: 1.5 }, 'DECIMAL_VALUE can not be converted to an Integer'],
    [
      'CreateStateMachine',
      { name: 'n', definition: '{}', roleArn: ROLE, publish: 'yes' },
      'STRING_VALUE can not be converted to a Boolean',
    ],
    ['TagResource', { resourceArn: arn, tags: 'a' }, 'Expected list or null'],
  ])('%s with %j: %s', async (target, body, message) => {
    expect(await refusal(target, body)).toEqual({ __type: 'SerializationException', message });
  });

  it.each([
    [
      'DescribeStateMachine',
      {},
      "Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
    ],
    [
      'ListStateMachineVersions',
      { stateMachineArn: arn, maxResults: 1_001 },
      "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
    ],
    [
      'ListStateMachineAliases',
      { stateMachineArn: arn, maxResults: -1 },
      "Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0",
    ],
    [
      'PublishStateMachineVersion',
      { stateMachineArn: arn, description: 'd'.repeat(257) },
      `Value '${'d'.repeat(257)}' at 'description' failed to satisfy constraint: Member must have length less than or equal to 256`,
    ],
    [
      'DescribeStateMachine',
      { stateMachineArn: arn, includedData: 'SOME' },
      "Value 'SOME' at 'includedData' failed to satisfy constraint: Member must satisfy enum value set: [ALL_DATA, METADATA_ONLY]",
    ],
    [
      'CreateActivity',
      {
        name: 'a',
        encryptionConfiguration: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: 'k', kmsDataKeyReusePeriodSeconds: 59 },
      },
      "Value '59' at 'encryptionConfiguration.kmsDataKeyReusePeriodSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60",
    ],
  ])('%s with %j', async (target, body, problem) => {
    const message = `1 validation error detected: ${problem}`;
    expect(await refusal(target, body)).toEqual({ __type: 'ValidationException', message });
  });
});

describe('labels of maps', () => {
  const definitionOf = (Label: string) => {
    const ItemProcessor = {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'In',
      States: { In: { Type: 'Pass', End: true } },
    };
    return JSON.stringify({ StartAt: 'Each', States: { Each: { Type: 'Map', Label, ItemProcessor, End: true } } });
  };
  const create = (definition: string) =>
    api.client.send(new CreateStateMachineCommand({ name: 'labelled', definition, roleArn: ROLE }));

  it.each([
    ['a label', `"Label contains invalid character: ' '"`],
    ['a$', `"Label contains invalid character: '$'"`],
    ['a\\b', String.raw`"Label contains invalid character: '\\\\'"`],
    ['a"b', String.raw`'Label contains invalid character: \'"\''`],
    ['a\tb', String.raw`"Label contains invalid character: '\\t'"`],
    ['a\u0000b', String.raw`"Label contains invalid character: '\\x00'"`],
    ['a\u009fb', String.raw`"Label contains invalid character: '\\x9f'"`],
    ['a\u2003b', String.raw`"Label contains invalid character: '\\u2003'"`],
    ['x'.repeat(41), "'Label cannot exceed 40 characters'"],
  ])('%j is refused', async (label, argument) => {
    const definition = definitionOf(label);
    await expect(create(definition)).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message: `Error=ValueError Args=[${argument}] in definition '${definition}'.`,
    });
  });

  it('with letters of any script are taken', async () => {
    expect((await create(definitionOf("Größe-_.!'()@=+"))).stateMachineArn).toBeDefined();
  });
});

describe('names', () => {
  it.each(['a b', 'a:b', 'a/b', ' a', 'a\u0085', 'a\ufffe', 'a\u{10ffff}'])('%j is refused', async (name) => {
    await expect(api.client.send(new CreateActivityCommand({ name }))).rejects.toMatchObject({
      name: 'InvalidName',
      message: `Invalid Name: '${name}'`,
    });
  });

  it('may have other characters, up to eighty', async () => {
    for (const name of ["a.b-c_d(e)!'+=@", 'ä', 'x'.repeat(80)]) {
      expect((await api.client.send(new CreateActivityCommand({ name }))).activityArn).toContain(name);
    }
  });
});
