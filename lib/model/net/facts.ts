import type { NetPlan } from '../net-plan.ts';
import type { Plan, ScopePlan, StatePlan } from '../plan.ts';

/** What follows from the plan of a net alone, found out once. */
export interface NetFacts {
  readonly net: NetPlan;
  /** Position of each state in the document. */
  readonly order: ReadonlyMap<string, number>;
  /** States whose join counts branches. */
  readonly counting: readonly string[];
  /** States with an OR-join. */
  readonly orJoins: readonly string[];
  /** States that an event starts. */
  readonly triggered: readonly string[];
}

const known = new WeakMap<ScopePlan, NetFacts>();

/** `undefined`: the scope is plain Amazon States Language. */
export function netFacts(scope: ScopePlan): NetFacts | undefined {
  if (scope.net === undefined) return undefined;
  const found = known.get(scope);
  if (found !== undefined) return found;
  const facts = factsOf(scope, scope.net);
  known.set(scope, facts);
  return facts;
}

function factsOf({ states }: ScopePlan, net: NetPlan): NetFacts {
  const names = [...states.keys()];
  const joinKind = (name: string) => states.get(name)?.start?.join?.kind;
  return {
    net,
    order: new Map(names.map((name, index) => [name, index])),
    counting: names.filter((name) => joinKind(name) === 'count'),
    orJoins: names.filter((name) => joinKind(name) === 'active'),
    triggered: names.filter((name) => states.get(name)?.start?.trigger !== undefined),
  };
}

const withNets = new WeakMap<Plan, boolean>();

export function hasNets(plan: Plan): boolean {
  let found = withNets.get(plan);
  if (found === undefined) {
    found = plan.scopes.some(({ net }) => net !== undefined);
    withNets.set(plan, found);
  }
  return found;
}

/** Whether somebody outside starts the state: a worker takes its task. What needs a permit is started before it is offered. */
export function isTakenOutside(state: StatePlan): boolean {
  if (state.pool !== undefined) return false;
  return state.type === 'Task' && (state.resource.kind === 'activity' || state.resource.kind === 'workItem');
}

/** Whether the state starts when its time has come: a Wait that follows a place. */
export function isTimed(scope: ScopePlan, state: StatePlan): boolean {
  if (state.type !== 'Wait' || state.pool !== undefined) return false;
  const sources = scope.net?.sources.get(state.name) ?? [];
  return sources.some((source) => source !== null && scope.states.get(source)?.type === 'Place');
}
