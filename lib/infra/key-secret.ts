import { Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { EngineSettings } from './engine-props.ts';

/** Characters of some 6 bits each: more than the 256 bits of the key that is made of them. */
const LENGTH = 64;

/** What secrets of access keys are encrypted with: a random text, itself encrypted under a KMS key. */
export class KeySecret extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { encryptionKey, removalPolicy }: EngineSettings) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: 'KNHK: encrypts the secrets of access keys',
      generateSecretString: { passwordLength: LENGTH, excludePunctuation: true },
      removalPolicy,
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Access keys stay readable through one rotation, not two: it is rotated by hand, with the keys.',
    });
    this.arn = secret.secretArn;
  }

  /** Lets a function read it. Under a customer key, the function may use that already. */
  permit(role: Role): void {
    role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.arn] }));
  }
}
