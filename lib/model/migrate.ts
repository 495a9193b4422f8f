import type { ExecutionEvent, ExecutionMigrated } from './event.ts';
import { scopePlan } from './fold.ts';
import type { Plan } from './plan.ts';
import { matchOpenStates, missing } from './redrive.ts';
import type { ExecutionState, ScopeState } from './state.ts';

/** Migration: an execution that runs goes on with another definition. What is at work stays so; nothing is called again. */

export interface MigrationRequest {
  readonly state: ExecutionState;
  /** The plan it runs by. */
  readonly before: Plan;
  readonly after: Plan;
  readonly revision: string;
  readonly roleArn: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** What of an execution does not fit into another definition, one sentence each; empty: it can be migrated. */
export function migrationProblems({
  state,
  before,
  after,
}: Pick<MigrationRequest, 'state' | 'before' | 'after'>): readonly string[] {
  const { problems, scopes } = matchOpenStates(state, before, after, state.identity.mapRun?.processor);
  const offered = [...state.offers.values()].flatMap(({ scope, state: name }) => {
    const index = scopes.get(scope);
    return index === undefined || after.scopes[index]?.states.has(name) === true ? [] : [missing(name)];
  });
  return [...new Set([...problems, ...offered])];
}

/** The event by which it goes on; `migrationProblems` has found none. */
export function migrate(request: MigrationRequest): ExecutionMigrated & { readonly at: number } {
  const { state, before, after, revision, roleArn, at } = request;
  const { scopes } = matchOpenStates(state, before, after, state.identity.mapRun?.processor);
  return {
    type: 'ExecutionMigrated',
    at,
    definition: { revision, roleArn },
    scopes: [...state.scopes.values()].map((scope) => change(scope, after, scopes.get(scope.id) ?? scope.plan)),
  };
}

function change({ id, net }: ScopeState, after: Plan, plan: number): ExecutionMigrated['scopes'][number] {
  const within = scopePlan(after, plan);
  if (within.net === undefined) return { id, plan };
  if (net === undefined) return { id, plan, becomesNet: true };
  const newRounds = Object.keys(net.rounds).filter((name) => within.states.get(name)?.start?.join?.kind !== 'count');
  return { id, plan, ...(newRounds.length === 0 ? {} : { newRounds }) };
}

/** The definition by which an execution goes on after the event, where that is another one. */
export function definitionAfter(event: ExecutionEvent): ExecutionMigrated['definition'] | undefined {
  return event.type === 'ExecutionRedriven' || event.type === 'ExecutionMigrated' ? event.definition : undefined;
}
