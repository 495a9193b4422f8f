import { isDeepStrictEqual } from 'node:util';
import type { ExecutionEvent } from '../../../lib/model/event.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import { Scenario } from '../scenario.ts';

export const WORK_ITEM = 'arn:aws:states:::knhk:workItem';

/** A work item that is followed by some states, or by none. */
export function work(next: string | readonly string[] | undefined, more: JsonObject = {}): JsonObject {
  return { Type: 'Task', Resource: WORK_ITEM, ...follow(next), ...more };
}

export function pass(next: string | readonly string[] | undefined, more: JsonObject = {}): JsonObject {
  return { Type: 'Pass', ...follow(next), ...more };
}

export function place(...next: readonly string[]): JsonObject {
  return { Type: 'Place', Next: next };
}

function follow(next: string | readonly string[] | undefined): JsonObject {
  return next === undefined ? { End: true } : { Next: next };
}

export function definition(states: { readonly [name: string]: JsonObject }, more: JsonObject = {}): JsonObject {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0] ?? '', States: states, ...more };
}

/** An execution whose work items are on a desk: the test takes them, and ends them. */
export class Desk extends Scenario {
  /** Numbers of all work that can be begun or ended, by state, oldest first. */
  #ids(state: string): readonly number[] {
    const offered = [...this.state.offers.values()].filter(
      (offer) => offer.task !== undefined && offer.state === state,
    );
    const taken = [...this.state.activations.values()].filter(
      ({ state: name, work: { kind } }) => kind === 'task' && name === state,
    );
    return [...taken, ...offered].map(({ id }) => id);
  }

  /** States with work that can be begun or ended, once each, sorted. */
  get open(): readonly string[] {
    const offered = [...this.state.offers.values()].filter((offer) => offer.task !== undefined);
    const taken = [...this.state.activations.values()].filter(({ work: { kind } }) => kind === 'task');
    return [...new Set([...offered, ...taken].map(({ state }) => state))].sort();
  }

  /** All of it, states named as often as they can be begun or ended. */
  get allOpen(): readonly string[] {
    return this.open.flatMap((state) => this.#ids(state).map(() => state));
  }

  id(state: string, which = 0): number {
    const id = this.#ids(state)[which];
    if (id === undefined) throw new Error(`'${state}' is not open: ${this.open.join(', ')}.`);
    return id;
  }

  begin(state: string, which = 0): readonly ExecutionEvent[] {
    return this.tell({ type: 'TaskStarted', activation: this.id(state, which), attempt: 1 });
  }

  complete(state: string, output: Json = {}, which = 0): readonly ExecutionEvent[] {
    const activation = this.id(state, which);
    const work = this.state.activations.get(activation)?.work;
    const attempt = work?.kind === 'task' ? work.attempt : 1;
    return this.tell({ type: 'TaskSucceeded', activation, attempt, output });
  }

  send(name: string, payload: Json = {}, id = `${name}-${this.events.length}`): readonly ExecutionEvent[] {
    return this.tell({ type: 'SendEvent', id, name, payload });
  }

  add(state: string, items: readonly Json[] = [{}], id = `add-${this.events.length}`): readonly ExecutionEvent[] {
    const active = [...this.state.activations.values()].find((one) => one.state === state);
    if (active === undefined) throw new Error(`'${state}' does not run.`);
    return this.tell({ type: 'AddItems', id, activation: active.id, items });
  }

  /** Whether the log gives the state again, the history is counted right, and every token is where its scope thinks. */
  get isSound(): boolean {
    if (!isDeepStrictEqual(this.replay(), this.state)) return false;
    if (this.history().length !== this.state.historyLength) return false;
    return [...this.state.scopes.values()].every(({ id, live, net }) => {
      const tokens = [...this.state.tokens.values()].filter(({ scope }) => scope === id).map((token) => token.id);
      const active = [...this.state.activations.values()].filter(({ scope }) => scope === id).map((one) => one.id);
      if (live !== tokens.length + active.length) return false;
      if (net === undefined) return true;
      return (
        isDeepStrictEqual([...net.tokens].sort(), tokens.sort()) &&
        isDeepStrictEqual([...net.activations].sort(), active.sort())
      );
    });
  }
}
