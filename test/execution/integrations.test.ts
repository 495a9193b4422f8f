import { describe, expect, it } from 'vitest';
import { load } from '../../lib/execution/definitions.ts';

function findingsFor(resource: string) {
  const definition = { StartAt: 'Call', States: { Call: { Type: 'Task', Resource: resource, End: true } } };
  return load(definition, { type: 'STANDARD' }).findings.map(({ severity, code }) => `${severity} ${code}`);
}

describe('the integrations of the engine', () => {
  it.each([
    'aws-sdk:s3:getObject',
    'aws-sdk:dynamodb:putItem.waitForTaskToken',
    'sqs:sendMessage.waitForTaskToken',
    'events:putEvents',
    'ecs:runTask.sync',
    'glue:startJobRun.sync',
    'http:invoke',
    'states:startExecution.sync:2',
  ])('have %s', (name) => expect(findingsFor(`arn:aws:states:::${name}`)).toEqual([]));

  it.each(['apigateway:invoke', 'eks:runJob.sync', 'eks:call'])('lack %s, which a warning says', (name) => {
    expect(findingsFor(`arn:aws:states:::${name}`)).toEqual(['WARNING NOT_SUPPORTED_YET']);
  });

  it.each([
    'dynamodb:query',
    'dynamodb:putItem.sync',
    'sqs:sendMessage.sync',
    'aws-sdk:ecs:runTask.sync',
    'aws-sdk:dynamodb:PutItem',
    'aws-sdk:SQS:sendMessage',
    'batch:submitJob.waitForTaskToken',
    'glue:startJobRun.sync:2',
  ])('cannot have %s, which Step Functions refuses', (name) => {
    expect(findingsFor(`arn:aws:states:::${name}`)).toEqual(['ERROR SCHEMA_VALIDATION_FAILED']);
  });
});
