import type { ExecutionEvent } from '../../model/event.ts';
import { planOf } from '../../model/fold.ts';
import { itemsRequest } from '../../model/fold-scopes.ts';
import { type Json, jsonEqual } from '../../model/json.ts';
import type { ItemsAdded } from '../../model/net-event.ts';
import type { Plan } from '../../model/plan.ts';
import type { Activation, ActivationId, ExecutionState } from '../../model/state.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { eventsAfter, findEvent, tell } from './decisions.ts';
import { loadExecution } from './executions.ts';
import { executionClosed } from './outside-events.ts';
import { checkPayload } from './payload.ts';

export interface NewItems {
  /** Name of the Map. */
  readonly state: string;
  readonly items: readonly Json[];
  /** Tells this request from others; absent: a UUID. */
  readonly id?: string | undefined;
  /** Which of several that run. */
  readonly activation?: ActivationId | undefined;
}

export interface AddedItems {
  readonly id: string;
  readonly activation: ActivationId;
  readonly outcome: 'added' | 'repeated';
}

/**
 * Adds items to a dynamic Map that runs.
 * @throws ApiError `executionNotFound`, `executionClosed`, `mapNotRunning`, `mapNotDynamic`, `mapAmbiguous`,
 * `itemsConflict`, `inputInvalid`, `executionBusy`
 */
export async function addItems(services: Services, execution: string, request: NewItems): Promise<AddedItems> {
  const { items, id = services.ids.uuid() } = request;
  checkPayload([...items], 'inputInvalid');
  const { plan, state, number } = await loadExecution(services, execution);
  const isRequest = (event: ExecutionEvent): event is ExecutionEvent & ItemsAdded =>
    event.type === 'ItemsAdded' && event.request === id;
  if (state.requests.has(itemsRequest(id))) {
    const before = await findEvent(eventsAfter(services, execution, -1), isRequest);
    if (before !== undefined) return repeated(before, request);
  }
  if (state.status !== 'RUNNING') throw executionClosed(state);
  const activation = runningMap(plan, state, request);
  const deposit = await tell(services, execution, { type: 'AddItems', id, activation, items });
  const added = await findEvent(eventsAfter(services, execution, number), isRequest);
  if (added === undefined) throw mapNotRunning((await loadExecution(services, execution)).state, request);
  // Of several that come at once the first one counts.
  const known = repeated(added, request);
  return deposit === 'exists' ? known : { ...known, outcome: 'added' };
}

/** The log has what the first request of the id was. @throws ApiError `itemsConflict` */
function repeated(
  { request: id, id: activation, items, at }: ExecutionEvent & ItemsAdded,
  again: NewItems,
): AddedItems {
  if (jsonEqual([...items], [...again.items]) && (again.activation ?? activation) === activation) {
    return { id, activation, outcome: 'repeated' };
  }
  const message = `Give this request another id: at ${new Date(at).toISOString()} one with other items, or for another activation, came with the id "${id}".`;
  throw new ApiError('itemsConflict', id, message);
}

/** @throws ApiError */
function runningMap(plan: Plan, state: ExecutionState, request: NewItems): ActivationId {
  const { state: name, activation } = request;
  const maps = [...state.activations.values()].filter((active) => active.state === name && isMap(plan, state, active));
  const meant = activation === undefined ? maps : maps.filter(({ id }) => id === activation);
  const isDynamic = plan.scopes.some(({ states }) => {
    const found = states.get(name);
    return found?.type === 'Map' && found.control?.dynamic === true;
  });
  if (meant.length > 0 && !isDynamic) {
    const message = `Give the Map '${name}' "Dynamic": true, and start another execution: this one takes no items.`;
    throw new ApiError('mapNotDynamic', name, message);
  }
  const open = meant.filter(({ work }) => work.kind === 'items' && work.control?.released === undefined);
  const [only, ...others] = open;
  if (only === undefined) throw mapNotRunning(state, request);
  if (others.length === 0) return only.id;
  const ids = open.map(({ id }) => id).join(', ');
  throw new ApiError('mapAmbiguous', name, `Name the activation, one of ${ids}: '${name}' runs more than once.`);
}

function isMap(plan: Plan, state: ExecutionState, active: Activation): boolean {
  return planOf(plan, state, active).type === 'Map';
}

function mapNotRunning({ identity, activations }: ExecutionState, { state: name, activation }: NewItems): ApiError {
  const isOpen = [...activations.values()].some((active) => active.state === name && activation === undefined);
  const which = activation === undefined ? `'${name}'` : `'${name}' (activation ${activation})`;
  const what = isOpen ? 'has completed, and takes no more' : 'does not run: it has not begun, or it has ended';
  const message = `Add items while the Map runs: ${which} of ${identity.id} ${what}.`;
  return new ApiError('mapNotRunning', name, message);
}
