import { expect, test } from 'vitest';
import { fromTraceparent, fromXRay, spanOf, xrayHeaderOf } from '../../lib/ports/trace-context.ts';

const PARENT = '00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01';
const HEADER = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';

test('the two headers name the same span', () => {
  expect(fromXRay(HEADER)).toEqual({ header: HEADER, traceparent: PARENT });
  expect(xrayHeaderOf(PARENT)).toBe(HEADER);
});

test('what X-Ray leaves to others: fields of their own, no parent, a trace that is not sampled', () => {
  const header = 'Self=1-67891234-12456789abcdef012345678;Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0';
  expect(fromXRay(header)).toEqual({ header, traceparent: '00-5759e988bd862e3fe1be46a994272793-e1be46a994272793-00' });
  expect(fromXRay('whatever')).toEqual({ header: 'whatever' });
});

test.each([
  ['', undefined],
  ['00-0-0-01', undefined],
  [PARENT.toUpperCase(), undefined],
  [`ff${PARENT.slice(2)}`, undefined],
  ['00-00000000000000000000000000000000-53995c3f42cd8ad8-01', undefined],
  ['00-5759e988bd862e3fe1be46a994272793-0000000000000000-01', undefined],
  [`01${PARENT.slice(2)}-later`, '53995c3f42cd8ad8'],
  [PARENT, '53995c3f42cd8ad8'],
])('traceparent "%s" names the span %s', (traceparent, spanId) => {
  expect(spanOf(traceparent)?.spanId).toBe(spanId);
});

test('a state goes along only with a parent, and only if it is not too long', () => {
  expect(fromTraceparent(PARENT, 'a=1')).toEqual({ traceparent: PARENT, tracestate: 'a=1' });
  expect(fromTraceparent(PARENT, 'a'.repeat(513))).toEqual({ traceparent: PARENT });
  expect(fromTraceparent(null, 'a=1')).toBeUndefined();
});
