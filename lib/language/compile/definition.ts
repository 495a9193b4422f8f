import type { Plan, ScopePlan, StatePlan } from '../../model/plan.ts';
import { type Definition, languageOf, type ScopeDefinition } from '../definition.ts';
import { Expressions } from '../expressions.ts';
import type { CompileOptions } from './options.ts';
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
    scopes.push({ index, startAt: scope.StartAt, states });
    for (const [name, state] of Object.entries(scope.States)) {
      const language = languageOf(state, inherited);
      states.set(name, compileState(state, { ...options, expressions, name, language, idempotent, addScope }));
    }
    return index;
  }

  addScope(definition);
  const { TimeoutSeconds } = definition;
  return TimeoutSeconds === undefined ? { scopes } : { scopes, timeoutSeconds: TimeoutSeconds };
}
