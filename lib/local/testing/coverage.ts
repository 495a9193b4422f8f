import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Plan, StatePlan } from '../../model/plan.ts';

/** A state, or a way to leave one, that tests may or may not have seen. */
export interface CoveredPart {
  readonly workflow: string;
  readonly state: string;
  /** Absent: the state itself. As in `Choices[1] → Ship`, `Default → Reject`, `Catch[0] (CardDeclined) → Reject`. */
  readonly transition?: string;
  readonly times: number;
}

interface Part {
  readonly workflow: string;
  readonly state: string;
  readonly transition?: string;
  times: number;
}

/** How a state was left: by its `Next` or its end, by a catcher, or by a rule of a Choice. */
type Way = 'Next' | number;

/** Which states and transitions have been seen, of all that the definitions have. */
export class Coverage {
  /** By workflow, scope, state and way. */
  readonly #parts = new Map<string, Part>();

  /** All parts, in document order. */
  get parts(): readonly CoveredPart[] {
    return [...this.#parts.values()];
  }

  get missing(): readonly CoveredPart[] {
    return this.parts.filter(({ times }) => times === 0);
  }

  /** All states, as `workflow/state`. */
  get states(): readonly string[] {
    const states = this.parts.filter(({ transition }) => transition === undefined);
    return states.map(({ workflow, state }) => `${workflow}/${state}`);
  }

  /** Makes the parts of a definition known. */
  expect(workflow: string, plan: Plan, definition: string): void {
    const sources = scopesOf(JSON.parse(definition));
    for (const scope of plan.scopes) {
      const source = sources.find((states) => [...scope.states.keys()].every((name) => Object.hasOwn(states, name)));
      for (const [name, state] of scope.states) {
        const add = (way: string, transition?: string) => {
          const key = keyOf(workflow, scope.index, name, way);
          if (this.#parts.has(key)) return;
          const part = { workflow, state: name, ...(transition === undefined ? {} : { transition }), times: 0 };
          this.#parts.set(key, part);
        };
        add('');
        for (const [way, transition] of waysOf(state, source?.[name])) add(way, transition);
      }
    }
  }

  entered(workflow: string, scope: number, state: string): void {
    this.#count(keyOf(workflow, scope, state, ''));
  }

  left(workflow: string, scope: number, state: string, way: Way): void {
    this.#count(keyOf(workflow, scope, state, way === 'Next' ? way : `Catch[${way}]`));
  }

  /** A state has taken a token out of a place. */
  taken(workflow: string, scope: number, place: string, by: string): void {
    this.#count(keyOf(workflow, scope, place, takenBy(by)));
  }

  chose(workflow: string, scope: number, state: string, rule: number | 'Default'): void {
    this.#count(keyOf(workflow, scope, state, rule === 'Default' ? rule : `Choices[${rule}]`));
  }

  /** Adds what another test has seen. */
  add(other: Coverage): void {
    for (const [key, part] of other.#parts) {
      const known = this.#parts.get(key);
      if (known === undefined) this.#parts.set(key, { ...part });
      else known.times += part.times;
    }
  }

  #count(key: string): void {
    const part = this.#parts.get(key);
    if (part !== undefined) part.times += 1;
  }
}

function keyOf(workflow: string, scope: number, state: string, way: string): string {
  return JSON.stringify([workflow, scope, state, way]);
}

function waysOf(state: StatePlan, source: Json | undefined): readonly (readonly [way: string, transition: string])[] {
  if (state.type === 'Choice') return rulesOf(source);
  if (state.type === 'Succeed' || state.type === 'Fail') return [];
  if (state.type === 'Place')
    return [...new Set(state.next)].map((target) => [takenBy(target), `Next → ${target}`] as const);
  const next = state.next.length === 0 ? [] : [['Next', `Next → ${state.next.join(', ')}`] as const];
  if (!('catch' in state)) return next;
  const catchers = state.catch.map(({ errorEquals, next: target }, at) => {
    const way = `Catch[${at}]`;
    return [way, `${way} (${errorEquals.join(', ')}) → ${target.join(', ')}`] as const;
  });
  return [...next, ...catchers];
}

function rulesOf(source: Json | undefined): readonly (readonly [string, string])[] {
  if (!isJsonObject(source)) return [];
  const { Choices: rules, Default: otherwise } = source;
  const chosen = (isJsonArray(rules) ? rules : []).map((rule, at) => {
    const way = `Choices[${at}]`;
    return [way, `${way} → ${isJsonObject(rule) ? targets(rule['Next']) : ''}`] as const;
  });
  return otherwise === undefined ? chosen : [...chosen, ['Default', `Default → ${targets(otherwise)}`] as const];
}

function targets(next: Json | undefined): string {
  return isJsonArray(next) ? next.join(', ') : String(next);
}

function takenBy(state: string): string {
  return `taken by ${state}`;
}

/** The `States` of all scopes of a definition. */
function scopesOf(value: Json): readonly JsonObject[] {
  if (isJsonArray(value)) return value.flatMap(scopesOf);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isScope = key === 'States' && typeof value['StartAt'] === 'string' && isJsonObject(inner);
    return isScope ? [inner, ...Object.values(inner).flatMap(scopesOf)] : scopesOf(inner);
  });
}
