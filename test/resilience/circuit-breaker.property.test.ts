import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BreakerPolicy, DEFAULT_BREAKER_POLICY } from '../../lib/resilience/breaker-policy.ts';
import {
  addCall,
  addCalls,
  type BreakerState,
  endProbe,
  NEW_BREAKER,
  passage,
  takeProbe,
  totals,
} from '../../lib/resilience/circuit-breaker.ts';

interface Call {
  readonly at: number;
  readonly isFailure: boolean;
  readonly isSlow: boolean;
}

/** A breaker that remembers every call and decides by counting them. */
class Model {
  kind: BreakerState['kind'] = 'closed';
  calls: Call[] = [];
  until = 0;
  probes: { id: string; until: number }[] = [];
  successes = 0;
  readonly #policy: BreakerPolicy;

  constructor(policy: BreakerPolicy) {
    this.#policy = policy;
  }

  window(now: number): readonly Call[] {
    const tenth = this.#policy.windowSeconds * 100;
    return this.calls.filter(({ at }) => Math.floor(now / tenth) - Math.floor(at / tenth) < 10);
  }

  call(call: Call, now: number): void {
    if (this.kind !== 'closed') return;
    this.calls.push(call);
    const within = this.window(now);
    const failed = within.filter(({ isFailure }) => isFailure).length;
    const slow = within.filter(({ isSlow }) => isSlow).length;
    if (within.length < this.#policy.minimumCalls) return;
    if (failed >= this.#policy.failureRatio * within.length || slow >= this.#policy.slowRatio * within.length) {
      this.open(now);
    }
  }

  open(now: number): void {
    this.kind = 'open';
    this.calls = [];
    this.until = now + this.#policy.openSeconds * 1000;
  }

  take(id: string, now: number): boolean {
    if (this.kind === 'closed' || (this.kind === 'open' && now < this.until)) return false;
    if (this.kind === 'open') {
      this.kind = 'halfOpen';
      this.probes = [];
      this.successes = 0;
    }
    if (this.probes.filter(({ until }) => now < until).length >= this.#policy.probes) return false;
    this.probes = [
      ...this.probes.filter(({ until }) => now < until),
      { id, until: now + this.#policy.probeSeconds * 1000 },
    ];
    return true;
  }

  end(id: string, ok: boolean, now: number): void {
    if (this.kind !== 'halfOpen' || !this.probes.some((probe) => probe.id === id)) return;
    this.probes = this.probes.filter((probe) => probe.id !== id);
    if (!ok) return this.open(now);
    this.successes += 1;
    if (this.successes < this.#policy.successesToClose) return;
    this.kind = 'closed';
    this.calls = [];
  }
}

const policies = fc
  .record({
    failureRatio: fc.constantFrom(0.25, 0.5, 1),
    slowRatio: fc.constantFrom(0.5, 1),
    minimumCalls: fc.integer({ min: 1, max: 6 }),
    windowSeconds: fc.integer({ min: 1, max: 5 }),
    openSeconds: fc.integer({ min: 1, max: 4 }),
    probes: fc.integer({ min: 1, max: 3 }),
    probeSeconds: fc.integer({ min: 1, max: 4 }),
    successesToClose: fc.integer({ min: 1, max: 3 }),
  })
  .map((fields): BreakerPolicy => ({ ...DEFAULT_BREAKER_POLICY, slowCallSeconds: 1, ...fields }));

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('call' as const), isFailure: fc.boolean(), isSlow: fc.boolean() }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('end' as const), which: fc.nat(), ok: fc.boolean() }),
  ),
  { maxLength: 60 },
);

describe('a circuit breaker', () => {
  it('decides as one that remembers every call', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(policies, steps, (policy, moves) => {
        const model = new Model(policy);
        let state: BreakerState = NEW_BREAKER;
        let now = 1_767_225_600_123;
        const taken: string[] = [];
        for (const move of moves) {
          switch (move.kind) {
            case 'pass':
              now += move.ms;
              break;
            case 'call': {
              const call = { at: now, isFailure: move.isFailure, isSlow: move.isSlow };
              state = addCalls(policy, state, addCall(policy, [], call), { now, settleMs: 0 }).state;
              model.call(call, now);
              break;
            }
            case 'take': {
              const id = `p${taken.length}`;
              const change = takeProbe(policy, state, id, now);
              expect(change !== undefined).toBe(model.take(id, now));
              if (change !== undefined) {
                taken.push(id);
                state = change.state;
              }
              break;
            }
            case 'end': {
              const id = taken[move.which % Math.max(1, taken.length)];
              if (id === undefined) break;
              const end = { id, verdict: move.ok ? 'success' : 'failure', isSlow: false } as const;
              state = endProbe(policy, state, end, now).state;
              model.end(id, move.ok, now);
              break;
            }
          }
          kinds.add(state.kind);
          expect(state.kind).toBe(model.kind);
          expect(passage(policy, state, now).kind === 'pass').toBe(model.kind === 'closed');
          if (model.kind === 'closed') expect(totals(policy, state, now).calls).toBe(model.window(now).length);
          // What is kept can be written down and read again.
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        }
      }),
      { numRuns: 500 },
    );
    expect([...kinds].sort()).toEqual(['closed', 'halfOpen', 'open']);
  });

  it('never lets more probes through at a time than its policy says, whatever the order', () => {
    fc.assert(
      fc.property(policies, fc.array(fc.nat({ max: 5 }), { maxLength: 40 }), (policy, moves) => {
        let state: BreakerState = { kind: 'open', since: 0, until: 0 };
        const underWay: string[] = [];
        for (const [index, move] of moves.entries()) {
          const id = `p${index}`;
          const change = takeProbe(policy, state, id, 1_000);
          if (change !== undefined) {
            state = change.state;
            underWay.push(id);
          }
          expect(underWay.length).toBeLessThanOrEqual(policy.probes);
          const ending = move > 2 ? underWay.shift() : undefined;
          if (ending === undefined) continue;
          state = endProbe(policy, state, { id: ending, verdict: 'nothing', isSlow: false }, 1_000).state;
        }
      }),
    );
  });

  it('counts the same whether calls are told one by one or together, in any order of processes', () => {
    const calls = fc.array(
      fc.record({
        process: fc.nat({ max: 2 }),
        ms: fc.nat({ max: 400 }),
        isFailure: fc.boolean(),
        isSlow: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(calls, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (told, order) => {
        // It must not open on the way.
        const policy = { ...DEFAULT_BREAKER_POLICY, minimumCalls: 1_000, windowSeconds: 10 };
        const start = 1_767_225_600_000;
        let now = start;
        const timed = told.map((call) => {
          now += call.ms;
          return { ...call, at: now };
        });
        const direct = timed.reduce<BreakerState>(
          (state, call) => addCalls(policy, state, addCall(policy, [], call), { now: call.at, settleMs: 0 }).state,
          NEW_BREAKER,
        );
        const gathered = order.reduce<BreakerState>((state, process) => {
          const mine = timed.filter((call) => call.process === process);
          const batch = mine.reduce<ReturnType<typeof addCall>>((buckets, call) => addCall(policy, buckets, call), []);
          return addCalls(policy, state, batch, { now, settleMs: 0 }).state;
        }, NEW_BREAKER);
        expect(totals(policy, gathered, now)).toEqual(totals(policy, direct, now));
      }),
    );
  });
});
