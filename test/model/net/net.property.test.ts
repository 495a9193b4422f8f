import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../lib/model/command.ts';
import { decide } from '../../../lib/model/decide.ts';
import { nextDue } from '../../../lib/model/due.ts';
import { outstanding } from '../../../lib/model/effects.ts';
import type { ExecutionEvent } from '../../../lib/model/event.ts';
import { evolve } from '../../../lib/model/evolve.ts';
import { planOf } from '../../../lib/model/fold.ts';
import type { JsonObject } from '../../../lib/model/json.ts';
import type { Activation, ExecutionState } from '../../../lib/model/state.ts';
import { decodeSnapshot, encodeSnapshot } from '../../../lib/state/snapshot.ts';
import { Desk } from './desk.ts';
import { Oracle } from './oracle.ts';
import { randomNet } from './random-net.ts';

/** What the world does next, and to which of the things that it can do that to. */
interface Move {
  readonly act: number;
  readonly which: number;
}

type Given = Exclude<Command, { type: 'StartExecution' }>;

/** `NET_RUNS=2000 NET_SEED=7` plays more of them, and others. */
const RUNS = Number(process.env['NET_RUNS'] ?? 100);
const SEED = process.env['NET_SEED'];

const EVENTS = ['e', 'f'];
const moves = fc.array(fc.record({ act: fc.nat(19), which: fc.nat(1000) }), { maxLength: 30 });
const definitions = fc.array(fc.nat(1 << 20), { minLength: 200, maxLength: 400 }).map(definitionOf);

function definitionOf(numbers: readonly number[]): JsonObject {
  let at = 0;
  const draw = (count: number) => {
    at += 1;
    return (numbers[at - 1] ?? 0) % count;
  };
  return randomNet(draw, { events: EVENTS, lambdas: true });
}

/** Plays a random definition with random moves; after each of them `check` may look at it. */
function play(definition: JsonObject, steps: readonly Move[], check: (run: Run) => void): Run | undefined {
  const run = begin(definition);
  if (run === undefined || !run.goOn()) return undefined;
  check(run);
  for (const step of steps) {
    if (!run.move(step) || !run.goOn()) break;
    check(run);
  }
  return run;
}

function begin(definition: JsonObject): Run | undefined {
  try {
    return new Run(definition);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Not a definition')) return undefined;
    throw error;
  }
}

class Run extends Desk {
  readonly oracle: Oracle;
  /** Numbers of all work that was ever on offer or under way. */
  readonly known = new Set<number>();
  #sent = 0;

  constructor(definition: JsonObject) {
    super(definition);
    this.oracle = new Oracle(definition);
  }

  /** Goes on with what decisions left over. False: it does not come to rest. */
  goOn(): boolean {
    for (let turns = 0; this.more && turns < 1; turns += 1) this.tell({ type: 'Wake' });
    for (const { id } of [...this.state.offers.values(), ...this.state.activations.values()]) this.known.add(id);
    return !this.more && this.events.length < 1500;
  }

  /** Whether the engine calls its task, rather than offer it to somebody. */
  calls(active: Activation): boolean {
    const plan = planOf(this.plan, this.state, active);
    return plan.type === 'Task' && plan.resource.kind !== 'activity' && plan.resource.kind !== 'workItem';
  }

  /** False: there is nothing more to be done with it. */
  move({ act, which }: Move): boolean {
    if (this.state.status !== 'RUNNING' && act > 3) return true;
    if (this.state.status !== 'RUNNING' && act === 3) {
      if (this.state.status !== 'SUCCEEDED' && this.state.redriven === undefined) this.redrive();
      return true;
    }
    if (act === 3 && (which % 8) - 4 > 0) {
      if (this.state.suspended === undefined) this.suspend();
      else this.resume();
      return true;
    }
    const command = this.#command(act, which);
    if (command === undefined) return true;
    const copy = decodeSnapshot(this.state.identity.id, encodeSnapshot(this.state));
    const again = decide(this.plan, copy, command, this.occasion());
    const events = this.tell(command);
    expect(again.events.map(({ type }) => type)).toEqual(events.map(({ type }) => type));
    expect(again.state).toEqual(this.state);
    if (this.more || command.type === 'TaskHeartbeat' || command.type === 'Wake') return true;
    if (command.type === 'CancellationsDone') return true;
    const before = structuredClone(this.state);
    expect(this.tell(command)).toEqual([]);
    expect(this.state).toEqual(before);
    return true;
  }

