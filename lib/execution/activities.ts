import type { TaskCommand } from '../model/command.ts';
import type { TaskAssignment } from '../model/effect.ts';
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { Inbox } from '../ports/event-store.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyValueRecord, KeyValueStore } from '../ports/key-value-store.ts';
import { nextRound } from './contention.ts';
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
    for (let round = 0; ; round = nextRound(round, `the activity ${id}`)) {
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
    // Never over what is there, which may have been claimed.
    await this.#store.put(offersOf(activity), keyOf(task), toOffer(task), 0);
    for (const wake of this.#waiting.get(activity) ?? []) wake();
  }

  async withdraw(task: TaskAssignment): Promise<void> {
    await this.#store.delete(offersOf(task.resource.arn), keyOf(task), 'any');
  }

  /**
   * Takes the oldest task for a worker, waiting up to `ms` for one to come. Of several workers the one that removes the
   * offer has it; before that the execution is told that the task has started. The caller has the execution looked at.
   */
  async take(
    activity: string,
    worker: string | undefined,
    ms: number,
    executions: OfferingExecutions = { standing: async () => 'waits', start: async () => 'refused' },
  ): Promise<TakenTask | undefined> {
    const end = this.#clock.now() + ms;
    for (;;) {
      const { arrived, cancel } = this.#arrival(activity, Math.min(POLL_MS, end - this.#clock.now()));
      try {
        const taken = await this.#takeOffered(activity, worker, executions);
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
    executions: OfferingExecutions,
  ): Promise<TakenTask | undefined> {
    const page = await this.#store.list(offersOf(activity), { limit: 10 });
    for (const record of page.items) {
      const offer = fromOffer(record.value);
      const { execution, token, input } = offer;
      const standing = await executions.standing(offer);
      if ((standing === 'started' && offer.claim === undefined) || standing === 'gone') {
        await this.#store.delete(offersOf(activity), record.key, record.version);
        continue;
      }
      const outcome =
        standing === 'waits'
          ? await this.#startWaiting(offer, worker)
          : await this.#startClaimed(activity, worker, { ...record, offer, standing, executions });
      if (outcome === 'refused') await this.#store.delete(offersOf(activity), record.key, 'any');
      if (outcome === 'started' && (await this.#removeOffer(activity, record.key, record.version)))
        return { execution, token, input };
    }
    return undefined;
  }

  /** Nothing can come in between but another worker. */
  async #startWaiting(offer: OfferedTask, worker: string | undefined): Promise<'started' | 'lost'> {
    const at = this.#clock.now();
    const fact = factOf(startOf(offer, worker), at);
    const outcome = fact === undefined ? 'exists' : await this.#inbox.deposit(offer.execution, fact);
    return outcome === 'deposited' ? 'started' : 'lost';
  }

  /**
   * The offer may vanish before the execution hears of the start, so its word is waited for. The claim says who waits: if
   * that takes too long, the same worker goes on waiting when it asks again, and after a while anybody may.
   */
  async #startClaimed(
    activity: string,
    worker: string | undefined,
    { key, version, offer, standing, executions }: ClaimableRecord,
  ): Promise<'started' | 'refused' | 'lost'> {
    const { claim, ...plain } = offer;
    const at = this.#clock.now();
    if (claim !== undefined && claim.worker !== worker && at - claim.at < CLAIM_MS) return 'lost';
    if (standing === 'started') return 'started';
    const claimed = { ...plain, claim: { at, ...(worker === undefined ? {} : { worker }) } };
    if ((await this.#store.put(offersOf(activity), key, claimed, version)) === 'conflict') return 'lost';
    const outcome = await executions.start(offer, startOf(offer, worker));
    return outcome === 'pending' ? 'lost' : outcome;
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
/** So long nobody else takes a task whose start a worker waits for, ms. */
const CLAIM_MS = 30_000;

/** A task that waits for a worker. */
export interface OfferedTask extends TakenTask {
  readonly activation: number;
  readonly attempt: number;
  /** Who waits for its start, and since when, ms since the epoch. */
  readonly claim?: { readonly at: number; readonly worker?: string };
}

/** What the executions say of the tasks that were offered. */
export interface OfferingExecutions {
  /**
   * gone: the execution wants it no more. waits: it has been handed out to whoever comes. offered: it starts if nothing
   * else happens first. started: a worker has it, or is about to be told so.
   */
  readonly standing: (offer: OfferedTask) => Promise<'gone' | 'waits' | 'offered' | 'started'>;
  /** Starts what is offered, and waits for what comes of it. */
  readonly start: (offer: OfferedTask, command: StartOfTask) => Promise<'started' | 'refused' | 'pending'>;
}

export type StartOfTask = Extract<TaskCommand, { readonly type: 'TaskStarted' }>;

interface ClaimableRecord extends KeyValueRecord {
  readonly offer: OfferedTask;
  readonly standing: 'offered' | 'started';
  readonly executions: OfferingExecutions;
}

function startOf({ activation, attempt }: OfferedTask, worker: string | undefined): StartOfTask {
  return { type: 'TaskStarted', activation, attempt, ...(worker === undefined ? {} : { worker }) };
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
