import type { WireEvent } from './client.ts';

/** An event of the history, with its details in one place, whatever its type calls them. */
export interface ShownEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly details: Readonly<Record<string, unknown>>;
}

export function shownEvent({ id, previousEventId, type, timestamp, ...rest }: WireEvent): ShownEvent {
  const [, details] = Object.entries(rest).find(([field]) => field.endsWith('EventDetails')) ?? [];
  const isRecord = typeof details === 'object' && details !== null;
  return { id, previousEventId, type, at: Date.parse(timestamp), details: isRecord ? { ...details } : {} };
}

/** One visit to a state, as the history tells it. */
export interface Visit {
  readonly name: string;
  readonly frame: Frame;
  /** ms since the epoch. */
  readonly enteredAt: number;
  /** Times its work was begun. */
  attempts: number;
  /** The error of its last attempt, until the next one is made. */
  error?: string | undefined;
  /** Whether the map run of its last attempt has failed, which tells more than that the Map has. */
  mapRunFailed?: boolean;
}

/** The top level, a branch of a Parallel, or an item of a Map. */
export interface Frame {
  readonly kind: 'top' | 'branch' | 'item';
  readonly depth: number;
  /** Indices of the items around it, outermost first. */
  readonly items: readonly number[];
  /** The Parallel or Map that opened it. */
  readonly owner?: Visit;
}

/** Where an event of the history belongs. */
export interface Place {
  readonly frame: Frame;
  /** Absent for the events of the execution itself. */
  readonly visit?: Visit | undefined;
}

interface Station extends Place {
  readonly type: string;
}

const TOP: Frame = { kind: 'top', depth: 0, items: [] };

/**
 * Finds the state and the nesting of each event of a Step Functions history, which names neither for most: both follow
 * from the chain of `previousEventId`. Events are placed in order, each once.
 */
export class Trail {
  readonly #stations = new Map<number, Station>();
  /** Visits by what led to them: an expression that fails is chained to what came before its state. */
  readonly #entries = new Map<string, Visit>();

  place(event: ShownEvent): Place {
    const place = this.#placeOf(event);
    this.#stations.set(event.id, { ...place, type: event.type });
    return place;
  }

  #placeOf(event: ShownEvent): Place {
    const before = this.#stations.get(event.previousEventId) ?? { frame: TOP, type: 'ExecutionStarted' };
    const { type } = event;
    if (type.startsWith('Execution')) return { frame: TOP };
    if (type === 'EventReceived') return { frame: TOP };
    if (type.endsWith('StateAborted')) return aborted(event, before);
    if (type.startsWith('Join')) return entered(event, before);
    if (type === 'NetFailed') return netFailed(event, before);
    if (type === 'MapIterationStarted') return itemStarted(event, before);
    if (type === 'EvaluationFailed') return this.#evaluated(event, before);
    if (type.endsWith('StateEntered')) {
      const place = entered(event, before);
      this.#entries.set(entryKey(event, place.visit.name), place.visit);
      return place;
    }
    return isNested(event, before) ? leftNested(event, before) : before;
  }

  #evaluated(event: ShownEvent, before: Station): Place {
    const name = nameIn(event) ?? '';
    const visit = before.visit?.name === name ? before.visit : this.#entries.get(entryKey(event, name));
    return visit === undefined ? before : { frame: visit.frame, visit };
  }
}

function entryKey({ previousEventId }: ShownEvent, name: string): string {
  return `${previousEventId} ${name}`;
}

function entered(event: ShownEvent, before: Station): Place & { readonly visit: Visit } {
  const frame = before.type === 'ParallelStateStarted' ? inside(before, 'branch') : before.frame;
  return { frame, visit: { name: nameIn(event) ?? '', frame, enteredAt: event.at, attempts: 0 } };
}

/** No state is to blame for the failure of a branch or item. */
function netFailed({ details: { error } }: ShownEvent, before: Station): Place {
  const frame = before.type === 'ParallelStateStarted' ? inside(before, 'branch') : before.frame;
  if (frame.owner !== undefined && typeof error === 'string') frame.owner.error = error;
  return { frame };
}

/** Only in nets the event says which state it was. */
function aborted(event: ShownEvent, before: Station): Place {
  const name = nameIn(event);
  if (name === undefined) return { frame: before.frame };
  return before.visit?.name === name ? before : leftNested(event, before);
}

function itemStarted(event: ShownEvent, before: Station): Place {
  const isMap = before.type === 'MapStateStarted' || before.type === 'MapStateEntered';
  const map = isMap ? before.visit : ownerNamed(before, nameIn(event));
  const { index } = event.details;
  const place = { frame: map?.frame ?? before.frame, visit: map };
  return { frame: inside(place, 'item', typeof index === 'number' ? index : undefined) };
}

/** An event of a Parallel or Map that follows on one inside of it. */
function leftNested(event: ShownEvent, before: Station): Place {
  const owner = ownerNamed(before, nameIn(event));
  if (owner === undefined) return before;
  // The error of a net stands with its owner already.
  if (event.type.endsWith('Failed') && before.type !== 'NetFailed')
    owner.error = before.visit?.error ?? 'a failure inside';
  return { frame: owner.frame, visit: owner };
}

/** Whether the event is one of a Parallel or Map as a whole, and follows on one inside of it. */
function isNested({ type }: ShownEvent, before: Station): boolean {
  // These name their state, which is looked for.
  if (/^(Parallel|Map)StateExited$|^MapIteration|^ItemsAdded$/.test(type)) return true;
  // An attempt that follows on another begins where that one failed.
  if (/^(Parallel|Map)StateStarted$/.test(type)) return !/^(Parallel|Map)StateEntered$/.test(before.type);
  if (!/^(Parallel|Map)State(Succeeded|Failed)$/.test(type)) return false;
  return !/^(Parallel|Map)StateStarted$|^MapIterationSucceeded$|^MapRun/.test(before.type);
}

function inside({ frame, visit }: Place, kind: 'branch' | 'item', index?: number): Frame {
  return {
    kind,
    depth: frame.depth + 1,
    items: index === undefined ? frame.items : [...frame.items, index],
    ...(visit === undefined ? {} : { owner: visit }),
  };
}

/** The Parallel or Map around the station: that of the name, or the nearest. */
function ownerNamed({ frame }: Station, name: string | undefined): Visit | undefined {
  for (let owner = frame.owner; owner !== undefined; owner = owner.frame.owner) {
    if (name === undefined || owner.name === name) return owner;
  }
  return undefined;
}

/** The name of the state that the event's details give, if they do. */
function nameIn({ details: { name, state } }: ShownEvent): string | undefined {
  if (typeof name === 'string') return name;
  return typeof state === 'string' ? state : undefined;
}
