import { startBranches, startMap } from './branches.ts';
import { StateEnvironment } from './context.ts';
import type { Draft } from './draft.ts';
import { evaluate } from './evaluate.ts';
import { failScope } from './failure.ts';
import { planOf, scope } from './fold.ts';
import { completeState, endScope, exitState } from './leave.ts';
import { fireOrJoin, lookAtNets, startEnabled } from './net/settle-net.ts';
import { concludeNets } from './net/stuck.ts';
import { passThrough } from './pass-through.ts';
import { asksForPermits, isHeldBack } from './permits.ts';
import type { StatePlan } from './plan.ts';
import type { Activation, TokenId } from './state.ts';
import { scheduleTask } from './task.ts';

/** Starts everything that can start by itself, one state at a time in the order of enabling, within the draft's budget. */
export function settle(draft: Draft): void {
  if (isHeldBack(draft.state)) return;
  do {
    while (!draft.isSpent && startNext(draft));
  } while (!draft.isSpent && concludeNets(draft));
}

/** Starts what has been enabled longest. False: nothing can start by itself. */
function startNext(draft: Draft): boolean {
  const { agenda } = draft;
  if (agenda === undefined && passThrough(draft)) return true;
  lookAtNets(draft);
  const token = agenda === undefined ? firstToken(draft) : agenda.plainToken();
  const enabled = agenda?.firstEnabled();
  if (token !== undefined && (enabled === undefined || token < enabled.since)) {
    draft.budget -= 1;
    enter(draft, token);
    return true;
  }
  if (enabled === undefined) return fireOrJoin(draft);
  startEnabled(draft, enabled);
  return true;
}

/** Without nets, every token starts its state. */
function firstToken({ state }: Draft): TokenId | undefined {
  for (const id of state.tokens.keys()) return id;
  return undefined;
}

function enter(draft: Draft, tokenId: TokenId): void {
  const id = draft.state.nextId;
  draft.emit({ type: 'StateEntered', id, tokens: [tokenId] });
  const active = draft.state.activations.get(id);
  if (active !== undefined) run(draft, active, planOf(draft.plan, draft.state, active));
}

/** Runs a state from its start to where it waits for something, or to its end. */
export function run(draft: Draft, active: Activation, state: StatePlan): void {
  const env = () => new StateEnvironment(draft, active);
  // What a task calls is known once its arguments are.
  if (state.pool !== undefined && state.type !== 'Task' && asksForPermits(draft, active, [state.pool])) return;
  switch (state.type) {
    case 'Task':
      return scheduleTask(draft, active, state);
    case 'Parallel':
      return startBranches(draft, active, state);
    case 'Map':
      return startMap(draft, active, state);
    case 'Pass':
      return evaluate(
        draft,
        active,
        state,
        () => state.produce(env()),
        (result) => exitState(draft, active, result, state.next),
      );
    case 'Choice':
      return evaluate(
        draft,
        active,
        state,
        () => state.choose(env()),
        (result) => exitState(draft, active, result, result.next),
      );
    case 'Wait':
      return evaluate(
        draft,
        active,
        state,
        () => state.until(env()),
        (until) => {
          if (until > draft.occasion.at) draft.emit({ type: 'WaitStarted', id: active.id, dueAt: until });
          else completeState(draft, active, state);
        },
      );
    case 'Succeed':
      return evaluate(
        draft,
        active,
        state,
        () => state.produce(env()),
        (result) => {
          const within = scope(draft.state, active.scope);
          exitState(draft, active, result, [], { keepScope: true });
          // A Map that it completed may have failed, and the scope with it.
          if (draft.state.scopes.has(within.id)) endScope(draft, within);
        },
      );
    case 'Fail':
      return evaluate(
        draft,
        active,
        state,
        () => state.failure(env()),
        (failure) => failScope(draft, active, failure),
      );
    case 'Place':
      // Tokens rest in it; nobody enters it.
      return;
  }
}
