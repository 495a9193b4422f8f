import type { Plan, ScopePlan, StatePlan } from '../../model/plan.ts';
import { type Definition, languageOf, type ScopeDefinition, type StateDefinition } from '../definition.ts';
import { Expressions } from '../expressions.ts';
import { usesNet } from '../net.ts';
import { fusedStates } from '../optimize/chains.ts';
import { compileCoordination, compileNet } from './net.ts';
import type { CompileOptions } from './options.ts';
import { compileSearch } from './search.ts';
import { compileState } from './state.ts';

/**
 * Compiles a definition in which the checker has found no error. Pure: the same definition gives a plan that
 * behaves the same for ever.
 */
export function compileDefinition(definition: Definition, options: CompileOptions): Plan {
  const scopes: ScopePlan[] = [];
  const { expressions = new Expressions() } = options;
  const inherited = definition.QueryLanguage ?? 'JSONPath';
  const idempotent = definition.Idempotent ?? false;

  function addScope(scope: ScopeDefinition): number {
    const states = new Map<string, StatePlan>();
    const index = scopes.length;
    const net = usesNet(scope) ? compileNet(scope) : undefined;
    const completed = net === undefined ? NONE : completedIn(scope);
    scopes.push({ index, startAt: scope.StartAt, states });
    for (const [name, state] of Object.entries(scope.States)) {
      const language = languageOf(state, inherited);
      const isCompletedByOthers = completed.has(name);
      const within = { ...options, expressions, name, language, idempotent, isCompletedByOthers, addScope };
      const plan = { ...compileState(state, within), ...(poolOf(state) ?? {}) };
      if (net === undefined) states.set(name, plan);
      else states.set(name, { ...plan, ...compileCoordination(state, net.sources.get(name) ?? [], within) });
    }
    const isFused = net === undefined && options.isOptimized !== false;
    const parts = { ...(net === undefined ? {} : { net }), ...(isFused ? { fused: fusedStates(states) } : {}) };
    scopes[index] = { index, startAt: scope.StartAt, states, ...parts };
    return index;
  }

  addScope(definition);
  const { TimeoutSeconds, InputSchema, Search } = definition;
  const events = eventsOf(scopes);
  return {
    scopes,
    ...(TimeoutSeconds === undefined ? {} : { timeoutSeconds: TimeoutSeconds }),
    ...(events.size === 0 ? {} : { events }),
    ...(InputSchema === undefined ? {} : { inputSchema: InputSchema }),
    ...(Search === undefined ? {} : { search: compileSearch(Search) }),
  };
}

function poolOf(state: StateDefinition): Pick<StatePlan, 'pool'> | undefined {
  return state.Type === 'Place' || state.Pool === undefined ? undefined : { pool: state.Pool };
}

const NONE: ReadonlySet<string> = new Set();

/** The Maps that some state of the scope completes. */
function completedIn({ States }: ScopeDefinition): ReadonlySet<string> {
  return new Set(Object.values(States).flatMap((state) => (state.Type === 'Place' ? [] : (state.Completes ?? []))));
}

/** The events that some state waits for, and whether some of them keeps them. */
function eventsOf(scopes: readonly ScopePlan[]): ReadonlyMap<string, boolean> {
  const events = new Map<string, boolean>();
  for (const { net, states } of scopes) {
    if (net === undefined) continue;
    for (const { start } of states.values()) {
      if (start?.trigger === undefined) continue;
      const { event, persistent } = start.trigger;
      events.set(event, persistent || (events.get(event) ?? false));
    }
  }
  return events;
}
