import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import { testApp } from './synthesis.ts';

function synthesized(ledger: boolean): Template {
  const stack = new Stack(testApp({ bundled: false }), 'Test');
  new KnhkEngine(stack, 'Engine', { ledger });
  return Template.fromStack(stack);
}

/** What each function is told, by its description. */
function keysOf(template: Template): Readonly<Record<string, unknown>> {
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  return Object.fromEntries(
    functions.flatMap(({ Properties }) => {
      const variables = Properties['Environment']?.Variables;
      return variables?.['KNHK_STATE_TABLE'] === undefined
        ? []
        : [[/: (\w+)/.exec(Properties['Description'])?.[1], variables['KNHK_LEDGER_KEY_ARN'] !== '']];
    }),
  );
}

describe('the ledger of a deployment', () => {
  it('has a key that signs, which the api and the projector may use', () => {
    const template = synthesized(true);
    template.hasResource('AWS::KMS::Key', {
      Properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
      DeletionPolicy: 'Retain',
    });
    expect(keysOf(template)).toEqual({ answers: true, runs: false, keeps: true });
    const signing = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties['PolicyDocument']).includes('kms:Sign'),
    );
    expect(signing).toHaveLength(2);
  });

  it('is not there unless it is asked for', () => {
    const template = synthesized(false);
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(keysOf(template)).toEqual({ answers: false, runs: false, keeps: false });
  });
});
