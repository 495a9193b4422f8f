import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import type { KnhkEngineProps } from '../../lib/infra/engine-props.ts';
import { testApp } from './synthesis.ts';

function synthesized(rateLimits: NonNullable<KnhkEngineProps['rateLimits']>): Template {
  const stack = new Stack(testApp({ bundled: false }), 'Test');
  new KnhkEngine(stack, 'Engine', { rateLimits });
  return Template.fromStack(stack);
}

describe('rate limits of a deployment', () => {
  it('reach the functions as they are given', () => {
    const given = { 'tenant:*': { rate: 50, burst: 100 }, 'key:*': { rate: 5 } };
    const texts = Object.values(synthesized(given).findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties }) => Properties['Environment']?.Variables?.['KNHK_RATE_LIMITS'] ?? [],
    );
    expect(texts).toEqual(Array.from({ length: 3 }, () => JSON.stringify(given)));
  });

  it('are checked when the app is synthesized', () => {
    expect(() => synthesized({ 'tenant:*': { rate: 0 } })).toThrow(
      'Correct rateLimits. Give a rate from 0.00001 to 1000000 a second, not 0. (rate limit "tenant:*")',
    );
    const many = Array.from({ length: 30 }, (_, index) => [`tenant:t${index}`, { rate: 1 }]);
    expect(() => synthesized(Object.fromEntries(many))).toThrow('Give fewer rate limits');
  });
});
