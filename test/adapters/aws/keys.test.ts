import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitIdentity, commitRow } from '../../../lib/adapters/aws/commit-item.ts';
import {
  commitKey,
  commitSortKey,
  factKey,
  indexKey,
  indexRange,
  parseIndexKey,
  ShortArns,
  spreadFactKey,
} from '../../../lib/adapters/aws/keys.ts';
import { LatestUsed } from '../../../lib/adapters/aws/latest-used.ts';
import { packText, unpackText } from '../../../lib/adapters/aws/packed-text.ts';
import { ARN_PREFIX, ARNS } from './fixtures.ts';

const arnPart = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((part) => !/[:#]/.test(part));
const account = fc.constantFrom('123456789012', '999999999999');
const executionArn = fc
  .tuple(account, fc.constantFrom('execution', 'express'), fc.array(arnPart, { minLength: 1, maxLength: 4 }))
  .map(([of, kind, parts]) => `arn:aws:states:us-east-1:${of}:${kind}:${parts.join(':')}`);
const time = fc.integer({ min: 0, max: 8_640_000_000_000 });
const qualifier = fc.constantFrom(undefined, '7', 'PROD');

describe('short ARNs', () => {
  it('can be told apart and expanded', () => {
    fc.assert(
      fc.property(executionArn, executionArn, (a, b) => {
        expect(ARNS.executionArn(ARNS.execution(a))).toBe(a);
        expect(ARNS.execution(a) === ARNS.execution(b)).toBe(a === b);
      }),
    );
  });

  it('leave out what all ARNs of an engine share', () => {
    expect(ARNS.execution(`${ARN_PREFIX}execution:order:1`)).toBe('order:1');
    expect(ARNS.workflow(`${ARN_PREFIX}stateMachine:order`)).toBe('order');
    expect(ARNS.workflowArn('order')).toBe(`${ARN_PREFIX}stateMachine:order`);
    const version = `${ARN_PREFIX}stateMachine:order:3`;
    expect(ARNS.workflowArn(ARNS.workflow(version))).toBe(version);
  });

  it('are whole for the executions of another engine', () => {
    const elsewhere = new ShortArns('arn:aws:states:eu-west-1:123456789012:');
    const arn = `${ARN_PREFIX}execution:order:1`;
    expect(elsewhere.execution(arn)).toBe(arn);
    expect(elsewhere.executionArn(arn)).toBe(arn);
  });
});

describe('sort keys', () => {
  it('of commits are in the order of their numbers', () => {
    const number = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(commitSortKey(a) < commitSortKey(b)).toBe(a < b);
      }),
    );
  });

  it('of rows are in the order of their starts, and inside the ranges that include them', () => {
    fc.assert(
      fc.property(time, time, executionArn, (startedAt, bound, arn) => {
        const { sk } = indexKey('R', { workflow: 'order' }, ARNS.execution(arn), startedAt);
        const from = indexRange(bound, undefined);
        const to = indexRange(undefined, bound);
        expect(sk >= from.low && sk <= from.high).toBe(startedAt >= bound);
        expect(sk >= to.low && sk <= to.high).toBe(startedAt <= bound);
      }),
    );
  });

  it('of rows tell what they were made of', () => {
    fc.assert(
      fc.property(time, arnPart, qualifier, executionArn, (startedAt, workflow, of, arn) => {
        const execution = ARNS.execution(arn);
        const key = indexKey('S', { workflow, qualifier: of }, execution, startedAt);
        expect(parseIndexKey(key)).toEqual({ workflow, execution, startedAt });
      }),
    );
  });
});

describe('items of the event table', () => {
  const image = ({ pk, sk }: { pk: string; sk: string }) => ({ pk: { S: pk }, sk: { S: sk } });

  it('are commits or facts', () => {
    expect(commitIdentity(image(commitKey('order:1', 12)), ARNS)).toEqual({
      execution: `${ARN_PREFIX}execution:order:1`,
      number: 12,
    });
    expect(commitIdentity(image(factKey('order:1', 'stop')), ARNS)).toBeUndefined();
    expect(commitIdentity(image(spreadFactKey('order:1', 'stop')), ARNS)).toBeUndefined();
    expect(commitRow(image(commitKey('order:1', 12)), ARNS)).toBeUndefined();
  });
});

describe('packed texts', () => {
  it('come back as they were, and are never larger', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 2_000 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((part) => part.repeat(100)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const packed = packText(text);
        expect(unpackText(packed)).toBe(text);
        if ('B' in packed) expect(packed.B.length).toBeLessThan(Buffer.byteLength(text));
      }),
    );
  });

  it('are not guessed at when they come from a newer version', () => {
    expect(() => unpackText({ B: Uint8Array.of(2, 0, 0) })).toThrow('newer version');
  });
});

describe('LatestUsed', () => {
  it('lets go of what has not been used for longest', () => {
    const gone: string[] = [];
    const values = new LatestUsed<string>(2, (value) => gone.push(value));
    for (const key of ['a', 'b', 'a', 'c', 'a', 'd']) values.get(key, () => `${key}!`);
    expect(gone).toEqual(['b!', 'c!']);
    values.clear();
    expect(gone).toEqual(['b!', 'c!', 'a!', 'd!']);
  });
});
