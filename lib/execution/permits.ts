import type { Limits } from '../model/environment.ts';
import { attemptsMade, planOf } from '../model/fold.ts';
import { limitedAmong, WHOLE_EXECUTION, waitingPermits } from '../model/permits.ts';
import type { Plan } from '../model/plan.ts';
import { timesTakenUp } from '../model/redrive.ts';
import type { ExecutionIdentity, ExecutionState } from '../model/state.ts';
import { tenantOf } from '../model/tenant.ts';
import type { Clock, Ids } from '../ports/clock.ts';
import type { PermitHolder } from '../resources/pools/permit.ts';
import type { ResourcePools } from '../resources/pools/resource-pools.ts';
import type { LiveExecution, StateManager } from '../state/state-manager.ts';
import { patternTags } from './pattern-tags.ts';

/** Absent: nothing is limited. */
export interface LimitParts {
  readonly pools: ResourcePools | undefined;
  readonly limits: Limits | undefined;
}

/** How many requests of one execution stand in the lines at the same time; the others follow in order. */
const MAX_REQUESTS = 100;
/** An attempt that the log does not know may be about to be written, for as long as a process can run: 15 minutes, in ms. */
const LONGEST_TURN_MS = 15 * 60_000;

/**
 * What decisions go by. Tickets are in the order of asking within a process; between processes they are as exact as
 * their clocks.
 */
export function limitsOf(pools: ResourcePools, clock: Clock, ids: Ids): Limits {
  const process = ids.random32().toString(36).padStart(7, '0');
  let last = 0;
  let count = 0;
  return {
    has: (pool) => pools.has(pool),
    get hasResources() {
      return pools.hasResources;
    },
    ticket: () => {
      // A clock that is set back gives no earlier place.
      const at = Math.max(last, clock.now());
      count = at === last ? count + 1 : 0;
      last = at;
      return `${String(at).padStart(15, '0')}-${String(count).padStart(9, '0')}-${process}`;
    },
  };
}

/** The pools that an execution as a whole needs a permit of. A child of a map run is a part of its parent, and needs none. */
export function executionPools(
  pools: ResourcePools,
  { workflow, mapRun }: Pick<ExecutionIdentity, 'workflow' | 'mapRun'>,
  plan: Plan,
): readonly string[] {
  if (mapRun !== undefined) return [];
  const tenant = tenantOf(workflow.name);
  const patterns = pools.hasPatterns ? patternTags(plan) : [];
  return [
    `workflow:${workflow.name}`,
    ...(tenant === undefined ? [] : [`tenant:${tenant}`]),
    ...patterns.map((id) => `pattern:${id}`),
  ].filter((name) => pools.has(name));
}

/**
 * The pools that an execution needs a permit of when it is redriven: as a whole, and for each Parallel and Map that goes
 * on where it was, whose own permits went with its end. `undefined`: none.
 */
export async function redrivenPools(
  { pools, limits }: LimitParts,
  { open, plan, after }: { readonly open: ExecutionState; readonly plan: Plan; readonly after: Plan },
): Promise<{ readonly pools: readonly string[]; readonly ticket: string } | undefined> {
  if (pools === undefined || limits === undefined) return undefined;
  if (pools.isStale) await pools.refresh();
  const kept = [...open.activations.values()].flatMap((active) => {
    const { kind } = active.work;
    if (kind !== 'branches' && kind !== 'items' && kind !== 'mapRun') return [];
    return planOf(plan, open, active).pool ?? [];
  });
  const needed = limitedAmong(limits, [...executionPools(pools, open.identity, after), ...kept]);
  return needed.length === 0 ? undefined : { pools: needed, ticket: limits.ticket() };
}

/**
 * Whether a holder still has, or waits for, permits by the log of its execution. What the log does not know yet is
 * believed for as long as whoever asked for it may run: permits are taken before that is on record.
 * @param since when it was granted, ms since the epoch.
 */
export async function isPermitWanted(
  { states, clock }: { readonly states: StateManager; readonly clock: Clock },
  holder: PermitHolder,
  pool: string,
  since: number,
): Promise<boolean> {
  const live = await states.load(holder.execution);
  const isYoung = clock.now() - since < LONGEST_TURN_MS;
  if (live === undefined) return isYoung;
  const { state } = live;
  if (state.status !== 'RUNNING') return false;
  const permit = state.permits?.get(holder.activation);
  if (permit !== undefined) return permit.ticket === holder.ticket && permit.pools.includes(pool);
  return isYoung && isToCome(state, holder);
}

/** Whether the next decision may be about it: its number has not been given, or its attempt not been made. */
function isToCome(state: ExecutionState, { activation, attempt }: PermitHolder): boolean {
  if (activation === WHOLE_EXECUTION) return attempt > timesTakenUp(state);
  const active = state.activations.get(activation);
  return active === undefined ? activation >= state.nextId : attempt > attemptsMade(active);
}

/** What an execution waits for, within one turn: asked for when it comes up, and whenever somebody says that it may be there. */
export class WaitingPermits {
  readonly #pools: ResourcePools | undefined;
  #isRung = false;

  constructor(pools: ResourcePools | undefined) {
    this.#pools = pools;
  }

  ring(): void {
    this.#isRung = true;
  }

  isRung({ state }: LiveExecution): boolean {
    return this.#isRung && state.permits !== undefined;
  }

  /** Those that have been granted. Before they were asked for on record, so that a permit which is there costs no write of the log. */
  async ask({ id, state }: LiveExecution): Promise<readonly PermitHolder[]> {
    this.#isRung = false;
    const waiting = waitingPermits(state);
    if (this.#pools === undefined || waiting.length === 0) return [];
    const requests = waiting.slice(0, MAX_REQUESTS).map((request) => ({ ...request, execution: id }));
    const granted = await this.#pools.acquire(requests);
    if (granted.length > 0 && waiting.length > requests.length) this.#isRung = true;
    return granted;
  }
}
