import { describe, expect, it } from 'vitest';
import {
  BadBreakerPolicy,
  DEFAULT_BREAKER_POLICY,
  readBreakerPolicies,
  readBreakerPolicy,
} from '../../lib/resilience/breaker-policy.ts';
import { verdictOn } from '../../lib/resilience/call-verdict.ts';
import {
  addCall,
  addCalls,
  endProbe,
  NEW_BREAKER,
  obey,
  passage,
  takeProbe,
} from '../../lib/resilience/circuit-breaker.ts';

const policy = { ...DEFAULT_BREAKER_POLICY, minimumCalls: 2, openSeconds: 10, probes: 1, probeSeconds: 5 };
const now = 1_767_225_600_000;
const failed = (at: number) => addCall(policy, [], { at, isFailure: true, isSlow: false });

describe('a circuit breaker', () => {
  it('says why it opened', () => {
    const calls = [...failed(now), ...failed(now + 6_000)];
    expect(addCalls(policy, NEW_BREAKER, calls, { now: now + 6_000, settleMs: 0 })).toEqual({
      state: { kind: 'open', since: now + 6_000, until: now + 16_000 },
      transition: { at: now + 6_000, to: 'open', why: '2 of 2 calls within 60 s failed' },
    });
  });

  it('waits until other processes can have told of what succeeded', () => {
    const first = addCalls(policy, NEW_BREAKER, [...failed(now), ...failed(now)], { now: now + 100, settleMs: 3_000 });
    expect(first.state.kind).toBe('closed');
    expect(addCalls(policy, first.state, failed(now + 3_000), { now: now + 3_000, settleMs: 3_000 }).state.kind).toBe(
      'open',
    );
  });

  it('does not count calls from before it closed', () => {
    const closed = { kind: 'closed', since: now + 30_000, buckets: [] } as const;
    const { state } = addCalls(policy, closed, [...failed(now), ...failed(now)], { now: now + 31_000, settleMs: 0 });
    expect(state).toEqual(closed);
  });

  it('gives the place of a probe whose process died to another one, whose success alone counts', () => {
    const open = { kind: 'open', since: now - 10_000, until: now } as const;
    const first = takeProbe(policy, open, 'a', now)?.state ?? open;
    expect(takeProbe(policy, first, 'b', now + 4_999)).toBeUndefined();
    const second = takeProbe(policy, first, 'b', now + 5_000)?.state ?? open;
    expect(endProbe(policy, second, { id: 'a', verdict: 'failure', isSlow: false }, now + 6_000).state).toBe(second);
    expect(endProbe(policy, second, { id: 'b', verdict: 'success', isSlow: false }, now + 6_000).state).toMatchObject({
      kind: 'halfOpen',
      successes: 1,
    });
  });

  it('opens again where a probe is slow', () => {
    const probing = { kind: 'halfOpen', since: now, probes: [{ id: 'a', until: now + 5_000 }], successes: 2 } as const;
    const { transition } = endProbe(policy, probing, { id: 'a', verdict: 'success', isSlow: true }, now);
    expect(transition).toMatchObject({ to: 'open', why: 'a call that tried it was slow' });
  });

  it('stays as an operator wants it', () => {
    const { state: held } = obey('close', now, 'ann');
    expect(addCalls(policy, held, [...failed(now), ...failed(now)], { now, settleMs: 0 }).state.kind).toBe('closed');
    const { state: opened } = obey('open', now, 'ann');
    expect(passage(policy, opened, now + 1e9)).toEqual({ kind: 'stop' });
  });
});

describe('the policy of a breaker', () => {
  it('has defaults', () => {
    expect(readBreakerPolicy({ whenOpen: 'park' })).toEqual({ ...DEFAULT_BREAKER_POLICY, whenOpen: 'park' });
  });

  it.each([
    [{ failureRatio: 0 }, 'Set failureRatio to a number above 0, at most 1, not 0.'],
    [{ minimumCalls: 1.5 }, 'Set minimumCalls to an integer from 1 to 10000, not 1.5.'],
    [{ whenOpen: 'wait' }, 'Set whenOpen to "fail" or "park".'],
    [{ ignoreErrors: 'all' }, 'Set ignoreErrors to a list of at most 50 names of errors.'],
    [{ openSecond: 3 }, /^Leave out "openSecond": a breaker has enabled, failureRatio, /],
    ['on', 'Write the policy of a breaker as an object.'],
  ])('refuses %j', (value, message) => {
    expect(() => readBreakerPolicy(value)).toThrow(BadBreakerPolicy);
    expect(() => readBreakerPolicy(value)).toThrow(message);
  });

  it('is named by its target where it is wrong', () => {
    const wrong = { '*': {}, 'https://api.example.com': { probes: 0 } };
    expect(() => readBreakerPolicies(wrong)).toThrow('For "https://api.example.com": Set probes to an integer');
  });
});

describe('what a call says about its target', () => {
  it.each([
    [undefined, 'success'],
    ['States.TaskFailed', 'failure'],
    ['States.Timeout', 'failure'],
    ['TypeError', 'failure'],
    ['States.Http.Socket', 'failure'],
    ['States.Http.StatusCode.503', 'failure'],
    ['States.Http.StatusCode.429', 'failure'],
    ['States.Http.StatusCode.404', 'success'],
    ['States.Runtime', 'nothing'],
    ['States.Permissions', 'nothing'],
    ['Shop.CardDeclined', 'success'],
    ['Shop.Broken', 'failure'],
    ['Known.Anything', 'success'],
  ] as const)('%s: %s', (error, verdict) => {
    const ended = error === undefined ? {} : { error };
    expect(verdictOn(ended, { ignoreErrors: ['Shop.CardDeclined', 'Known.*'] })).toBe(verdict);
  });
});
