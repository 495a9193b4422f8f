import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import type { EngineArchive } from '../../lib/infra/engine-props.ts';
import { testApp } from './synthesis.ts';

function synthesized(archive?: EngineArchive, hasKey = false): Template {
  const stack = new Stack(testApp({ bundled: false }), 'Test');
  const key = hasKey ? { encryptionKey: new Key(stack, 'Key') } : {};
  new KnhkEngine(stack, 'Engine', { ...(archive === undefined ? {} : { archive }), ...key });
  return Template.fromStack(stack);
}

const LOCKED = { ObjectLockEnabled: true };

/** The actions of S3 that each function may do in the archive, by the name of its role. */
function actionsOf(template: Template): Readonly<Record<string, readonly string[]>> {
  const [archive = ''] = Object.keys(template.findResources('AWS::S3::Bucket', { Properties: LOCKED }));
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
  return Object.fromEntries(
    ['Api', 'Executor', 'Projector'].map((name) => {
      const [, policy] = policies.find(([id]) => id.startsWith(`Engine${name}Role`)) ?? expect.fail(name);
      const statements: { Action: string | string[]; Resource: unknown }[] =
        policy['Properties'].PolicyDocument.Statement;
      const some = statements.filter(({ Resource }) => archive !== '' && JSON.stringify(Resource).includes(archive));
      return [name, some.flatMap(({ Action }) => Action).toSorted()];
    }),
  );
}

/** What each function is told, by its description. */
function told(template: Template, variable: string): readonly boolean[] {
  return ['answers', 'runs', 'keeps'].map((verb) => {
    const [fn] = Object.values(
      template.findResources('AWS::Lambda::Function', {
        Properties: { Description: Match.stringLikeRegexp(`KNHK: ${verb}`) },
      }),
    );
    return fn?.['Properties'].Environment.Variables[variable] !== '';
  });
}

describe('The archive of a deployment', () => {
  test('is a bucket whose objects nobody deletes, and which stays', () => {
    const template = synthesized({ retentionDays: 3650, mode: 'compliance' });
    template.hasResource('AWS::S3::Bucket', {
      Properties: {
        ...LOCKED,
        VersioningConfiguration: { Status: 'Enabled' },
        ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 3650 } } },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
        BucketEncryption: Match.anyValue(),
      },
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    const [id = ''] = Object.keys(template.findResources('AWS::S3::Bucket', { Properties: LOCKED }));
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: id },
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      },
    });
  });

  test('is written by the projector and seen by the API; neither deletes or shortens anything', () => {
    const template = synthesized({ retentionDays: 30 });
    expect(actionsOf(template)).toEqual({
      Api: ['s3:GetObject', 's3:GetObjectLegalHold', 's3:GetObjectRetention', 's3:ListBucket'],
      Executor: [],
      Projector: ['s3:PutObject'],
    });
    expect(told(template, 'KNHK_ARCHIVE_BUCKET')).toEqual([true, false, true]);
    expect(told(template, 'KNHK_ARCHIVE_HOLDS')).toEqual([false, false, false]);
    template.hasResourceProperties('AWS::S3::Bucket', {
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } } },
    });
  });

  test('is held by both if they may', () => {
    const template = synthesized({ retentionDays: 30, legalHold: true });
    const { Api, Projector } = actionsOf(template);
    expect(Api).toContain('s3:PutObjectLegalHold');
    expect(Projector).toEqual(['s3:PutObject', 's3:PutObjectLegalHold']);
    expect(told(template, 'KNHK_ARCHIVE_HOLDS')).toEqual([true, false, true]);
  });

  test('has the customer key, where there is one', () => {
    synthesized({ retentionDays: 30 }, true).hasResourceProperties('AWS::S3::Bucket', {
      ...LOCKED,
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          Match.objectLike({ ServerSideEncryptionByDefault: Match.objectLike({ SSEAlgorithm: 'aws:kms' }) }),
        ],
      },
    });
  });

  test('is not there unless it is asked for, for a time of at least a day', () => {
    const template = synthesized();
    expect(template.findResources('AWS::S3::Bucket', { Properties: LOCKED })).toEqual({});
    expect(told(template, 'KNHK_ARCHIVE_BUCKET')).toEqual([false, false, false]);
    expect(() => synthesized({ retentionDays: 0 })).toThrow('archive.retentionDays');
  });
});
