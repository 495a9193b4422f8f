import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../lib/model/command.ts';
import { nextDue } from '../../lib/model/due.ts';
import { outstanding } from '../../lib/model/effects.ts';
import type { ExecutionEvent } from '../../lib/model/event.ts';
import { evolve } from '../../lib/model/evolve.ts';
import type { Plan } from '../../lib/model/plan.ts';
import type { ExecutionState } from '../../lib/model/state.ts';
import { decodeSnapshot, encodeSnapshot } from '../../lib/state/snapshot.ts';
import { definitionOf, INPUT, type Move, moves, scopes } from './arbitrary.ts';
import { planOf, Scenario } from './scenario.ts';

/** Runs a whole execution by random moves; after each step `check` may look at it. */
function play(plan: Plan, steps: readonly Move[], check: (run: Scenario) => void): Scenario {
  const run = new Scenario(plan, INPUT);
  check(run);
  for (const step of steps) {
    const command = commandOf(run, step);
    if (command === undefined) continue;
    run.tell(command);
    check(run);
    // Everything can be delivered twice. The second time nothing comes of it, but for time and heartbeats.
    if (command.type === 'TaskHeartbeat' || command.type === 'Wake') continue;
    const before = structuredClone(run.state);
    expect(run.tell(command)).toEqual([]);
    expect(run.state).toEqual(before);
  }
  return run;
}

function commandOf(run: Scenario, { act, which }: Move): Exclude<Command, { type: 'StartExecution' }> | undefined {
  if (act === 'stop') return { type: 'StopExecution' };
  if (act === 'wake') return { type: 'Wake' };
  if (act === 'sleep') {
    run.now = Math.max(run.now, nextDue(run.state) ?? run.now);
    return { type: 'Wake' };
  }
  const tasks = run.tasks();
  const task = tasks[Math.floor(which * tasks.length)];
  if (task === undefined) return undefined;
  const about = { activation: task.activation, attempt: task.attempt };
  switch (act) {
    case 'succeed':
      return { type: 'TaskSucceeded', ...about, output: { done: task.activation } };
    case 'fail':
      return { type: 'TaskFailed', ...about, reason: 'failed', error: 'E', cause: 'C' };
    case 'start':
      return { type: 'TaskStarted', ...about };
    case 'submit':
      return { type: 'TaskSubmitted', ...about, output: 'accepted' };
    case 'beat':
      return { type: 'TaskHeartbeat', ...about };
    case 'stale':
      return { type: 'TaskSucceeded', ...about, attempt: task.attempt + 1, output: 'stale' };
  }
}

function check(holds: (plan: Plan, steps: readonly Move[]) => void, numRuns = 150): void {
  fc.assert(
    fc.property(scopes, moves, (shapes, steps) => holds(planOf(definitionOf(shapes)), steps)),
    { numRuns },
  );
}

/** As the log keeps them: what JSON does not keep must not matter. */
function stored(run: Scenario): readonly ExecutionEvent[] {
  return JSON.parse(JSON.stringify(run.events));
}

function fold(plan: Plan, from: ExecutionState | undefined, events: readonly ExecutionEvent[]): ExecutionState {
  let state = from;
  for (const event of events) state = evolve(plan, state, event);
  if (state === undefined) throw new Error('No events.');
  return state;
}

describe('any execution, however its world behaves', () => {
  it('has the state that its log says, from the beginning or from any point on', () => {
    check((plan, steps) => {
      const run = play(plan, steps, () => {});
      const events = stored(run);
      expect(fold(plan, undefined, events)).toEqual(run.state);
      const cut = Math.ceil(events.length / 2);
      const prefix = structuredClone(fold(plan, undefined, events.slice(0, cut)));
      expect(fold(plan, prefix, events.slice(cut))).toEqual(run.state);
    });
  });

  it('goes on from a snapshot as from the log', () => {
    check((plan, steps) => {
      const run = play(plan, steps, ({ state }) => {
        expect(decodeSnapshot(state.identity.id, encodeSnapshot(state))).toEqual(state);
      });
      const events = stored(run);
      const cut = Math.ceil(events.length / 2);
      const prefix = fold(plan, undefined, events.slice(0, cut));
      const restored = decodeSnapshot('x', encodeSnapshot(prefix));
      expect(fold(plan, restored, events.slice(cut))).toEqual(run.state);
    });
  });

  it('knows how much is alive in each scope', () => {
    check((plan, steps) => {
      play(plan, steps, ({ state }) => {
        for (const scope of state.scopes.values()) {
          const tokens = [...state.tokens.values()].filter((token) => token.scope === scope.id);
          const active = [...state.activations.values()].filter((activation) => activation.scope === scope.id);
          expect(scope.live).toBe(tokens.length + active.length);
          expect(scope.live).toBeGreaterThan(0);
        }
      });
    });
  });

  it('calls after a crash for exactly the work that is out', () => {
    check((plan, steps) => {
      play(plan, steps, (run) => {
        const out = [...run.state.activations.values()].filter(
          ({ work }) => work.kind === 'task' && work.stage === 'scheduled',
        );
        const tasks = outstanding(plan, run.state).flatMap((effect) => ('task' in effect ? [effect.task] : []));
        expect(tasks.map(({ activation }) => activation)).toEqual(out.map(({ id }) => id));
        const known = run.tasks();
        for (const task of tasks) expect(known).toContainEqual(task);
      });
    });
  });

  it('has a history whose events are numbered as the core counts them, each after the one it follows', () => {
    check((plan, steps) => {
      const run = play(plan, steps, () => {});
      const history = run.history();
      expect(history.length).toBe(run.state.historyLength);
      history.forEach(({ id, previousEventId }, index) => {
        expect(id).toBe(index + 1);
        expect(previousEventId).toBeLessThan(id);
      });
      const entered = new Map(history.map(({ id, type }) => [id, type]));
      for (const { enteredEvent } of run.state.activations.values()) {
        expect(entered.get(enteredEvent)).toMatch(/StateEntered$/);
      }
    });
  });

  it('comes to an end, and leaves nothing behind', () => {
    check((plan, steps) => {
      const run = play(plan, steps, () => {});
      for (let turns = 0; run.state.status === 'RUNNING' && turns < 500; turns += 1) {
        const [task] = run.tasks();
        if (task === undefined) run.sleep();
        else run.succeed(0, task);
      }
      expect(run.state.status).not.toBe('RUNNING');
      expect(run.state.closedAt).toBe(run.now);
      expect(run.state.activations.size + run.state.tokens.size + run.state.scopes.size).toBe(0);
      expect(nextDue(run.state)).toBeUndefined();
    });
  });
});