  #command(act: number, which: number): Given | undefined {
    const work = [
      ...[...this.state.offers.values()].filter(({ task }) => task !== undefined).map(({ id }) => ({ id, attempt: 1 })),
      ...[...this.state.activations.values()].flatMap(({ id, work: { kind, ...rest } }) =>
        kind === 'task' && 'attempt' in rest ? [{ id, attempt: rest.attempt }] : [],
      ),
    ];
    const one = work[which % Math.max(1, work.length)];
    const about = one === undefined ? undefined : { activation: one.id, attempt: one.attempt };
    this.#sent += 1;
    switch (act) {
      case 0:
      case 1: {
        const gone = [...this.known].filter((id) => !this.state.offers.has(id) && !this.state.activations.has(id));
        const activation = gone[which % Math.max(1, gone.length)];
        if (activation === undefined) return undefined;
        const stale = { activation, attempt: 1 };
        const kinds: Given[] = [
          { type: 'TaskStarted', ...stale },
          { type: 'TaskSucceeded', ...stale, output: 'stale' },
          { type: 'TaskFailed', ...stale, reason: 'failed', error: 'Stale' },
          { type: 'TaskReturned', ...stale },
          { type: 'AddItems', id: `s${this.#sent}`, activation, items: [1] },
        ];
        const command = kinds[which % kinds.length];
        if (command !== undefined) expect(this.tell(command)).toEqual([]);
        return undefined;
      }
      case 2:
        return this.state.owed.length === 0 ? undefined : { type: 'CancellationsDone', count: 1 };
      case 3:
        if (which % 8 > 0) return undefined;
        return { type: 'StopExecution', redriveCount: this.state.redriven?.count ?? 0 };
      case 4:
      case 5:
        return { type: 'SendEvent', id: `n${this.#sent}`, name: EVENTS[which % 2] ?? '', payload: which };
      case 6: {
        const maps = [...this.state.activations.values()].filter((active) => active.work.kind === 'items');
        const map = maps[which % Math.max(1, maps.length)];
        return map && { type: 'AddItems', id: `n${this.#sent}`, activation: map.id, items: [which] };
      }
      case 7:
      case 8:
      case 9:
        this.now = Math.max(this.now, nextDue(this.state) ?? this.now);
        return { type: 'Wake' };
      case 10:
        return about && { type: 'TaskFailed', ...about, reason: 'failed', error: 'E', cause: 'C' };
      case 11:
      case 12:
        return about && { type: 'TaskStarted', ...about, worker: 'w' };
      case 13:
        return about && { type: 'TaskReturned', ...about };
      case 14:
        return about && { type: 'TaskHeartbeat', ...about };
      default:
        return about && { type: 'TaskSucceeded', ...about, output: { by: which % 3 } };
    }
  }
}

