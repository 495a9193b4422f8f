import type { Json } from '../../model/json.ts';
import type { JoinCount, JoinPlan, NetPlan, Source, StartPlan } from '../../model/net-plan.ts';
import type { StatePlan } from '../../model/plan.ts';
import type { Coordinated, JoinDefinition, NumberField, ScopeDefinition, StateDefinition } from '../definition.ts';
import { edgesOf, sourcesOf } from '../net.ts';
import { compileTyped, queryError, scopeMaker } from './jsonata.ts';
import type { StateCompilation } from './options.ts';

export function compileNet({ StartAt, States, Mutex = {} }: ScopeDefinition): NetPlan {
  const edges = Object.entries(States).map(([name, state]) => [name, edgesOf(state)] as const);
  const mutexes = Object.values(Mutex).map((groups) =>
    groups.map((group) => new Set(typeof group === 'string' ? [group] : group)),
  );
  return { sources: sourcesOf(StartAt, edges), mutexes };
}

type Coordination = Pick<StatePlan, 'start' | 'cancels' | 'completes'>;

/** How a state of a net starts, and what it does to others; `sources`: where the arcs into it begin. */
export function compileCoordination(
  definition: StateDefinition,
  sources: readonly Source[],
  state: StateCompilation,
): Coordination {
  if (definition.Type === 'Place') return {};
  const { Cancels, Completes } = definition;
  const start = compileStart(definition, sources.length, state);
  return {
    ...(start === undefined ? {} : { start }),
    ...(Cancels === undefined ? {} : { cancels: Cancels }),
    ...(Completes === undefined ? {} : { completes: Completes }),
  };
}

function compileStart(definition: Coordinated, arcs: number, state: StateCompilation): StartPlan | undefined {
  const { Join, Trigger, Milestone } = definition;
  const join = Join === undefined ? undefined : compileJoin(Join, arcs, state);
  if (join === undefined && Trigger === undefined && Milestone === undefined) return undefined;
  return {
    ...(join === undefined ? {} : { join }),
    ...(Trigger === undefined ? {} : { trigger: { event: Trigger.Event, persistent: Trigger.Persistent ?? true } }),
    ...(Milestone === undefined ? {} : { milestone: Milestone }),
  };
}

function compileJoin(join: JoinDefinition, arcs: number, state: StateCompilation): JoinPlan | undefined {
  if (join === 'any') return undefined;
  if (join === 'all' || join === 'active') return { kind: join };
  if ('Threads' in join) {
    return { kind: 'threads', count: compileCount('Join/Threads', join.Threads, Number.POSITIVE_INFINITY, state) };
  }
  const count = compileCount('Join/Count', join.Count, arcs, state);
  return join.Rest === 'cancel' ? { kind: 'count', count, cancels: join.Cancels ?? [] } : { kind: 'count', count };
}

/** A positive integer, or an expression that has to give one, which fails with `States.QueryEvaluationError` otherwise. */
export function compileCount(field: string, value: NumberField, maximum: number, state: StateCompilation): JoinCount {
  if (typeof value === 'number') return value;
  const accept = (given: Json) => (typeof given === 'number' && Number.isInteger(given) ? given : undefined);
  const evaluate = compileTyped(value, field, 'integer', accept, state);
  const scope = scopeMaker([value]);
  return (env) => {
    const count = evaluate(scope(env));
    if (count < 1) throw queryError(`${field} must be at least 1, but is ${count}.`, field);
    if (count > maximum) {
      throw queryError(`${field} is ${count}, but only ${maximum} arcs lead to the state '${state.name}'.`, field);
    }
    return count;
  };
}
