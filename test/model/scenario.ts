import { createHash } from 'node:crypto';
import { type HashAlgorithm, loadDefinition } from '../../lib/language/index.ts';
import type { ChildEnded, Command } from '../../lib/model/command.ts';
import { begin, type Decision, decide } from '../../lib/model/decide.ts';
import { nextDue } from '../../lib/model/due.ts';
import type { Effect, TaskAssignment } from '../../lib/model/effect.ts';
import { outstanding } from '../../lib/model/effects.ts';
import type { Limits } from '../../lib/model/environment.ts';
import type { EventType, ExecutionEvent } from '../../lib/model/event.ts';
import { evolve } from '../../lib/model/evolve.ts';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import {
  MAP_RUN_SERVICE,
  type MapRunRequest,
  requestNumber,
  type StartChildren,
} from '../../lib/model/map-run-request.ts';
import type { Failure, Plan } from '../../lib/model/plan.ts';
import { countBeforeEnd, redrive } from '../../lib/model/redrive.ts';
import type { ExecutionIdentity, ExecutionState, MapRunWork } from '../../lib/model/state.ts';
import { History } from '../../lib/state/history/history.ts';
import type { HistoryEvent } from '../../lib/state/history/history-event.ts';

export const START = Date.UTC(2026, 0, 1);

export const identity: ExecutionIdentity = {
  id: 'arn:aws:states:eu-west-1:123456789012:execution:shop:order-1',
  name: 'order-1',
  workflow: {
    id: 'arn:aws:states:eu-west-1:123456789012:stateMachine:shop',
    name: 'shop',
    revision: '1',
    roleArn: 'arn:aws:iam::123456789012:role/shop',
    type: 'STANDARD',
  },
  startedAt: START,
};

export const LAMBDA = 'arn:aws:lambda:eu-west-1:123456789012:function:work';
export const ACTIVITY = 'arn:aws:states:eu-west-1:123456789012:activity:pack';

const digests: { readonly [A in HashAlgorithm]: string } = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

export function planOf(definition: JsonObject): Plan {
  const { plan, findings } = loadDefinition(definition, {
    hash: (text, algorithm) => createHash(digests[algorithm]).update(text).digest('hex'),
  });
  if (plan === undefined) throw new Error(`Not a definition: ${JSON.stringify(findings)}`);
  return plan;
}

/** States in a row: each goes to the next one, the last one ends. */
export function inOrder(states: { readonly [name: string]: JsonObject }): JsonObject {
  const names = Object.keys(states);
  return {
    StartAt: names[0] ?? '',
    States: Object.fromEntries(
      Object.entries(states).map(([name, state], index) => {
        const next = names[index + 1];
        const closed =
          'Next' in state || state['Type'] === 'Fail' || state['Type'] === 'Succeed' || state['Type'] === 'Choice';
        return [name, closed ? state : { ...state, ...(next === undefined ? { End: true } : { Next: next }) }];
      }),
    ),
  };
}

export interface LimitedBy {
  /** Names of the pools that have a limit. */
  readonly pools: readonly string[];
  /** Those that the execution itself needs a permit of. */
  readonly own?: readonly string[];
}

/** An execution whose clock, randomness and world are in the hands of the test. */
export class Scenario {
  plan: Plan;
  /** The plan that the execution was started with. */
  readonly firstPlan: Plan;
  /** By revision: those that it was redriven with. */
  readonly plans = new Map<string, Plan>();
  readonly events: ExecutionEvent[] = [];
  readonly effects: Effect[] = [];
  state: ExecutionState;
  more: boolean;
  now = START;
  /** What the next draws give, as fractions; after them 0.5. */
  readonly draws: number[] = [];

  readonly #limited: LimitedBy | undefined;
  #tickets = 0;

