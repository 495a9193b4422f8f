import type { Json, JsonObject } from '../../lib/model/json.ts';
import { sourcesOf, statesOf } from './definition.ts';

/** Plays one execution over REST: what is open in it, and the commands that change that. */

/** What went otherwise than expected. */
export class Deviation extends Error {
  override readonly name = 'Deviation';
}

/** What is open, here or in a child execution. */
export interface OpenItem {
  /** Task token. */
  readonly id: string;
  readonly isStarted: boolean;
}

export interface View {
  readonly status: string;
  readonly error?: string;
  /** By name: a state, `Map#2` for what is open in the second item of a Map, `Task/State` in the child of a task. */
  readonly open: ReadonlyMap<string, readonly OpenItem[]>;
  /** States before which tokens wait for an event. */
  readonly waiting: readonly string[];
  /** Whether something is on its way of which no answer has told: a child that starts or has ended. */
  readonly isMoving: boolean;
}

export type Method = 'GET' | 'POST' | 'PUT';

/** Where the server is: it has another address whenever it is started again. */
export interface Address {
  url: string;
  /** A way to it other than through the port. */
  readonly send?: (method: Method, path: string, body: JsonObject | undefined) => Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

interface Child {
  readonly state: string;
  readonly execution: Execution;
}

interface WorkItem {
  readonly id: string;
  readonly state: string;
  readonly status: 'offered' | 'started';
  readonly within?: string;
}

interface WaitingState {
  readonly state: string;
  readonly from: readonly (string | null)[];
  readonly join?: string;
  readonly event?: string;
}

interface OpenWork {
  readonly states: readonly { readonly state: string; readonly type: string; readonly doing: string }[];
  readonly tasks: readonly WorkItem[];
  readonly waiting: readonly WaitingState[];
}

interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

const PAGE = 1_000;

export async function request(address: Address, method: Method, path: string, body?: JsonObject): Promise<Answer> {
  const answer = await (address.send?.(method, path, body) ?? fetched(address.url, method, path, body));
  if (answer.status < 500) return answer;
  throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}

async function fetched(url: string, method: Method, path: string, body: JsonObject | undefined): Promise<Answer> {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${url}${path}`, { method, ...content });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

async function get<T>(address: Address, path: string): Promise<T> {
  const { status, body } = await request(address, 'GET', path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body as T;
}

/** @throws Error where the definition is refused. */
export async function createWorkflow(address: Address, name: string, definition: JsonObject): Promise<string> {
  const { status, body } = await request(address, 'POST', '/v1/workflows', { name, definition });
  if (status >= 300) throw new Error(`The definition of ${name} is refused: ${JSON.stringify(body)}`);
  return (body as { arn: string }).arn;
}

/** An execution, and what is known of its definition. */
export class Execution {
  readonly workflow: string;
  readonly name: string;
  /** Maps of the definition: what is in their items is named after them. */
  readonly #maps: ReadonlySet<string>;
  readonly #hasChildren: boolean;
  readonly #address: Address;
  readonly #definitionOf: (workflow: string) => JsonObject;
  /** Work items that have been seen, by name, the last ones: those that are gone can still be asked for. */
  readonly #seen = new Map<string, readonly OpenItem[]>();
  #events = 0;

  constructor(address: Address, workflow: string, name: string, definitionOf: (workflow: string) => JsonObject) {
    this.#address = address;
    this.workflow = workflow;
    this.name = name;
    this.#definitionOf = definitionOf;
    const states = statesOf(definitionOf(workflow));
    this.#maps = new Set(states.filter(({ type }) => type === 'Map').map((state) => state.name));
    this.#hasChildren = states.some(({ resource }) => resource?.includes(':states:startExecution') === true);
  }

  get path(): string {
    return `/v1/workflows/${this.workflow}/executions/${this.name}`;
  }

  get hasChildren(): boolean {
    return this.#hasChildren;
  }

  start(input: JsonObject): Promise<Answer> {
    return this.#post(`/v1/workflows/${this.workflow}/executions`, { name: this.name, input });
  }

  async look(): Promise<View> {
    const { status, error } = await get<{ status: string; error?: string }>(this.#address, this.path);
    const { tasks, states, waiting } = await get<OpenWork>(this.#address, `${this.path}/open`);
    const open = new Map<string, OpenItem[]>();
    for (const { id, state, within, status: stage } of tasks) {
      const name = this.#shown(state, within);
      open.set(name, [...(open.get(name) ?? []), { id, isStarted: stage === 'started' }]);
    }
    const children = this.#hasChildren ? await this.children() : [];
    let running = 0;
    let isMoving = false;
    for (const { state, execution } of children) {
      const view = await execution.look();
      if (view.status === 'RUNNING') running += 1;
      isMoving ||= view.isMoving || (view.status === 'RUNNING' && status !== 'RUNNING');
      for (const [name, items] of view.open) open.set(`${state}/${name}`, [...items]);
    }
    const inFlight = states.filter(({ type, doing }) => type === 'Task' && doing === 'task').length;
    const outside = tasks.filter(({ status: stage }) => stage === 'started').length;
    for (const [name, items] of open) this.#seen.set(name, items);
    return {
      status,
      ...(error === undefined ? {} : { error }),
      open,
      waiting: waiting.filter((one) => this.#lacksOnlyEvent(one)).map(({ state }) => state),
      isMoving: isMoving || (this.#hasChildren && inFlight > outside + running),
    };
  }

  /** Whether all branches have come, where all are needed. */
  #lacksOnlyEvent({ event, join, state, from }: WaitingState): boolean {
    if (event === undefined || join !== 'all') return event !== undefined;
    return new Set(from).size === sourcesOf(this.#definitionOf(this.workflow), state);
  }

  #shown(state: string, within = ''): string {
    for (const opener of within.split('/').reverse()) {
      const [, name = '', index = ''] = /^(.*)\[(\d+)\]$/.exec(opener) ?? [];
      if (this.#maps.has(name)) return `${name}#${Number(index) + 1}`;
    }
    return state;
  }

  /** Child executions that it has started, with the states that did. */
  async children(): Promise<readonly Child[]> {
    const history = await this.history();
    return history.flatMap((event) => {
      const { output } = (event['taskSubmittedEventDetails'] ?? event['details'] ?? {}) as { output?: Json };
      const told = typeof output === 'string' ? JSON.parse(output) : output;
      const arn: unknown = event.type === 'TaskSubmitted' ? told?.ExecutionArn : undefined;
      if (typeof arn !== 'string') return [];
      const [workflow = '', name = ''] = arn.split(':').slice(-2);
      const execution = new Execution(this.#address, workflow, name, this.#definitionOf);
      return [{ state: stateOf(history, event), execution }];
    });
  }

  async history(): Promise<readonly HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let after: string | undefined;
    do {
      const query = `?limit=${PAGE}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`;
      const page = await get<{ items: HistoryEvent[]; next?: string }>(this.#address, `${this.path}/history${query}`);
      events.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return events;
  }

  /** How often each state has completed, and how many items of each Map, here and, with `Task/` before, in children. */
  async completions(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const count = (name: string, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by);
    for (const event of await this.history()) {
      const { name } = (Object.values(event).find(isNamed) ?? {}) as { name?: string };
      if (name === undefined) continue;
      if (event.type === 'TaskStateExited' || event.type === 'MapIterationSucceeded') count(name);
    }
    if (!this.#hasChildren) return counts;
    for (const { state, execution } of await this.children()) {
      for (const [name, by] of await execution.completions()) count(`${state}/${name}`, by);
    }
    return counts;
  }

  /** Events that nobody waited for and nobody kept. */
  async discarded(): Promise<number> {
    const received = (await this.history()).filter(({ type }) => type === 'EventReceived');
    return received.filter((event) => JSON.stringify(event).includes('"outcome":"discarded"')).length;
  }

  /** @param name as `View.open` has it. `undefined`: there never was such an item. */
  item(view: View, name: string, prefers: 'offered' | 'started'): OpenItem | undefined {
    const open = view.open.get(name) ?? this.#seen.get(name) ?? [];
    return open.find(({ isStarted }) => isStarted === (prefers === 'started')) ?? open[0];
  }

  /** What has been begun is wanted by somebody else. */
  begin({ id, isStarted }: OpenItem): Promise<Answer> {
    const worker = isStarted ? 'bert' : 'ada';
    return this.#post(`/v1/work-items/${encodeURIComponent(id)}/start`, { worker });
  }

  complete({ id }: OpenItem, output: Json): Promise<Answer> {
    return this.#post(`/v1/work-items/${encodeURIComponent(id)}/complete`, { output });
  }

  fail({ id }: OpenItem, error: string): Promise<Answer> {
    return this.#post(`/v1/work-items/${encodeURIComponent(id)}/fail`, { error });
  }

  giveBack({ id }: OpenItem): Promise<Answer> {
    return this.#post(`/v1/work-items/${encodeURIComponent(id)}/return`, {});
  }

  /** A number for the next event or request for items: what is sent twice has the same one twice. */
  newId(): string {
    this.#events += 1;
    return `${this.name}-${this.#events}`;
  }

  send(name: string, payload: Json, id: string): Promise<Answer> {
    return this.#post(`${this.path}/events`, { name, payload, id });
  }

  add(state: string, items: readonly Json[], id: string): Promise<Answer> {
    return this.#post(`${this.path}/items`, { state, items: [...items], id });
  }

  stop(): Promise<Answer> {
    return this.#post(`${this.path}/stop`, {});
  }

  #post(path: string, body: JsonObject): Promise<Answer> {
    return request(this.#address, 'POST', path, body);
  }
}

function isNamed(details: unknown): boolean {
  return typeof details === 'object' && details !== null && 'name' in details;
}

function stateOf(history: readonly HistoryEvent[], event: HistoryEvent): string {
  for (let at: HistoryEvent | undefined = event; at !== undefined; at = history[at.previousEventId - 1]) {
    if (at.type !== 'TaskStateEntered') continue;
    const { name } = (Object.values(at).find(isNamed) ?? {}) as { name?: string };
    if (name !== undefined) return name;
  }
  throw new Error(`Event ${event.id} follows upon no entry of a task.`);
}

const POLL_MS = 15;

/** Whether it has come anywhere: a start is answered before the first state is entered. */
export function hasBegun({ status, open, waiting }: View): boolean {
  return status !== 'RUNNING' || open.size > 0 || waiting.length > 0;
}

/**
 * The first view that is as it should be. An answered command has been dealt with, so that the first look is right,
 * unless children start or end, or the execution has only just been started.
 */
export async function settled(
  execution: Execution,
  isRight: (view: View) => boolean,
  patience: { readonly ms: number; readonly always: boolean },
): Promise<View> {
  const until = Date.now() + patience.ms;
  for (;;) {
    const view = await execution.look();
    const mayChange = patience.always || execution.hasChildren;
    if (isRight(view) || !mayChange || Date.now() > until) return view;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
