import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { EngineSettings } from './engine-props.ts';

/** Where executions live: the commit log, the state beside it, and the payloads too large for either. */
export class Storage extends Construct {
  /** Immutable commits; its stream is the outbox that the projector follows. */
  readonly events: Table;
  /** Workflows, read models, tokens, offers: everything that changes in place. */
  readonly state: Table;
  readonly blobs: Bucket;

  constructor(scope: Construct, id: string, settings: EngineSettings) {
    super(scope, id);
    this.events = this.table('Events', settings, StreamViewType.NEW_IMAGE);
    this.state = this.table('State', settings);
    this.blobs = this.bucket('Blobs', settings);
  }

  private table(id: string, settings: EngineSettings, stream?: StreamViewType): Table {
    const { encryptionKey, removalPolicy } = settings;
    return new Table(this, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(encryptionKey
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
        : { encryption: TableEncryption.AWS_MANAGED }),
      ...(stream ? { stream } : {}),
      removalPolicy,
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    });
  }

  private bucket(id: string, settings: EngineSettings): Bucket {
    const { encryptionKey, removalPolicy, blobExpiration } = settings;
    const bucket = new Bucket(this, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      lifecycleRules: [
        { id: 'unfinished', abortIncompleteMultipartUploadAfter: Duration.days(1) },
        {
          id: 'cold',
          transitions: [{ storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(30) }],
        },
        ...(blobExpiration ? [{ id: 'old', expiration: blobExpiration }] : []),
      ],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only two functions of the engine reach the bucket, and the commit log tells who wrote which payload; an access log would double the requests paid for.',
    });
    return bucket;
  }
}
