import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../lib/model/command.ts';
import { nextDue } from '../../lib/model/due.ts';
import type { TaskAssignment } from '../../lib/model/effect.ts';
import { outstanding } from '../../lib/model/effects.ts';
import type { EventType, ExecutionEvent } from '../../lib/model/event.ts';
import { evolve } from '../../lib/model/evolve.ts';
import {
  MAP_RUN_SERVICE,
  mapRunRequest,
  type StartChildren,
  type StopChildren,
} from '../../lib/model/map-run-request.ts';
import type { Plan } from '../../lib/model/plan.ts';
import type { ExecutionState, MapRunWork } from '../../lib/model/state.ts';
import { decodeSnapshot, encodeSnapshot } from '../../lib/state/snapshot.ts';
import { definitionOf, INPUT, type Move, moves, scopes } from './arbitrary.ts';
import { planOf, Scenario } from './scenario.ts';

/** Runs a whole execution by random moves; after each step `check` may look at it. */
function play(plan: Plan, steps: readonly Move[], check: (run: Scenario) => void): Scenario {
  const run = new Scenario(plan, INPUT);
  check(run);
  for (const step of steps) {
    if (step.act === 'redrive') {
      if (!closedOtherwise(run)) continue;
      run.redrive();
      check(run);
      continue;
    }
    if (step.act === 'suspend' || step.act === 'resume') {
      if (run.state.status !== 'RUNNING' || (run.state.suspended === undefined) !== (step.act === 'suspend')) continue;
      run[step.act]();
      check(run);
      continue;
    }
    const command = commandOf(run, step);
    if (command === undefined) continue;
    run.tell(command);
    check(run);
    // Everything that comes as a fact can be delivered twice. The second time nothing comes of it, but for heartbeats.
    if (command.type === 'TaskHeartbeat' || command.type === 'Wake') continue;
    if (command.type === 'CancellationsDone' || command.type === 'UpdateMapRun') continue;
    const before = structuredClone(run.state);
    expect(run.tell(command)).toEqual([]);
    expect(run.state).toEqual(before);
  }
  return run;
}

function closedOtherwise({ state: { status } }: Scenario): boolean {
  return status !== 'RUNNING' && status !== 'SUCCEEDED';
}

type Given = Exclude<Command, { type: 'StartExecution' }>;

/** What the engine answers to the first request of a map run. */
function answerOf(run: Scenario, act: 'answer' | 'refuse'): Given | undefined {
  const [task] = run.requests();
  if (task === undefined) return undefined;
  const { activation, attempt, resource } = task;
  if (act === 'refuse') return { type: 'TaskFailed', activation, attempt, reason: 'failed', error: 'E', cause: 'C' };
  const action = resource.kind === 'service' ? resource.action : '';
  const { children } = task.input as unknown as StartChildren;
  const output =
    action === 'readItems' ? { items: [1, 2, 3] } : action === 'writeResults' ? 'written' : children.length;
  return { type: 'TaskSucceeded', activation, attempt, output };
}

function openMapRuns({ state }: Scenario): readonly { readonly activation: number; readonly work: MapRunWork }[] {
  return [...state.activations.values()].flatMap(({ id: activation, work }) =>
    work.kind === 'mapRun' ? [{ activation, work }] : [],
  );
}

function childEndOf(
  run: Scenario,
  act: 'childSucceeds' | 'childFails' | 'childStale',
  which: number,
): Given | undefined {
  const launched = openMapRuns(run).flatMap(({ activation, work }) =>
    work.children.flatMap(({ status, redrives }, child) =>
      status === 'RUNNING' && !work.toLaunch.includes(child)
        ? [{ activation, round: work.round, child, redrives }]
        : [],
    ),
  );
  const child = launched[Math.floor(which * launched.length)];
  if (child === undefined) return undefined;
  const times = { startedAt: run.now, closedAt: run.now };
  if (act === 'childFails') return { type: 'ChildEnded', ...child, ...times, status: 'FAILED', error: 'E', cause: 'C' };
  const about = act === 'childStale' ? { ...child, redrives: child.redrives + 1 } : child;
  return { type: 'ChildEnded', ...about, ...times, status: 'SUCCEEDED', output: { child: child.child } };
}

function commandOf(run: Scenario, { act, which }: Move): Given | undefined {
  if (act === 'stop') return { type: 'StopExecution', redriveCount: run.state.redriven?.count ?? 0 };
  if (act === 'told') {
    const count = Math.ceil(which * run.state.owed.length);
    return count === 0 ? undefined : { type: 'CancellationsDone', count };
  }
  if (act === 'answer' || act === 'refuse') return answerOf(run, act);
  if (act === 'childSucceeds' || act === 'childFails' || act === 'childStale') return childEndOf(run, act, which);
  if (act === 'update') {
    const work = openMapRuns(run)[0]?.work;
    return work && { type: 'UpdateMapRun', id: 'u', run: work.run, maxConcurrency: 1, toleratedFailureCount: 1 };
  }
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
    case 'redrive':
    case 'suspend':
    case 'resume':
      return undefined;
    case 'stale':
      return { type: 'TaskSucceeded', ...about, attempt: task.attempt + 1, output: 'stale' };
  }
}

