import type { TargetBreaker } from '../../execution/breakers/breaker-records.ts';
import type { CircuitBreakers } from '../../execution/breakers/circuit-breakers.ts';
import type { Page } from '../../ports/execution-index.ts';
import { ANY_TARGET, type BreakerPolicy } from '../../resilience/breaker-policy.ts';
import {
  type BreakerState,
  NEW_BREAKER,
  type Order,
  obey,
  type Totals,
  type Transition,
  totals,
} from '../../resilience/circuit-breaker.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { pageOf } from './pages.ts';

export interface BreakerView {
  readonly target: string;
  readonly state: BreakerState;
  readonly transitions: readonly Transition[];
  readonly totals: Totals;
  /** Absent: none applies. */
  readonly policy?: BreakerPolicy;
}

const MAX_TARGET_CHARACTERS = 512;

/** Those that something has happened to, or that were given a policy. @throws ApiError `pageTokenInvalid`, `notSupported` */
export async function listBreakers(
  services: Services,
  limit: number,
  after: string | undefined,
): Promise<Page<BreakerView>> {
  const { policies, records } = breakersOf(services);
  const [{ items, ...page }] = await Promise.all([pageOf(records.list(limit, after)), policies.load()]);
  return { ...page, items: items.map((item) => viewOf(services, item)) };
}

/** @throws ApiError `breakerNotFound`, `notSupported` */
export async function findBreaker(services: Services, target: string): Promise<BreakerView> {
  const { policies, records } = breakersOf(services);
  const [record] = await Promise.all([records.read(target), policies.load()]);
  const view = viewOf(services, { target, ...(record ?? { state: NEW_BREAKER, transitions: [] }) });
  if (record === undefined && view.policy === undefined) throw notFound(target);
  return view;
}

/** Sets the policy of a target, or of all that have none (`*`). @throws ApiError `requestInvalid`, `notSupported` */
export async function setBreakerPolicy(
  services: Services,
  target: string,
  policy: BreakerPolicy,
): Promise<BreakerPolicy> {
  const { policies, records } = breakersOf(services);
  checkTarget(target);
  await policies.put(target, policy);
  if (target !== ANY_TARGET) await records.ensure(target);
  return policy;
}

/** What the deployment sets for the target is in force again. @throws ApiError `breakerNotFound`, `notSupported` */
export async function deleteBreakerPolicy(services: Services, target: string): Promise<void> {
  if (!(await breakersOf(services).policies.delete(target))) throw notFound(target);
}

/** @throws ApiError `requestInvalid`, `notSupported` */
export async function orderBreaker(services: Services, target: string, order: Order): Promise<BreakerView> {
  const { records } = breakersOf(services);
  const { caller, clock } = services;
  checkTarget(target);
  if (target === ANY_TARGET) {
    throw new ApiError('requestInvalid', 'target', 'Name one target: "*" has a policy, and no breaker of its own.');
  }
  const by = caller?.subject ?? 'an operator';
  await records.change(target, () => obey(order, clock.now(), by));
  return findBreaker(services, target);
}

function viewOf(services: Services, { target, state, transitions }: TargetBreaker): BreakerView {
  const policy = breakersOf(services).policies.of(target);
  const counted = policy === undefined ? NO_CALLS : totals(policy, state, services.clock.now());
  return { target, state, transitions, totals: counted, ...(policy === undefined ? {} : { policy }) };
}

const NO_CALLS: Totals = { calls: 0, failures: 0, slow: 0 };

function breakersOf({ breakers }: Services): Pick<CircuitBreakers, 'policies' | 'records'> {
  if (breakers !== undefined) return breakers;
  throw new ApiError('notSupported', 'breakers', 'Configure the engine with circuit breakers: it has none.');
}

function checkTarget(target: string): void {
  if (target.length <= MAX_TARGET_CHARACTERS) return;
  const message = `Name a target of at most ${MAX_TARGET_CHARACTERS} characters: a function, an origin, a resource.`;
  throw new ApiError('requestInvalid', 'target', message);
}

function notFound(target: string): ApiError {
  const message = `Look at the list of breakers, or set a policy first: "${target}" has none.`;
  return new ApiError('breakerNotFound', target, message);
}
