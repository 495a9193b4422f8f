import { describe, expect, test } from 'vitest';
import { parseLimitName, readRateLimits } from '../../lib/resilience/rate-limit.ts';

describe('names of rate limits', () => {
  test.each([
    ['key:1f0c9a4be2d37a60', 'key', '1f0c9a4be2d37a60'],
    ['principal:arn:aws:iam::123456789012:user/x', 'principal', 'arn:aws:iam::123456789012:user/x'],
    ['tenant:acme', 'tenant', 'acme'],
    ['tenant:*', 'tenant', '*'],
    ['target:https://api.example.com', 'target', 'https://api.example.com'],
  ])('%s', (text, kind, of) => {
    expect(parseLimitName(text)).toEqual({ kind, of });
  });

  test.each([
    '',
    'tenant',
    'tenant:',
    ':acme',
    'tenant:a--b',
    'tenant:-a',
    'pool:x',
    'key:a b',
    `key:${'x'.repeat(400)}`,
  ])('not "%s"', (text) => {
    expect(parseLimitName(text)).toBeUndefined();
  });
});

describe('limits of a deployment', () => {
  test('have a burst of a second unless they name one', () => {
    const read = readRateLimits({
      'tenant:*': { rate: 50, burst: 100 },
      'key:*': { rate: 7.5 },
      'target:a': { rate: 0.1 },
    });
    expect([...read]).toEqual([
      ['tenant:*', { rate: 50, burst: 100 }],
      ['key:*', { rate: 7.5, burst: 8 }],
      ['target:a', { rate: 0.1, burst: 1 }],
    ]);
  });

  test.each([
    [[], 'Give rate limits by name'],
    [{ tenant: { rate: 1 } }, 'Name a limit key:…, principal:…, tenant:…, target:…'],
    [{ 'tenant:*': 5 }, 'Give a rate from 0.00001 to 1000000 a second, not undefined. (rate limit "tenant:*")'],
    [{ 'tenant:*': { rate: '5' } }, 'not "5". (rate limit "tenant:*")'],
    [{ 'tenant:*': { rate: 5, burst: 0.5 } }, 'Give a burst that is an integer from 1 to 1000000, not 0.5.'],
    [{ 'tenant:*': { rate: 5, brust: 5 } }, 'Leave out "brust": a rate limit has a rate and a burst.'],
  ])('%j is refused', (value, problem) => {
    expect(() => readRateLimits(value)).toThrow(problem);
  });
});
