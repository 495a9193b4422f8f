import type { BreakerPolicy } from './breaker-policy.ts';
import type { Verdict } from './call-verdict.ts';

/**
 * A circuit breaker as data. Everything here is a function of the state, the policy and the time that it is given, so that
 * any process can carry the state on, and apply the same change again to a state that another one has changed meanwhile.
 * After M. Nygard, Release It! (2007), with counts in a rolling window and limited probes.
 */
export type BreakerState =
  /** Calls go through. `held`: an operator wants that, whatever becomes of them. */
  | { readonly kind: 'closed'; readonly since: number; readonly buckets: readonly Bucket[]; readonly held?: true }
  /** No call goes through. `until` absent: until an operator says so. */
  | { readonly kind: 'open'; readonly since: number; readonly until?: number }
  /** A few calls go through, one of `probes` each. */
  | {
      readonly kind: 'halfOpen';
      readonly since: number;
      readonly probes: readonly Probe[];
      readonly successes: number;
    };

/** Calls of a tenth of the window. */
export interface Bucket {
  /** When it began, ms since the epoch: a multiple of its width. */
  readonly at: number;
  readonly calls: number;
  readonly failures: number;
  /** Slow ones; a call may be both. */
  readonly slow: number;
}

/** A call under way that tries whether the target works again. */
export interface Probe {
  readonly id: string;
  /** ms since the epoch: then its place is free again, its process may have died. */
  readonly until: number;
}

export type Totals = Omit<Bucket, 'at'>;

export interface Transition {
  /** ms since the epoch. */
  readonly at: number;
  readonly to: BreakerState['kind'];
  /** One sentence, or a part of one. */
  readonly why: string;
}

/** The state after a change, and what has happened to it by that. */
export interface Change {
  readonly state: BreakerState;
  readonly transition?: Transition;
}

export type Passage =
  | { readonly kind: 'pass' }
  /** To be asked for by `takeProbe`. */
  | { readonly kind: 'probe' }
  /** Not before `until`, ms since the epoch; absent: nobody knows. */
  | { readonly kind: 'stop'; readonly until?: number };

const BUCKETS = 10;

export const NEW_BREAKER: BreakerState = { kind: 'closed', since: 0, buckets: [] };

/** Whether a call may be made now. */
export function passage(policy: BreakerPolicy, state: BreakerState, now: number): Passage {
  switch (state.kind) {
    case 'closed':
      return { kind: 'pass' };
    case 'open':
      if (state.until === undefined) return { kind: 'stop' };
      return now < state.until ? { kind: 'stop', until: state.until } : { kind: 'probe' };
    case 'halfOpen':
      return freeProbes(policy, state.probes, now) > 0 ? { kind: 'probe' } : { kind: 'stop' };
  }
}

/** Takes a place for a probe; an open breaker whose time is over is half open then. `undefined`: there is none. */
export function takeProbe(policy: BreakerPolicy, state: BreakerState, id: string, now: number): Change | undefined {
  if (passage(policy, state, now).kind !== 'probe') return undefined;
  const probe = { id, until: now + policy.probeSeconds * 1000 };
  if (state.kind === 'halfOpen') {
    const probes = [...state.probes.filter(({ until }) => now < until), probe];
    return { state: { ...state, probes } };
  }
  const why = 'calls try whether it works again';
  return {
    state: { kind: 'halfOpen', since: now, probes: [probe], successes: 0 },
    transition: { at: now, to: 'halfOpen', why },
  };
}

/** How a probe ended. */
export interface ProbeEnd {
  readonly id: string;
  readonly verdict: Verdict;
  readonly isSlow: boolean;
}

/**
 * Gives a probe's place back: enough successes close the breaker, one failure opens it again. Of probes whose place has
 * gone to another one meanwhile nothing counts, so that a change that is applied twice changes nothing the second time.
 */
export function endProbe(policy: BreakerPolicy, state: BreakerState, end: ProbeEnd, now: number): Change {
  if (state.kind !== 'halfOpen' || !state.probes.some(({ id }) => id === end.id)) return { state };
  const probes = state.probes.filter(({ id }) => id !== end.id);
  if (end.verdict === 'failure' || end.isSlow) {
    return open(policy, now, `a call that tried it ${end.verdict === 'failure' ? 'failed' : 'was slow'}`);
  }
  const successes = state.successes + (end.verdict === 'success' ? 1 : 0);
  if (successes < policy.successesToClose) return { state: { ...state, probes, successes } };
  const why = `${successes} calls that tried it succeeded`;
  return { state: { kind: 'closed', since: now, buckets: [] }, transition: { at: now, to: 'closed', why } };
}

/**
 * Adds calls that have ended, as `addCall` gathers them; those from before the breaker closed no longer count.
 * @param settleMs it opens no sooner than this after the first trouble in its window: only then have the processes where
 * nothing went wrong had time to add what succeeded.
 */
