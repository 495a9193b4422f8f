import type { Environment } from '../../model/environment.ts';
import { StateError } from '../../model/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Catcher, Evaluate, StatePlan, TaskPlan } from '../../model/plan.ts';

/** What a state under test finds around it, in the place of what an execution has. */
export interface Setting {
  readonly variables: JsonObject;
  /** The context object as a whole. */
  readonly context?: JsonObject;
  readonly retryCount?: number;
  readonly hasRole: boolean;
}

export interface Item {
  readonly index: number;
  readonly value: Json;
  readonly key?: string;
}

/** The environment of an execution, with the setting in the place of its context and variables. */
export class TestEnvironment implements Environment {
  readonly input: Json;
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly item?: Item;
  readonly now: number;
  readonly random: () => number;
  readonly uuid: () => string;
  readonly #inner: Environment;
  readonly #setting: Setting;

  constructor(inner: Environment, setting: Setting, item?: Item) {
    this.input = inner.input;
    this.now = inner.now;
    this.random = inner.random;
    this.uuid = inner.uuid;
    if (inner.result !== undefined) this.result = inner.result;
    if (inner.errorOutput !== undefined) this.errorOutput = inner.errorOutput;
    if (item !== undefined) this.item = item;
    this.#inner = inner;
    this.#setting = setting;
  }

  get variables(): JsonObject {
    return { ...this.#setting.variables, ...this.#inner.variables };
  }

  get context(): JsonObject {
    const context = this.#setting.context ?? this.#ordinaryContext();
    if (this.item === undefined) return context;
    const { index, value, key } = this.item;
    return { ...context, Map: { Item: { Index: index, Value: value, ...(key === undefined ? {} : { Key: key }) } } };
  }

  /** Tests are no executions: they are never redriven, and may have no role. */
  #ordinaryContext(): JsonObject {
    const { Execution, State, ...context } = this.#inner.context;
    const { retryCount, hasRole } = this.#setting;
    const { RedriveCount: _none, ...execution } = isJsonObject(Execution) ? Execution : {};
    const state = isJsonObject(State) ? State : {};
    return {
      ...context,
      Execution: hasRole ? execution : { ...execution, RoleArn: null },
      State: retryCount === undefined || !('RetryCount' in state) ? state : { ...state, RetryCount: retryCount },
    };
  }
}

/** Is told what the events of an execution do not tell. */
export interface Observer {
  /** A catcher has taken over. */
  caught(index: number, errorOutput: Json): void;
  /** An expression could not be evaluated. */
  threw(error: StateError): void;
}

/** The same plan, evaluated in the setting. A state with branches or items has become a task before (see mocked.ts). */
export function inSetting(plan: StatePlan, setting: Setting, observer: Observer): StatePlan {
  const within =
    <T>(evaluate: Evaluate<T>): Evaluate<T> =>
    (env) => {
      try {
        return evaluate(new TestEnvironment(env, setting));
      } catch (error) {
        if (error instanceof StateError) observer.threw(error);
        throw error;
      }
    };
  switch (plan.type) {
    case 'Pass':
    case 'Succeed':
      return { ...plan, produce: within(plan.produce) };
    case 'Wait':
      return { ...plan, until: within(plan.until), produce: within(plan.produce) };
    case 'Choice':
      return { ...plan, choose: within(plan.choose) };
    case 'Fail':
      return { ...plan, failure: within(plan.failure) };
    case 'Task':
      return taskInSetting(plan, within, observer);
    case 'Parallel':
    case 'Map':
      throw new Error('A state with states inside is tested as a task whose answer is the mock.');
    case 'Place':
      throw new Error('A place has been refused before.');
  }
}

function taskInSetting(
  plan: TaskPlan,
  within: <T>(evaluate: Evaluate<T>) => Evaluate<T>,
  observer: Observer,
): StatePlan {
  const watch = (catcher: Catcher, index: number): Catcher => {
    const produce = within(catcher.produce);
    return {
      ...catcher,
      produce: (env) => {
        const result = produce(env);
        observer.caught(index, env.errorOutput ?? null);
        return result;
      },
    };
  };
  return {
    ...plan,
    arguments: within(plan.arguments),
    timeoutSeconds: within(plan.timeoutSeconds),
    heartbeatSeconds: within(plan.heartbeatSeconds),
    roleArn: within(plan.roleArn),
    complete: within(plan.complete),
    catch: plan.catch.map(watch),
  };
}