/** At least so many of the definitions were accepted and came to rest. */
function check(holds: (run: Run) => void, atEnd: (run: Run) => void = () => {}, runs = RUNS): void {
  let played = 0;
  fc.assert(
    fc.property(definitions, moves, (definition, steps) => {
      const run = play(definition, steps, holds);
      if (run === undefined) return;
      played += 1;
      atEnd(run);
    }),
    { numRuns: runs, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
  );
  expect(played).toBeGreaterThan(runs / 4);
}

/** Calls with each event and the state before it. */
function walk(run: Run, look: (event: ExecutionEvent, before: ExecutionState | undefined) => void): void {
  let state: ExecutionState | undefined;
  for (const event of structuredClone(run.events)) {
    look(event, state);
    state = evolve(run.plan, state, event);
  }
}

describe('any net, however its world behaves', () => {
  it('has the state that its log says, of which nothing is lost', () => {
    check(
      (run) => {
        expect(run.isSound).toBe(true);
      },
      (run) => {
        const stored: ExecutionEvent[] = JSON.parse(JSON.stringify(run.events));
        let state: ExecutionState | undefined;
        for (const event of stored) state = evolve(run.plan, state, event);
        expect(state).toEqual(run.state);
      },
    );
  });

  it('offers and starts exactly what the rules allow', () => {
    check((run) => {
      // What is suspended offers and starts what the rules allow once it is resumed.
      const isAtWork = run.state.status === 'RUNNING' && run.state.suspended === undefined;
      if (isAtWork) expect(run.oracle.complaints(run.state)).toEqual([]);
    });
  });

  it('never occupies two groups of a mutex, nor fires an OR-join that has to wait', () => {
    check(
      () => {},
      (run) => {
        walk(run, (event, before) => {
          if (before === undefined) return;
          if (before.status === 'RUNNING') expect(run.oracle.collisions(before)).toEqual([]);
          if (event.type !== 'StateEntered' && event.type !== 'TokensJoined') return;
          const tokens = event.tokens.flatMap((id) => before.tokens.get(id) ?? []);
          const [token] = tokens;
          if (token === undefined || token.joined !== undefined) return;
          expect(run.oracle.mayFire(before, token.scope, event.state ?? token.to)).not.toBe(false);
        });
      },
    );
  });

  it('keeps every token until it is consumed, withdrawn or absorbed', () => {
    check(
      () => {},
      (run) => {
        const left = new Map<number, number>();
        const add = (scope: number | undefined, count: number) => {
          if (scope !== undefined) left.set(scope, (left.get(scope) ?? 0) + count);
        };
        walk(run, (event, before) => {
          const scopeOf = (id: number | undefined) => before?.tokens.get(id ?? 0)?.scope;
          if (event.type === 'ExecutionStarted') add(0, 1);
          if (event.type === 'StateExited') add(before?.activations.get(event.id)?.scope, event.next.length);
          if (event.type === 'StateEntered') add(scopeOf(event.tokens[0]), -event.tokens.length);
          if (event.type === 'TokensJoined') add(event.scope, 1 - event.tokens.length);
          if (event.type === 'TokensAbsorbed') add(event.scope, -event.tokens.length);
          if (event.type === 'StatesWithdrawn') add(event.scope, -event.tokens.length);
          if (event.type === 'ItemStarted') add(event.scope, 1);
          if (event.type === 'BranchesStarted') for (const one of [0, 1]) add(event.firstScope + one, 1);
        });
        if (run.state.redriven !== undefined) return;
        for (const { id } of run.state.scopes.values()) {
          const tokens = [...run.state.tokens.values()].filter(({ scope }) => scope === id);
          expect({ scope: id, left: left.get(id) }).toEqual({ scope: id, left: tokens.length });
        }
      },
    );
  });

  it('ends with tokens left only by a Succeed, and never goes on with what was withdrawn', () => {
    check(
      () => {},
      (run) => {
        const gone = new Set<number>();
        let last: string | undefined;
        walk(run, (event, before) => {
          if (event.type === 'ExecutionRedriven') gone.clear();
          if ('id' in event && typeof event.id === 'number' && event.type !== 'ExecutionFailed') {
            expect(gone).not.toContain(event.id);
          }
          if (event.type === 'StatesWithdrawn') for (const id of event.activations) gone.add(id);
          if (event.type === 'OffersChanged') for (const id of event.withdrawn) gone.add(id);
          const ended =
            event.type === 'ExecutionSucceeded' ? 0 : event.type === 'ScopeSucceeded' ? event.scope : undefined;
          const scope = before?.scopes.get(ended ?? -1);
          if (scope !== undefined && scope.live > 0) {
            const types = new Map([...run.plan.scopes].flatMap(({ states }) => [...states]));
            expect(types.get(last ?? '')?.type).toBe('Succeed');
          }
          if (event.type === 'StateExited') last = before?.activations.get(event.id)?.state;
        });
      },
    );
  });

  it('tells whoever has work that is taken back, and calls for all that is out after a crash', () => {
    check((run) => {
      const out = new Map<number, number>();
      for (const { id, task } of run.state.offers.values()) if (task !== undefined) out.set(id, 1);
      for (const { id, work } of run.state.activations.values()) if (work.kind === 'task') out.set(id, work.attempt);
      const given = outstanding(run.plan, run.state);
      const expected = [...out].filter(([id]) => {
        const active = run.state.activations.get(id);
        const isHeld = run.state.suspended !== undefined && active !== undefined && run.calls(active);
        return !isHeld && (active?.work.kind !== 'task' || active.work.stage === 'scheduled');
      });
      const called = given.flatMap((effect) =>
        effect.type === 'OfferTask' || effect.type === 'InvokeTask' ? [effect.task] : [],
      );
      expect(new Map(called.map(({ activation, attempt }) => [activation, attempt]))).toEqual(new Map(expected));
      const handed = run.effects.flatMap((effect) =>
        effect.type === 'OfferTask' || effect.type === 'InvokeTask' ? [effect.task] : [],
      );
      for (const task of called) expect(handed).toContainEqual(task);
      const ended = new Set(
        run.events.flatMap((event) =>
          event.type === 'TaskSucceeded' || event.type === 'TaskFailed' ? [event.id] : [],
        ),
      );
      const told = run.effects.flatMap((effect) => (effect.type === 'CancelTask' ? [effect.task.activation] : []));
      for (const { activation } of handed) {
        if (!out.has(activation) && !ended.has(activation)) expect(told).toContain(activation);
      }
      for (const id of told) if (run.state.offers.has(id)) expect(handed.length).toBe(-1);
    });
  });

  it('comes to an end if everybody does what he can', () => {
    const ends = { ended: 0, open: 0 };
    check(
      () => {},
      (run) => {
        if (run.state.suspended !== undefined) run.resume();
        for (let turns = 0; run.state.status === 'RUNNING' && turns < 150 && run.goOn(); turns += 1) {
          const [name] = run.open;
          if (name !== undefined) run.complete(name);
          else if (nextDue(run.state) !== undefined) run.sleep();
          else for (const event of EVENTS) run.send(event);
        }
        ends[run.state.status === 'RUNNING' ? 'open' : 'ended'] += 1;
        if (run.state.status === 'RUNNING') return;
        expect(run.state.tokens.size + run.state.activations.size + run.state.scopes.size).toBe(0);
        expect(run.state.offers.size).toBe(0);
        expect(isDeepStrictEqual(run.replay(), run.state)).toBe(true);
      },
      RUNS / 2,
    );
    expect(ends.ended).toBeGreaterThan(ends.open);
  });
});
