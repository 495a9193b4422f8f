import { Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { EngineSettings } from './engine-props.ts';

/** What the ledger of closed executions is signed with: the secret half never leaves KMS. */
export class LedgerKey extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, { removalPolicy }: EngineSettings) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      description: 'KNHK: signs the ledger of closed executions',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy,
    });
    Validations.of(key).acknowledge({
      id: 'AwsSolutions-KMS5',
      reason: 'KMS does not rotate keys that sign: what they have signed is to be verified for ever.',
    });
    this.key = key;
  }

  /** Lets a function sign with it, and show its public half. */
  permit(role: Role): void {
    this.key.grant(role, 'kms:Sign', 'kms:GetPublicKey');
  }
}