  constructor(definition: JsonObject | Plan, input: Json = {}, of: ExecutionIdentity = identity, limited?: LimitedBy) {
    this.#limited = limited;
    this.plan =
      'scopes' in definition && Array.isArray(definition.scopes)
        ? (definition as Plan)
        : planOf(definition as JsonObject);
    this.firstPlan = this.plan;
    const first = begin(
      this.plan,
      { type: 'StartExecution', identity: of, input, pools: limited?.own },
      this.occasion(),
    );
    this.state = first.state;
    this.more = first.more;
    this.take(first);
  }

  occasion() {
    const random32 = () => Math.floor((this.draws.shift() ?? 0.5) * 2 ** 32);
    if (this.#limited === undefined) return { at: this.now, random32 };
    const { pools } = this.#limited;
    const limits: Limits = {
      has: (name) => pools.includes(name),
      hasResources: pools.some((name) => name.startsWith('resource:')),
      ticket: () => {
        this.#tickets += 1;
        return `ticket-${this.#tickets}`;
      },
    };
    return { at: this.now, random32, limits };
  }

  private take(decision: Decision): readonly ExecutionEvent[] {
    this.state = decision.state;
    this.more = decision.more;
    this.events.push(...decision.events);
    this.effects.push(...decision.effects);
    return decision.events;
  }

  /** Gives a command; the events that came of it. */
  tell(command: Exclude<Command, { type: 'StartExecution' }>): readonly ExecutionEvent[] {
    return this.take(decide(this.plan, this.state, command, this.occasion()));
  }

  /** Lets the time pass until the next thing is due. */
  sleep(): readonly ExecutionEvent[] {
    const due = nextDue(this.state);
    if (due === undefined) throw new Error('Nothing is ever due.');
    this.now = Math.max(this.now, due);
    return this.tell({ type: 'Wake' });
  }

  /** Tasks that are out, by the name of their state, in the order of handing out. */
  tasks(name?: string): readonly TaskAssignment[] {
    return this.effects.flatMap((effect) => {
      if (effect.type !== 'InvokeTask' && effect.type !== 'OfferTask') return [];
      const work = this.state.activations.get(effect.task.activation)?.work;
      const isOut = work?.kind === 'task' && work.attempt === effect.task.attempt;
      return isOut && (name === undefined || effect.task.state === name) ? [effect.task] : [];
    });
  }

  task(name?: string): TaskAssignment {
    const [task] = this.tasks(name);
    if (task === undefined) throw new Error(`No task ${name ?? ''} is out.`);
    return task;
  }

  succeed(output: Json, task = this.task()): readonly ExecutionEvent[] {
    return this.tell({ type: 'TaskSucceeded', activation: task.activation, attempt: task.attempt, output });
  }

  fail(failure: Failure, task = this.task()): readonly ExecutionEvent[] {
    const { activation, attempt } = task;
    return this.tell({ type: 'TaskFailed', activation, attempt, reason: 'failed', ...failure });
  }

  /** What map runs ask for and have no answer to, in the order of asking. */
  requests(action?: MapRunRequest['action']): readonly TaskAssignment[] {
    return this.effects.flatMap((effect) => {
      if (effect.type !== 'InvokeTask') return [];
      const { task } = effect;
      const { resource } = task;
      if (resource.kind !== 'service' || resource.service !== MAP_RUN_SERVICE) return [];
      const work = this.state.activations.get(task.activation)?.work;
      const isOut = work?.kind === 'mapRun' && requestNumber(work) === task.attempt;
      return isOut && (action === undefined || resource.action === action) ? [task] : [];
    });
  }

  request(action?: MapRunRequest['action']): TaskAssignment {
    const [task] = this.requests(action);
    if (task === undefined) throw new Error(`No map run asks for ${action ?? 'anything'}.`);
    return task;
  }

  /** The children that map runs ask to be started are, as long as they ask for some; how they were asked for. */
  launch(): readonly StartChildren[] {
    const launched: StartChildren[] = [];
    for (;;) {
      const [task] = this.requests('startChildren');
      if (task === undefined) return launched;
      const input = task.input as unknown as StartChildren;
      launched.push(input);
      this.succeed(input.children.length, task);
    }
  }

  /** A map run that is open. */
  mapRun(state?: string): { readonly activation: number; readonly work: MapRunWork } {
    for (const { id: activation, state: name, work } of this.state.activations.values()) {
      if (work.kind === 'mapRun' && (state ?? name) === name) return { activation, work };
    }
    throw new Error('No map run is open.');
  }

  /** What tells a map run that a child has closed, by default that it has succeeded. */
  childEnd(child: number, end: Partial<ChildEnded> = {}): ChildEnded {
    const { activation, work } = this.mapRun();
    return {
      type: 'ChildEnded',
      activation,
      round: work.round,
      child,
      redrives: work.children[child]?.redrives ?? 0,
      status: 'SUCCEEDED',
      ...(end.status === undefined || end.status === 'SUCCEEDED' ? { output: `out ${child}` } : {}),
      startedAt: this.now,
      closedAt: this.now,
      ...end,
    };
  }

  endChild(child: number, end: Partial<ChildEnded> = {}): readonly ExecutionEvent[] {
    return this.tell(this.childEnd(child, end));
  }

  /** Takes the execution up again after its end, with the same definition or another one, and runs it. */
  redrive(definition?: JsonObject): readonly ExecutionEvent[] {
    const open = replayed(this.firstPlan, this.events.slice(0, countBeforeEnd(this.events)), this.plans);
    const plan = definition === undefined ? undefined : planOf(definition);
    const change =
      plan === undefined ? undefined : { plan, revision: `${this.plans.size + 2}`, roleArn: 'arn:aws:iam::1:role/new' };
    const event = redrive({
      open,
      plan: this.plan,
      at: this.now,
      redriveCount: this.state.redriven?.count ?? 0,
      ...(change === undefined ? {} : { change }),
    });
    this.events.push(event);
    this.state = evolve(this.plan, this.state, event);
    if (change !== undefined) this.plans.set(change.revision, change.plan);
    this.plan = plan ?? this.plan;
    this.effects.push(...outstanding(this.plan, this.state));
    return this.tell({ type: 'Wake' });
  }

  suspend(): void {
    this.#note({ type: 'ExecutionSuspended', at: this.now });
  }

  /** Lets it go on, and runs it. */
  resume(): readonly ExecutionEvent[] {
    this.#note({ type: 'ExecutionResumed', at: this.now });
    this.effects.push(...outstanding(this.plan, this.state));
    return this.tell({ type: 'Wake' });
  }

  #note(event: ExecutionEvent): void {
    this.events.push(event);
    this.state = evolve(this.plan, this.state, event);
  }

  get types(): readonly EventType[] {
    return this.events.map(({ type }) => type);
  }

  get cancelled(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.type === 'CancelTask' ? [effect.task.state] : []));
  }

  replay(): ExecutionState {
    return replayed(this.firstPlan, this.events, this.plans);
  }

  history(): readonly HistoryEvent[] {
    const history = new History(this.firstPlan);
    return this.events.flatMap((event) => {
      const shown = history.push(event);
      const plan = event.type === 'ExecutionRedriven' ? this.plans.get(event.definition?.revision ?? '') : undefined;
      if (plan !== undefined) history.follow(plan);
      return shown;
    });
  }

  /** The history as `id<previous type`, short enough to compare at a glance. */
  outline(): readonly string[] {
    return this.history().map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
  }
}

function replayed(first: Plan, events: readonly ExecutionEvent[], plans: ReadonlyMap<string, Plan>): ExecutionState {
  let plan = first;
  let state: ExecutionState | undefined;
  for (const event of structuredClone(events)) {
    state = evolve(plan, state, event);
    if (event.type === 'ExecutionRedriven') plan = plans.get(event.definition?.revision ?? '') ?? plan;
  }
  if (state === undefined) throw new Error('No events.');
  return state;
}