export function addCalls(
  policy: BreakerPolicy,
  state: BreakerState,
  calls: readonly Bucket[],
  { now, settleMs }: { readonly now: number; readonly settleMs: number },
): Change {
  if (state.kind !== 'closed') return { state };
  const width = bucketMs(policy);
  const counted = calls.filter(({ at }) => at + width > state.since);
  const buckets = counted.reduce(added, [...state.buckets]).filter(({ at }) => isWithin(policy, at, now));
  const next: BreakerState = { ...state, buckets };
  if (state.held) return { state: next };
  const sum = totals(policy, next, now);
  const first = buckets.find(isTrouble)?.at ?? now;
  const why = now - first >= settleMs ? reasonToOpen(policy, sum) : undefined;
  return why === undefined ? { state: next } : open(policy, now, why);
}

/** Adds one call to those that are yet to be told; buckets in the order of time. */
export function addCall(
  policy: BreakerPolicy,
  buckets: readonly Bucket[],
  call: { readonly at: number; readonly isFailure: boolean; readonly isSlow: boolean },
): readonly Bucket[] {
  const width = bucketMs(policy);
  const at = Math.floor(call.at / width) * width;
  const counts = { calls: 1, failures: call.isFailure ? 1 : 0, slow: call.isSlow ? 1 : 0 };
  return added(
    buckets.filter((bucket) => isWithin(policy, bucket.at, call.at)),
    { at, ...counts },
  );
}

/** Calls that were gathered apart, together. */
export function mergeCalls(one: readonly Bucket[], other: readonly Bucket[]): readonly Bucket[] {
  return other.reduce<readonly Bucket[]>(added, one);
}

export type Order = 'open' | 'close' | 'reset';

/** What an operator orders: open or closed until told otherwise, or as if nothing had ever happened. */
export function obey(order: Order, now: number, by: string): Change {
  switch (order) {
    case 'open':
      return {
        state: { kind: 'open', since: now },
        transition: { at: now, to: 'open', why: `${by} opened it` },
      };
    case 'close':
      return {
        state: { kind: 'closed', since: now, buckets: [], held: true },
        transition: { at: now, to: 'closed', why: `${by} closed it, whatever becomes of calls` },
      };
    case 'reset':
      return {
        state: { kind: 'closed', since: now, buckets: [] },
        transition: { at: now, to: 'closed', why: `${by} reset it` },
      };
  }
}

/** What happened in the window. */
export function totals(policy: BreakerPolicy, state: BreakerState, now: number): Totals {
  const sum = { calls: 0, failures: 0, slow: 0 };
  if (state.kind !== 'closed') return sum;
  for (const { at, calls, failures, slow } of state.buckets) {
    if (!isWithin(policy, at, now)) continue;
    sum.calls += calls;
    sum.failures += failures;
    sum.slow += slow;
  }
  return sum;
}

/** Whether a call in the window failed or was slow: only then is it of use to tell of those that succeeded. */
export function hasTrouble(policy: BreakerPolicy, state: BreakerState, now: number): boolean {
  return (
    state.kind === 'closed' && state.buckets.some((bucket) => isTrouble(bucket) && isWithin(policy, bucket.at, now))
  );
}

function isTrouble({ failures, slow }: Bucket): boolean {
  return failures > 0 || slow > 0;
}

function reasonToOpen(policy: BreakerPolicy, { calls, failures, slow }: Totals): string | undefined {
  if (calls < policy.minimumCalls) return undefined;
  const within = `of ${calls} calls within ${policy.windowSeconds} s`;
  if (failures / calls >= policy.failureRatio) return `${failures} ${within} failed`;
  if (slow / calls >= policy.slowRatio) return `${slow} ${within} took longer than ${policy.slowCallSeconds ?? 0} s`;
  return undefined;
}

function open(policy: BreakerPolicy, now: number, why: string): Change {
  return {
    state: { kind: 'open', since: now, until: now + policy.openSeconds * 1000 },
    transition: { at: now, to: 'open', why },
  };
}

function freeProbes(policy: BreakerPolicy, probes: readonly Probe[], now: number): number {
  return policy.probes - probes.filter(({ until }) => now < until).length;
}

function bucketMs({ windowSeconds }: BreakerPolicy): number {
  return (windowSeconds * 1000) / BUCKETS;
}

function isWithin(policy: BreakerPolicy, at: number, now: number): boolean {
  const width = bucketMs(policy);
  return at > Math.floor(now / width) * width - policy.windowSeconds * 1000;
}

/** Buckets of another width, from before the policy was changed, stay as they are until they are old. */
function added(buckets: readonly Bucket[], more: Bucket): Bucket[] {
  const others = buckets.filter(({ at }) => at !== more.at);
  const same = buckets.find(({ at }) => at === more.at);
  const sum = {
    at: more.at,
    calls: more.calls + (same?.calls ?? 0),
    failures: more.failures + (same?.failures ?? 0),
    slow: more.slow + (same?.slow ?? 0),
  };
  return [...others, sum].sort((a, b) => a.at - b.at);
}
