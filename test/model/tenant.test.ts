import { describe, expect, test } from 'vitest';
import { executionArn, expressArn, workflowArn } from '../../lib/model/arn.ts';
import { fairnessGroup } from '../../lib/model/tenant.ts';

const place = { partition: 'aws', region: 'us-east-1', account: '000000000000' };

describe('who takes turns on the work queue', () => {
  test.each([
    ['acme--order', 'acme'],
    ['acme--refund', 'acme'],
    ['acme--order/Items', 'acme'],
    ['order', 'order'],
    ['-x--order', '-x--order'],
  ])('executions of %s: %s', (workflow, group) => {
    expect(fairnessGroup(executionArn(place, workflow, 'one'))).toBe(group);
    expect(fairnessGroup(expressArn(place, workflow, 'one', 'two'))).toBe(group);
  });

  test('what is no execution stands for itself', () => {
    expect(fairnessGroup(workflowArn(place, 'acme--order'))).toBe('acme');
    expect(fairnessGroup('something')).toBe('something');
  });
});
