import type { ExecutionEvent, ExecutionForked } from './event.ts';
import { scopePlan } from './fold.ts';
import type { Json, JsonObject } from './json.ts';
import type { FlatActivation } from './open-state.ts';
import type { Plan } from './plan.ts';
import { matchOpenStates, redrive } from './redrive.ts';
import type { SearchFields } from './search.ts';
import type { ExecutionIdentity, ExecutionState, ScopeState, Token } from './state.ts';

/**
 * Fork: a new execution goes on from where another one was at a moment. What had been left stays left; what was at work
 * then begins again, as with a redrive.
 */
export interface ForkRequest {
  /** Of the new execution, with the definition that it is to run. */
  readonly identity: ExecutionIdentity;
  /** The plan of that definition. */
  readonly after: Plan;
  /** The other execution at the moment, the plan that it ran by, and the commit. */
  readonly state: ExecutionState;
  readonly plan: Plan;
  readonly commit: number;
  /** Absent: that of the other one. */
  readonly input?: Json;
  /** What the new one is found by. */
  readonly search?: SearchFields | undefined;
  /** Of the top level, over those that it had. */
  readonly variables?: JsonObject;
  /** ms since the epoch. */
  readonly at: number;
}

/** Why there can be no fork, one sentence each; empty: there can. */
export function forkProblems({ state, plan, after }: Pick<ForkRequest, 'state' | 'plan' | 'after'>): readonly string[] {
  if (state.status !== 'RUNNING') return ['Nothing was open at that moment: the execution had ended.'];
  const maps = [...state.activations.values()].flatMap(({ work, state: name }) =>
    work.kind === 'mapRun'
      ? [`State "${name}" was running its items as executions of their own, which cannot be forked.`]
      : [],
  );
  const isMapRunChild = state.identity.mapRun !== undefined;
  const child = isMapRunChild ? ['The execution is the child of a map run: fork the one that it belongs to.'] : [];
  return [...maps, ...child, ...matchOpenStates(state, plan, after).problems];
}

/** The first events of the new execution; `forkProblems` has found none. */
export function fork(request: ForkRequest): readonly ExecutionEvent[] {
  const { identity, after, state, plan, commit, at, input = state.input, search } = request;
  const { revision, roleArn } = identity.workflow;
  const change = { plan: after, revision, roleArn };
  const redriven = redrive({ open: state, plan, redriveCount: 0, at, change });
  const { scopes, activations, tokens, events, timeoutAt } = redriven;
  const { startAt } = scopePlan(after, 0);
  const forked: ExecutionForked & { readonly at: number } = {
    type: 'ExecutionForked',
    at,
    from: { execution: state.identity.id, commit },
    scopes: scopes.map((scope) => withVariables(scope, request.variables)),
    activations: activations.map((active) => begun(active, startAt, request.input)),
    tokens: tokens.map((token) => (isFirst(token) ? { ...token, value: request.input ?? token.value } : token)),
    ...(events === undefined ? {} : { events }),
    nextId: state.nextId,
    ...(state.deeds === undefined ? {} : { deeds: state.deeds }),
  };
  const found = search === undefined ? {} : { search };
  const started = { type: 'ExecutionStarted', identity, input, startAt, at, ...found } as const;
  return [{ ...started, ...(timeoutAt === undefined ? {} : { timeoutAt }) }, forked];
}

function withVariables(scope: ScopeState, variables: JsonObject | undefined): ScopeState {
  if (variables === undefined || scope.parent !== undefined) return scope;
  return { ...scope, variables: { ...scope.variables, ...variables } };
}

/** The number of the event by which it was entered is that of the fork, in the new history. */
function begun(active: FlatActivation, startAt: string, input: Json | undefined): FlatActivation {
  const isStart = active.scope === 0 && active.step === 1 && active.state === startAt;
  return { ...active, enteredEvent: FORK_EVENT, ...(isStart && input !== undefined ? { input } : {}) };
}

/** Number of `ExecutionForked` in its history. */
const FORK_EVENT = 2;

function isFirst({ scope, from }: Token): boolean {
  return scope === 0 && from === undefined;
}
