import type { TaskAssignment } from '../model/effect.ts';
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { Inbox } from '../ports/event-store.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { factOf } from './facts.ts';
import type { TaskOffers } from './parts.ts';

/** An activity: a name under which workers fetch tasks. */
export interface Activity {
  /** The activity's ARN. */
  readonly id: string;
  readonly name: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Further settings that are kept and answered as they came: tags, encryption. */
  readonly settings: JsonObject;
}

/** A task that a worker has taken. */
export interface TakenTask {
  readonly token: string;
  readonly input: Json;
  readonly execution: string;
}

const ACTIVITIES = 'activities';

/** The registered activities, and the tasks that wait for their workers: a collection of offers for each activity, oldest first. */
export class ActivityRegistry implements TaskOffers {
  readonly #store: KeyValueStore;
  readonly #inbox: Inbox;
  readonly #clock: Clock;
  /** Workers of this process that wait for a task, by activity. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(store: KeyValueStore, inbox: Inbox, clock: Clock) {
    this.#store = store;
    this.#inbox = inbox;
    this.#clock = clock;
  }

  /** Registers an activity; where there is one of that name, answers with it. */
  async create(activity: Activity): Promise<Activity> {
    const written = await this.#store.put(ACTIVITIES, activity.id, { ...activity }, 0);
    return written === 'conflict' ? ((await this.find(activity.id)) ?? activity) : activity;
  }

  /** Changes the record; `change` is asked again where somebody else was faster. `undefined`: there is no such activity. */
  async update(id: string, change: (current: Activity) => Activity): Promise<Activity | undefined> {
    for (;;) {
      const record = await this.#store.get(ACTIVITIES, id);
      if (record === undefined) return undefined;
      const changed = change(toActivity(record.value));
      if ((await this.#store.put(ACTIVITIES, id, { ...changed }, record.version)) !== 'conflict') return changed;
    }
  }

  async find(id: string): Promise<Activity | undefined> {
    const record = await this.#store.get(ACTIVITIES, id);
    return record === undefined ? undefined : toActivity(record.value);
  }

  async hasActivity(arn: string): Promise<boolean> {
    return (await this.find(arn)) !== undefined;
  }

  async delete(id: string): Promise<void> {
    await this.#store.delete(ACTIVITIES, id, 'any');
  }

  /** In order of ARN. */
  async list(limit: number, after?: string): Promise<Page<Activity>> {
    const page = await this.#store.list(ACTIVITIES, { limit, ...(after === undefined ? {} : { after }) });
    return { ...page, items: page.items.map(({ value }) => toActivity(value)) };
  }

  async offer(task: TaskAssignment): Promise<void> {
    const activity = task.resource.arn;
    await this.#store.put(offersOf(activity), keyOf(task), toOffer(task), 'any');
    for (const wake of this.#waiting.get(activity) ?? []) wake();
  }

  async withdraw(task: TaskAssignment): Promise<void> {
    await this.#store.delete(offersOf(task.resource.arn), keyOf(task), 'any');
  }

  /**
   * Takes the oldest task for a worker, waiting up to `ms` for one to come. Taking is depositing the fact that the
   * task has started, and removing its offer: of two workers only one succeeds in both. `isWaiting` tells an offer that
   * the execution still makes from one that was made again too late. The caller has the execution looked at.
   */
  async take(
    activity: string,
    worker: string | undefined,
    ms: number,
    isWaiting: (offer: OfferedTask) => Promise<boolean> = async () => true,
  ): Promise<TakenTask | undefined> {
    const end = this.#clock.now() + ms;
    for (;;) {
      const { arrived, cancel } = this.#arrival(activity, Math.min(POLL_MS, end - this.#clock.now()));
      try {
        const taken = await this.#takeOffered(activity, worker, isWaiting);
        if (taken !== undefined || this.#clock.now() >= end) return taken;
        await arrived;
      } finally {
        cancel();
      }
    }
  }

  async #takeOffered(
    activity: string,
    worker: string | undefined,
    isWaiting: (offer: OfferedTask) => Promise<boolean>,
  ): Promise<TakenTask | undefined> {
    const page = await this.#store.list(offersOf(activity), { limit: 10 });
    for (const { key, value, version } of page.items) {
      const offer = fromOffer(value);
      if (!(await isWaiting(offer))) {
        await this.#store.delete(offersOf(activity), key, version);
        continue;
      }
      const started = {
        type: 'TaskStarted',
        activation: offer.activation,
        attempt: offer.attempt,
        ...(worker === undefined ? {} : { worker }),
      } as const;
      const fact = factOf(started, this.#clock.now());
      const outcome = fact === undefined ? 'exists' : await this.#inbox.deposit(offer.execution, fact);
      if (outcome === 'deposited' && (await this.#removeOffer(activity, key, version))) return offer;
    }
    return undefined;
  }

  /** False: somebody else has removed it. An offer that was made again meanwhile is the same one. */
  async #removeOffer(activity: string, key: string, version: number): Promise<boolean> {
    const offers = offersOf(activity);
    let seen: number | undefined = version;
    while (seen !== undefined) {
      if ((await this.#store.delete(offers, key, seen)) === 'deleted') return true;
      seen = (await this.#store.get(offers, key))?.version;
    }
    return false;
  }

  /** Resolves when an offer comes in this process, or after `ms`: another process may have made one. `cancel` resolves it. */
  #arrival(activity: string, ms: number): { readonly arrived: Promise<void>; readonly cancel: () => void } {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(activity) ?? new Set();
    this.#waiting.set(activity, waiting);
    const cancel = () => {
      cancelTimer();
      waiting.delete(cancel);
      if (waiting.size === 0 && this.#waiting.get(activity) === waiting) this.#waiting.delete(activity);
      resolve();
    };
    const cancelTimer = this.#clock.after(Math.max(0, ms), cancel);
    waiting.add(cancel);
    return { arrived, cancel };
  }
}

const POLL_MS = 1_000;

/** A task that waits for a worker. */
export interface OfferedTask extends TakenTask {
  readonly activation: number;
  readonly attempt: number;
}

function offersOf(activity: string): string {
  return `offers/${activity}`;
}

/** A repeated offer keeps its place in the line. */
function keyOf({ scheduledAt, execution, activation, attempt }: TaskAssignment): string {
  return `${String(scheduledAt).padStart(15, '0')} ${execution} ${activation}.${attempt}`;
}

function toOffer(task: TaskAssignment): Json {
  const { execution, activation, attempt, input } = task;
  return { execution, activation, attempt, input, token: task.token ?? '' };
}

function fromOffer(value: Json): OfferedTask {
  if (!isJsonObject(value)) throw new TypeError('An offer to workers is no object.');
  // Only toOffer writes to these collections.
  return value as unknown as OfferedTask;
}

function toActivity(value: Json): Activity {
  if (!isJsonObject(value)) throw new TypeError('A record of the collection "activities" is no object.');
  // Only create writes to this collection.
  return value as unknown as Activity;
}
