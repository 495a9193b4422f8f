import { describe, expect, it } from 'vitest';
import { complaintsAbout } from './service-spec.ts';
import type { Resource } from './synthesis.ts';

function about(resource: Resource) {
  return complaintsAbout({ Resources: { It: resource } });
}

describe('the check against the service specification', () => {
  it('accepts what exists', () => {
    const Properties = {
      VisibilityTimeout: 960,
      RedrivePolicy: { maxReceiveCount: 5 },
      KmsMasterKeyId: { Ref: 'Key' },
    };
    expect(about({ Type: 'AWS::SQS::Queue', Properties })).toEqual([]);
  });

  it('names a type that does not exist', () => {
    expect(about({ Type: 'AWS::SQS::Line', Properties: {} })).toEqual(['It: there is no resource type AWS::SQS::Line']);
  });

  it('names a property that does not exist', () => {
    expect(about({ Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeOut: 1 } })).toEqual([
      'It (AWS::SQS::Queue): there is no property VisibilityTimeOut',
    ]);
  });

  it('names a nested property that does not exist, and required ones that are missing', () => {
    const Properties = { FunctionName: 'f', ScalingConfig: { MaxConcurrency: 2 } };
    expect(about({ Type: 'AWS::Lambda::EventSourceMapping', Properties })).toEqual([
      'It (AWS::Lambda::EventSourceMapping).ScalingConfig: there is no property MaxConcurrency',
    ]);
    expect(about({ Type: 'AWS::Lambda::EventSourceMapping', Properties: {} })).toEqual([
      'It (AWS::Lambda::EventSourceMapping): the property FunctionName is required',
    ]);
  });

  it('names a value of the wrong type', () => {
    expect(about({ Type: 'AWS::SQS::Queue', Properties: { FifoQueue: 'yes' } })).toEqual([
      'It (AWS::SQS::Queue).FifoQueue: "yes" is no boolean',
    ]);
  });

  it('names an attribute that the resource does not have, and a resource that is not there', () => {
    const Properties = {
      QueueName: { 'Fn::GetAtt': ['It', 'StreamArn'] },
      KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
    };
    expect(about({ Type: 'AWS::SQS::Queue', Properties })).toEqual([
      'It.StreamArn: AWS::SQS::Queue has no such attribute',
      'Key.Arn: there is no resource Key',
    ]);
  });
});
