import { Budget, STATE_WORK } from './budget.ts';
import type { Draft } from './draft.ts';
import { type Environment, randomFraction, randomUuid } from './environment.ts';
import { planOf, scope } from './fold.ts';
import type { Json, JsonObject } from './json.ts';
import type { Activation, ExecutionState, OutsideEvent, ScopeId } from './state.ts';

/** The environment of one activation. The context object is made when an expression first looks at it: most never do. */
export class StateEnvironment implements Environment {
  readonly input: Json;
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly now: number;
  readonly budget: Budget;
  readonly #draft: Draft;
  readonly #active: Activation;
  readonly #token: string | undefined;
  #context: JsonObject | undefined;
  #variables: JsonObject | undefined;

  constructor(draft: Draft, active: Activation, errorOutput?: JsonObject, token?: string) {
    this.input = active.input;
    this.now = draft.occasion.at;
    this.budget = new Budget(STATE_WORK, draft.work);
    const { work } = active;
    if (work.kind === 'succeeded') this.result = work.result;
    else if (work.kind === 'items' && work.control?.released !== undefined) this.result = work.control.released.result;
    if (errorOutput !== undefined) this.errorOutput = errorOutput;
    this.#draft = draft;
    this.#active = active;
    this.#token = token;
  }

  get context(): JsonObject {
    this.#context ??= this.buildContext();
    return this.#context;
  }

  get variables(): JsonObject {
    this.#variables ??= visibleVariables(this.#draft.state, this.#active.scope);
    return this.#variables;
  }

  random = (): number => randomFraction(this.#draft.occasion);

  uuid = (): string => randomUuid(this.#draft.occasion);

  protected mapItem(): MapItem | undefined {
    return enclosingItem(this.#draft.state, this.#active.scope);
  }

  /** Of the Map whose completion is being looked at: the results so far. */
  protected mapResults(): readonly Json[] | undefined {
    return undefined;
  }

  private buildContext(): JsonObject {
    const { identity, input, redriven } = this.#draft.state;
    const active = this.#active;
    const item = this.mapItem();
    const results = this.mapResults();
    const map: JsonObject = {
      ...(item === undefined ? {} : { Item: itemContext(item) }),
      ...(results === undefined ? {} : { Results: results }),
    };
    return {
      Execution: {
        Id: identity.id,
        Input: input,
        StartTime: new Date(identity.startedAt).toISOString(),
        Name: identity.name,
        RoleArn: identity.workflow.roleArn,
        RedriveCount: redriven?.count ?? 0,
        ...(redriven === undefined ? {} : { RedriveTime: new Date(redriven.at).toISOString() }),
      },
      StateMachine: { Id: identity.workflow.id, Name: identity.workflow.name },
      State: {
        Name: active.state,
        EnteredTime: new Date(active.enteredAt).toISOString(),
        ...this.retryCount(),
      },
      ...(this.#token === undefined ? {} : { Task: { Token: this.#token } }),
      ...(Object.keys(map).length === 0 ? {} : { Map: map }),
      ...(active.event === undefined ? {} : { Event: eventContext(active.event) }),
    };
  }

  /** Only a state that could be retried has a count of its retries. */
  private retryCount(): JsonObject {
    const { plan, state } = this.#draft;
    if (!('retry' in planOf(plan, state, this.#active))) return {};
    return { RetryCount: this.#active.retries.reduce((sum, used) => sum + used, 0) };
  }
}

export interface MapItem {
  readonly index: number;
  readonly value: Json;
  /** Of an entry of an object. */
  readonly key?: string;
  /** Where it was read. */
  readonly source?: string;
}

function itemContext({ index, value, key, source }: MapItem): JsonObject {
  return {
    Index: index,
    ...(key === undefined ? {} : { Key: key }),
    Value: value,
    ...(source === undefined ? {} : { Source: source }),
  };
}

function eventContext({ name, id, payload }: OutsideEvent): JsonObject {
  return { Name: name, Id: id, Payload: payload };
}

/** The environment in which a Map finds out whether it has enough. */
export class ResultsEnvironment extends StateEnvironment {
  readonly #results: readonly Json[];

  constructor(draft: Draft, active: Activation, results: readonly Json[]) {
    super(draft, active);
    this.#results = results;
  }

  protected override mapResults(): readonly Json[] {
    return this.#results;
  }
}

/** The environment in which the input of one item of a Map is made. */
export class ItemEnvironment extends StateEnvironment {
  readonly item: MapItem;

  constructor(draft: Draft, active: Activation, item: MapItem) {
    super(draft, active);
    this.item = item;
  }

  protected override mapItem(): MapItem {
    return this.item;
  }
}

/** The item of the innermost Map around a scope. */
function enclosingItem(state: ExecutionState, from: ScopeId): MapItem | undefined {
  let current = scope(state, from);
  while (current.parent !== undefined) {
    const opener = state.activations.get(current.parent.activation);
    if (opener === undefined) return undefined;
    const { index } = current.parent;
    if (opener.work.kind === 'items') return { index, value: opener.work.items[index] ?? null };
    current = scope(state, opener.scope);
  }
  return undefined;
}

/** Inner variables hide outer ones of the same name. */
function visibleVariables(state: ExecutionState, from: ScopeId): JsonObject {
  const own = scope(state, from);
  const opener = own.parent === undefined ? undefined : state.activations.get(own.parent.activation);
  return opener === undefined ? own.variables : { ...visibleVariables(state, opener.scope), ...own.variables };
}
