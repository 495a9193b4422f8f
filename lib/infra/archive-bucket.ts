import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { ArchiveSettings, EngineSettings } from './engine-props.ts';
import { acknowledgeWildcard } from './permissions.ts';

/** Where logs of closed executions are kept, for a time that nobody can shorten. It stays when the stack is deleted. */
export class ArchiveBucket extends Construct {
  readonly bucket: Bucket;
  readonly holds: boolean;

  constructor(scope: Construct, id: string, archive: ArchiveSettings, { encryptionKey }: EngineSettings) {
    super(scope, id);
    const { retentionDays, mode, legalHold } = archive;
    const retention = Duration.days(retentionDays);
    this.holds = legalHold;
    this.bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention:
        mode === 'compliance' ? ObjectLockRetention.compliance(retention) : ObjectLockRetention.governance(retention),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      lifecycleRules: [{ id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Nothing is deleted or overwritten in it, and payloads are encrypted with keys that it does not have; CloudTrail tells of holds.',
    });
  }

  /** Lets the projector put objects, and do nothing else with them but hold them. */
  permitArchiving(role: Role, blobs: Bucket): void {
    const objects = this.#permit(role, ['s3:PutObject', ...(this.holds ? ['s3:PutObjectLegalHold'] : [])]);
    acknowledgeWildcard(role, objects, 'What executions leave behind; each closing makes an object.');
    // Of commits that are too large for the table.
    const payloads = blobs.arnForObjects('*');
    role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [payloads] }));
    acknowledgeWildcard(role, payloads, 'The payloads of all executions, in a bucket that holds nothing else.');
  }

  /** Lets the API see what there is, and hold it. */
  permitLooking(role: Role): void {
    const looking = ['s3:GetObject', 's3:GetObjectLegalHold', 's3:GetObjectRetention'];
    const objects = this.#permit(role, [...looking, ...(this.holds ? ['s3:PutObjectLegalHold'] : [])]);
    acknowledgeWildcard(role, objects, 'What executions leave behind; requests say of which.');
    role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }));
  }

  #permit(role: Role, actions: string[]): string {
    const objects = this.bucket.arnForObjects('*');
    role.addToPolicy(new PolicyStatement({ actions, resources: [objects] }));
    return objects;
  }
}
