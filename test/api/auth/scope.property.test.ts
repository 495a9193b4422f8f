import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ActionName, actionNames } from '../../../lib/api/auth/action-names.ts';
import { may, type Principal } from '../../../lib/api/auth/principal.ts';
import { allows, covers, formatScope, parseScope, type Scope } from '../../../lib/api/auth/scope.ts';

const character = fc.constantFrom(...'ab-');
const name = fc.string({ unit: character, minLength: 1, maxLength: 8 });
const pattern = fc.string({ unit: fc.constantFrom(...'ab-*'), minLength: 1, maxLength: 8 });
// Asserted: those are the names of actions.
const action = fc.constantFrom(...([...actionNames] as ActionName[]));
const scope = fc.tuple(action, fc.boolean(), fc.boolean(), pattern).map(([named, anyArea, anyVerb, names]): Scope => {
  const [area = '', verb = ''] = named.split(':');
  return { area: anyArea ? '*' : area, verb: anyVerb || anyArea ? '*' : verb, names };
});

describe('scopes', () => {
  test.each([
    ['executions:start:orders-*', 'executions:start', 'orders-1', true],
    ['executions:start:orders-*', 'executions:start', 'order', false],
    ['executions:start:orders-*', 'executions:stop', 'orders-1', false],
    ['executions:start', 'executions:start', 'anything', true],
    ['workitems:*', 'workitems:complete', 'anything', true],
    ['workitems', 'workitems:start', 'anything', true],
    ['workitems:*', 'executions:start', 'anything', false],
    ['*', 'keys:create', 'anything', true],
    ['*:*:a*z', 'tasks:report', 'a-b-z', true],
    ['*:*:a*z', 'tasks:report', 'a-b', false],
  ] as const)('%s: %s of %s: %s', (text, what, of, expected) => {
    const parsed = parseScope(text);
    expect(parsed !== undefined && allows(parsed, what, of)).toBe(expected);
  });

  test.each([
    '',
    'openid',
    'execution:start',
    'executions:begin',
    'a:b:c:d',
    'executions:start:x:y',
    'executions:start:a b',
  ])('none is: "%s"', (text) => expect(parseScope(text)).toBeUndefined());

  test('are written as they are read', () => {
    fc.assert(
      fc.property(scope, (one) => {
        expect(parseScope(formatScope(one))).toEqual(one);
      }),
    );
  });

  test('match names as the regular expression does that they stand for', () => {
    fc.assert(
      fc.property(pattern, name, (names, of) => {
        const expression = new RegExp(`^${names.replaceAll('*', '.*')}$`);
        expect(allows({ area: '*', verb: '*', names }, 'executions:start', of)).toBe(expression.test(of));
      }),
      { numRuns: 1_000 },
    );
  });

  test('cover what is narrower, and what is covered allows nothing that its cover does not', () => {
    const filled = fc.array(pattern, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(pattern, filled, fc.array(name, { minLength: 80, maxLength: 80 }), (names, parts, texts) => {
        const narrower = names.replaceAll('*', () => parts.pop() ?? '');
        const of = narrower.replaceAll('*', () => texts.pop() ?? '');
        const whole: Scope = { area: '*', verb: '*', names };
        const part: Scope = { area: 'executions', verb: 'start', names: narrower };
        expect(covers(whole, part)).toBe(true);
        expect(covers(part, whole)).toBe(false);
        expect(allows(part, 'executions:start', of)).toBe(true);
        expect(allows(whole, 'executions:start', of)).toBe(true);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        // A name that the pattern allows where each `*` is a character that the other pattern cannot have.
        const of = other.replaceAll('*', 'z');
        fc.pre(of.length > 0);
        const whole: Scope = { area: '*', verb: '*', names: one };
        const isCovered = covers(whole, { area: '*', verb: '*', names: other });
        expect(isCovered).toBe(allows(whole, 'executions:start', of));
      }),
    );
  });

  test('of a tenant end where its names end', () => {
    const all = parseScope('*');
    const principal: Principal = {
      kind: 'apiKey',
      subject: 'k',
      tenant: 'acme',
      scopes: all === undefined ? [] : [all],
    };
    const reached = ['acme--order', 'acme', 'acme-order', 'acme2--order', 'evil--acme--order', 'order', 'acme--'];
    expect(reached.filter((of) => may(principal, 'executions:start', of))).toEqual(['acme--order', 'acme--']);
  });
});