/** What children are asked for may have grown since: the answer names how many were started. */
function asked(task: TaskAssignment): unknown {
  const { resource, input, ...rest } = task;
  const grows = resource.kind === 'service' && resource.action === 'startChildren';
  return { resource, ...rest, ...(grows ? {} : { input }) };
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

const BEGINNINGS: readonly EventType[] = [
  'StateEntered',
  'TaskScheduled',
  'WaitStarted',
  'BranchesStarted',
  'ItemsStarted',
  'ItemStarted',
  'MapRunStarted',
  'ChildrenStarted',
];
const ENDS: readonly EventType[] = ['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted'];

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
        const isOffered = new Set(
          run.tasks().flatMap((task) => (task.resource.kind === 'activity' ? [task.activation] : [])),
        );
        const out = [...run.state.activations.values()].filter(
          ({ id, work }) =>
            (run.state.suspended === undefined || isOffered.has(id)) &&
            ((work.kind === 'task' && work.stage === 'scheduled') ||
              (work.kind === 'mapRun' && mapRunRequest(work) !== undefined)),
        );
        const effects = outstanding(plan, run.state);
        const given = effects.flatMap((effect) => (effect.type === 'CancelTask' ? [effect.task] : []));
        expect(given).toEqual(run.state.owed);
        const tasks = effects.flatMap((effect) =>
          effect.type === 'InvokeTask' || effect.type === 'OfferTask' ? [effect.task] : [],
        );
        expect(tasks.map(({ activation }) => activation)).toEqual(out.map(({ id }) => id));
        const known = [...run.tasks(), ...run.requests()];
        for (const task of tasks) expect(known.map(asked)).toContainEqual(asked(task));
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

  it('has as many children at work as it says, and no more than it may', () => {
    check((plan, steps) => {
      play(plan, steps, (run) => {
        for (const { work } of openMapRuns(run)) {
          const open = work.children.flatMap(({ status }, child) => (status === 'RUNNING' ? [child] : []));
          expect(work.running).toBe(open.length);
          expect(open).toEqual(expect.arrayContaining([...work.toLaunch]));
          expect(work.nextItem).toBe(work.children.reduce((sum, { count }) => sum + count, 0));
          const failed = work.children.filter(({ status }) => status !== 'RUNNING' && status !== 'SUCCEEDED');
          expect(work.failedItems).toBe(failed.reduce((sum, { count }) => sum + count, 0));
        }
      });
    });
  });

  it('owes the end of every child that it gives up', () => {
    check((plan, steps) => {
      const launched = new Set<string>();
      const told = new Set<string>();
      const run = play(plan, steps, ({ state, effects }) => {
        for (const { work } of openMapRuns({ state } as Scenario)) {
          work.children.forEach(({ status, redrives }, child) => {
            const key = `${work.run} ${child} ${redrives}`;
            if (status === 'RUNNING') launched.add(key);
            else launched.delete(key);
          });
        }
        for (const effect of effects) {
          if (effect.type !== 'CancelTask' || effect.task.resource.kind !== 'service') continue;
          if (effect.task.resource.service !== MAP_RUN_SERVICE) continue;
          const { run: arn, children } = effect.task.input as unknown as StopChildren;
          for (const { child, redrives } of children) told.add(`${arn} ${child} ${redrives}`);
        }
      });
      if (run.state.status === 'RUNNING') return;
      // What ended in the very decision that closed the execution is not open any more.
      const last = run.events.flatMap((event) => (event.type === 'ChildEnded' ? [event.child] : []));
      for (const key of launched) {
        if (!last.includes(Number(key.split(' ')[1]))) expect(told).toContain(key);
      }
    });
  });

  it('begins nothing while it is suspended', () => {
    let suspensions = 0;
    check((plan, steps) => {
      const { events } = play(plan, steps, () => {});
      let suspended = false;
      for (const { type } of events) {
        if (suspended) expect(BEGINNINGS).not.toContain(type);
        if (type === 'ExecutionSuspended') suspensions += 1;
        if (type === 'ExecutionSuspended') suspended = true;
        if (type === 'ExecutionResumed' || ENDS.includes(type)) suspended = false;
      }
    });
    expect(suspensions).toBeGreaterThan(0);
  });

  it('comes to an end, and leaves nothing behind', () => {
    check((plan, steps) => {
      const run = play(plan, steps, () => {});
      if (run.state.suspended !== undefined) run.resume();
      for (let turns = 0; run.state.status === 'RUNNING' && turns < 500; turns += 1) {
        const command = answerOf(run, 'answer') ?? childEndOf(run, 'childSucceeds', 0);
        const [task] = run.tasks();
        if (command !== undefined) run.tell(command);
        else if (task !== undefined) run.succeed(0, task);
        else run.sleep();
      }
      expect(run.state.status).not.toBe('RUNNING');
      expect(run.state.closedAt).toBe(run.now);
      expect(run.state.activations.size + run.state.tokens.size + run.state.scopes.size).toBe(0);
      expect(nextDue(run.state)).toBeUndefined();
      if (run.state.owed.length > 0) run.tell({ type: 'CancellationsDone', count: run.state.owed.length });
      expect(outstanding(plan, run.state)).toEqual([]);
    });
  });
});
