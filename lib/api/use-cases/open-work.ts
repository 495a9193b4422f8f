import { named, type OutsideTask, outsideTasks } from '../../execution/outside-work.ts';
import { planOf, scopePlan } from '../../model/fold.ts';
import { NetView } from '../../model/net/view.ts';
import type { JoinPlan } from '../../model/net-plan.ts';
import { WHOLE_EXECUTION, waitingPermits } from '../../model/permits.ts';
import type { Plan, StatePlan } from '../../model/plan.ts';
import type { ActivationId, ExecutionState, OutsideEvent, ScopeState, Token, Work } from '../../model/state.ts';
import { askedAt } from '../../resources/pools/permit.ts';
import type { Services } from '../services.ts';
import { loadExecution } from './executions.ts';

/** Everything that is open in an execution: why it has not closed, and what could happen next. */
export interface OpenWork {
  /** States that have been entered and not left. */
  readonly states: readonly OpenStateView[];
  /** Work items, tasks of activities and callbacks. */
  readonly tasks: readonly OutsideTask[];
  /** States before which tokens wait, and what for. */
  readonly waiting: readonly WaitingState[];
  readonly places: readonly OccupiedPlace[];
  /** Events that nobody has taken yet, in the order of arrival. */
  readonly events: readonly OutsideEvent[];
  /** Permits of resource pools that have not been granted yet, those asked for first in front. */
  readonly permits: readonly AwaitedPermits[];
}

interface InScope {
  readonly state: string;
  /** Where in the execution: `Fan[0]` is the first branch or item of `Fan`; absent at the top level. */
  readonly within?: string;
}

export interface OpenStateView extends InScope {
  readonly activation: ActivationId;
  readonly type: StatePlan['type'];
  readonly doing: 'task' | 'queued' | 'retrying' | 'waiting' | 'branches' | 'items';
  /** ms since the epoch. */
  readonly enteredAt: number;
  /** When it goes on by itself. */
  readonly dueAt?: number;
}

export interface WaitingState extends InScope {
  /** States whose tokens wait, one entry for each token; `null` stands for the start. */
  readonly from: readonly (string | null)[];
  readonly join?: JoinPlan['kind'];
  /** Name of the event that starts it; absent where it has come. */
  readonly event?: string;
  /** The place that must hold a token. */
  readonly milestone?: string;
  /** States of another group of its mutex, which has to end first. */
  readonly occupiedBy?: readonly string[];
  /** When time starts it, ms since the epoch. */
  readonly dueAt?: number;
}

export interface OccupiedPlace extends InScope {
  readonly tokens: number;
}

/** Without a state: the execution as a whole waits, and nothing in it starts. */
export interface AwaitedPermits extends Partial<InScope> {
  /** Names; it waits until it has a permit of each. */
  readonly pools: readonly string[];
  /** ms since the epoch. */
  readonly since: number;
}

/** @throws ApiError `executionNotFound`, `executionErased` */
export async function openWork(services: Services, execution: string): Promise<OpenWork> {
  const { plan, state } = await loadExecution(services, execution);
  return openWorkIn(plan, state);
}

export function openWorkIn(plan: Plan, state: ExecutionState): OpenWork {
  const scopes = [...state.scopes.values()];
  return {
    states: [...state.activations.values()].map((active) => {
      const type = planOf(plan, state, active).type;
      const { id: activation, enteredAt, work } = active;
      return { ...named(state, active.scope, active.state), activation, type, enteredAt, ...doing(work) };
    }),
    tasks: outsideTasks(plan, state),
    waiting: scopes.flatMap((within) => waitingIn(plan, state, within)),
    places: scopes.flatMap((within) => placesIn(state, within)),
    events: state.events,
    permits: permitsAwaitedIn(state),
  };
}

function permitsAwaitedIn(state: ExecutionState): readonly AwaitedPermits[] {
  return waitingPermits(state).map(({ activation, pools, ticket }) => {
    const active = activation === WHOLE_EXECUTION ? undefined : state.activations.get(activation);
    const who = active === undefined ? {} : named(state, active.scope, active.state);
    return { ...who, pools, since: askedAt({ ticket }) };
  });
}

function doing(work: Work): Pick<OpenStateView, 'doing' | 'dueAt'> {
  switch (work.kind) {
    case 'task':
    case 'branches':
    case 'items':
      return { doing: work.kind };
    case 'retrying':
    case 'waiting':
      return { doing: work.kind, dueAt: work.dueAt };
    case 'queued':
      return { doing: work.kind };
    case 'mapRun':
      return { doing: 'items' };
    case 'entered':
    case 'succeeded':
      return { doing: 'task' };
  }
}

function waitingIn(plan: Plan, state: ExecutionState, within: ScopeState): readonly WaitingState[] {
  const tokens = tokensIn(state, within);
  const { states } = scopePlan(plan, within.plan);
  const isBefore = ({ to, resting }: Token, name: string) => {
    if (resting !== true) return to === name;
    const place = states.get(to);
    return place?.type === 'Place' && place.next.includes(name);
  };
  const view = within.net === undefined ? undefined : new NetView(plan, state, within.id);
  return [...states.values()].flatMap((statePlan) => {
    const { name, start } = statePlan;
    const before = tokens.filter((token) => isBefore(token, name));
    if (before.length === 0 || statePlan.type === 'Place') return [];
    const occupiedBy = view?.occupants(name) ?? [];
    const needsEvent = before.some(({ event }) => event === undefined);
    const { dueAt } =
      [...state.offers.values()].find((offer) => offer.scope === within.id && offer.state === name) ?? {};
    return [
      {
        ...named(state, within.id, name),
        from: before.flatMap((token) => token.joined ?? [sourceOf(token)]),
        ...(start?.join === undefined ? {} : { join: start.join.kind }),
        ...(start?.trigger === undefined || !needsEvent ? {} : { event: start.trigger.event }),
        ...(start?.milestone === undefined ? {} : { milestone: start.milestone }),
        ...(occupiedBy.length === 0 ? {} : { occupiedBy }),
        ...(dueAt === undefined ? {} : { dueAt }),
      },
    ];
  });
}

function placesIn(state: ExecutionState, within: ScopeState): readonly OccupiedPlace[] {
  const counts = new Map<string, number>();
  for (const { to, resting } of tokensIn(state, within)) {
    if (resting === true) counts.set(to, (counts.get(to) ?? 0) + 1);
  }
  return [...counts].map(([place, tokens]) => ({ ...named(state, within.id, place), tokens }));
}

function tokensIn(state: ExecutionState, { id }: ScopeState): readonly Token[] {
  return [...state.tokens.values()].filter((token) => token.scope === id);
}

function sourceOf({ from, to, resting }: Token): string | null {
  return resting === true ? to : (from ?? null);
}
