import type { EventType, ExecutionEvent } from '../model/event.ts';
import type { Plan } from '../model/plan.ts';
import type { ActivationId, ExecutionState, WorkflowRef } from '../model/state.ts';
import type { Ids } from '../ports/clock.ts';
import type { EventStore, Lease, LogHead, StoredCommit } from '../ports/event-store.ts';
import type { WakeUp } from '../ports/work-queue.ts';
import { decodeCommit, decodeLog, encodeCommit, eraseStored, isErased, type OpenCommit } from './commit.ts';
import type { CommitObserver } from './commit-observer.ts';
import { CommitWatches } from './commit-watches.ts';
import { HistoryReaders } from './history/history-reader.ts';
import { Past } from './past.ts';
import { type PlanOf, replay } from './replay.ts';
import { rowOf } from './row.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts';
import { StateCache, type StateCacheOptions } from './state-cache.ts';

/** An execution in memory: its state as of commit `number`, and what the next commit must know. */
export interface LiveExecution {
  readonly id: string;
  readonly plan: Plan;
  /** Owned by whoever opened it; decisions change it in place. */
  state: ExecutionState;
  /** The last commit it reflects; -1 before the first. */
  number: number;
  /** Of the last commit; absent: none, or it has none. */
  hash: string | undefined;
  lease: Lease | undefined;
  /** False for a state from the cache that other processes may have left behind; a commit that succeeds proves it right. */
  isCurrent: boolean;
  /** When its last commit expires, seconds since the epoch. */
  expiresAt?: number;
  /** Its next wake-up, as the timer service has said. */
  wakeUp?: WakeUp;
  /** When the ends of jobs are to be asked for next, by attempt, ms since the epoch; what is not in it is asked for at once. */
  questions?: Map<string, Question>;
  readonly snapshot: SnapshotWeights;
}

export interface Question {
  readonly activation: ActivationId;
  readonly attempt: number;
  readonly at: number;
}

interface SnapshotWeights {
  number: number | undefined;
  /** Length of the last snapshot, in characters. */
  weight: number;
  /** Length of the commits since. */
  since: number;
}

export interface StateManagerOptions {
  readonly store: EventStore;
  /** The compiled definition that an execution runs. */
  readonly planOf: PlanOf;
  readonly ids: Ids;
  /** Nobody else writes to the store: what the cache holds is current. */
  readonly exclusive: boolean;
  /** Of what is kept in memory between turns. */
  readonly cache?: StateCacheOptions;
  /** How long a log is kept after the latest moment at which its execution may have closed, seconds; 90 days by default. */
  readonly retentionSeconds?: number;
}

/** A snapshot is written once the commits since the last one weigh this much, and as much as the snapshot itself (D2). */
const SNAPSHOT_MIN_WEIGHT = 16_384;
/** What lists show, beside start and end; and what is done beside the turns: by its row the projector wakes an execution whose changer has died. */
const TURNS: ReadonlySet<EventType> = new Set([
  'ExecutionRedriven',
  'ExecutionSuspended',
  'ExecutionResumed',
  'ExecutionMigrated',
]);
/** Executions that were changed beside their turns and have had no turn since. */
const MOST_CHANGED = 100_000;
const ERASED_AT_ONCE = 100;
const DAY_SECONDS = 86_400;
/** What Step Functions allows an execution without `TimeoutSeconds`: a year. Its commits are kept for that long, so that none expires before the last. */
const LONGEST_EXECUTION_MS = 365 * DAY_SECONDS * 1_000;

/** Opens executions from the log, through a cache, and writes their commits: event sourcing in one place. */
export class StateManager {
  /** Readers of logs as histories. */
  readonly histories: HistoryReaders = new HistoryReaders(this);
  /** Executions as they were. */
  readonly past: Past;
  /** Who waits for commits of this process. */
  readonly watches: CommitWatches = new CommitWatches();
  /** Of all commits; set by the engine that writes them. */
  observer: CommitObserver | undefined;
  readonly #options: StateManagerOptions;
  readonly #cache: StateCache;
  /** Since they were released last. */
  readonly #changedBeside = new Set<string>();

  constructor(options: StateManagerOptions) {
    this.#options = options;
    this.past = new Past(options);
    this.#cache = new StateCache(options.cache ?? {});
  }

  /** Nobody else writes to the store: `watches` hear of every commit. */
  get isExclusive(): boolean {
    return this.#options.exclusive;
  }

  /** Takes the execution out of the cache, or loads it; the caller owns it until `release`. `undefined`: as of `load`. */
  async open(execution: string): Promise<LiveExecution | undefined> {
    return this.#cache.take(execution) ?? this.load(execution);
  }

  /** The execution as its log has it, never from the cache: a private copy, strongly consistent. `undefined`: there is none, or its payloads are erased. */
  async load(execution: string): Promise<LiveExecution | undefined> {
    const log = await this.#options.store.load(execution);
    const [first] = log;
    const last = log.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const commits = decodeLog(log);
    if (commits.some(isErased)) return undefined;
    const snapshot = first.snapshot === undefined ? undefined : decodeSnapshot(execution, first.snapshot);
    const since = snapshot === undefined ? 0 : 1;
    const events = commits.slice(since).flatMap((commit) => commit.events);
    const { state, plan } = await replay(this.#options.planOf, execution, snapshot, events);
    return {
      id: execution,
      plan,
      state,
      number: last.number,
      hash: commits.at(-1)?.hash,
      lease: last.lease,
      isCurrent: true,
      ...(last.expiresAt === undefined ? {} : { expiresAt: last.expiresAt }),
      snapshot: {
        number: snapshot === undefined ? undefined : first.number,
        weight: first.snapshot?.length ?? 0,
        since: log.slice(since).reduce((sum, { body }) => sum + body.length, 0),
      },
    };
  }

  /** The compiled definition of a workflow's revision. */
  plan(workflow: WorkflowRef): Promise<Plan> {
    return this.#options.planOf(workflow);
  }

  /** How far the log of an execution has come, and who holds it: cheaper than loading it. Strongly consistent. */
  async head(execution: string): Promise<LogHead | undefined> {
    const { store } = this.#options;
    return store.head === undefined ? (await store.load(execution)).at(-1) : store.head(execution);
  }

  /** Whether the log goes no further than the state in hand. Strongly consistent. */
  async isLatest({ id, number }: LiveExecution): Promise<boolean> {
    return (await this.#options.store.read(id, number + 1, 1)).length === 0;
  }

  /** An execution that is about to be written for the first time. */
  newborn(id: string, plan: Plan, state: ExecutionState): LiveExecution {
    return {
      id,
      plan,
      state,
      number: -1,
      hash: undefined,
      lease: undefined,
      isCurrent: true,
      snapshot: { number: undefined, weight: 0, since: 0 },
    };
  }

  /**
   * Writes events that `live.state` reflects already. On `'conflict'` somebody else has written: the state in hand is
   * worthless, load it again.
   */
  async commit(
    live: LiveExecution,
    events: readonly ExecutionEvent[],
    lease: Lease | undefined,
  ): Promise<'appended' | 'conflict'> {
    const { commit, hash } = this.#nextCommit(live, events, lease);
    const isTakenUp = events.some(({ type }) => type === 'ExecutionRedriven');
    // First, for a crash in between: its time may have begun anew, and what came before must not expire meanwhile.
    if (isTakenUp && commit.expiresAt !== undefined) await this.#options.store.keepUntil?.(live.id, commit.expiresAt);
    const written = this.observer?.committing(live, events);
    const outcome = await this.#options.store.append(commit);
    if (outcome === 'conflict') {
      written?.(outcome);
      return outcome;
    }
    live.number = commit.number;
    live.hash = hash;
    live.lease = lease;
    live.isCurrent = true;
    if (commit.expiresAt !== undefined) live.expiresAt = commit.expiresAt;
    this.watches.tell(live.id);
    written?.(outcome);
    return outcome;
  }

  /** As `commit`, for who changes an execution beside its turns: those have to load it again, also if the store did not say whether it was written. */
  async commitBeside(live: LiveExecution, events: readonly ExecutionEvent[]): Promise<'appended' | 'conflict'> {
    let outcome: 'appended' | 'conflict' | undefined;
    try {
      outcome = await this.commit(live, events, live.lease);
      return outcome;
    } finally {
      if (outcome !== 'conflict') this.#leaveBehind(live.id);
    }
  }

  #nextCommit(
    live: LiveExecution,
    events: readonly ExecutionEvent[],
    lease: Lease | undefined,
  ): { readonly commit: StoredCommit; readonly hash: string } {
    const { state, id } = live;
    const number = live.number + 1;
    const text = JSON.stringify(events);
    const snapshot = this.#snapshotIfDue(live, number, text.length);
    const draft = { execution: id, number, events, text, snapshot, previous: live.hash };
    const { body, hash } = encodeCommit(draft, this.#options.ids);
    const closed = state.status !== 'RUNNING';
    const isTurned = events.some(({ type }) => TURNS.has(type));
    // A closed execution that still has to tell somebody so is looked for among the open ones.
    const isDone = closed && state.owed.length === 0;
    const row = number === 0 || isDone || isTurned ? rowOf(state, number, hash) : undefined;
    const commit = {
      execution: id,
      number,
      body,
      ...(lease === undefined ? {} : { lease }),
      ...(snapshot === undefined ? {} : { snapshot }),
      ...(live.snapshot.number === undefined ? {} : { snapshotNumber: live.snapshot.number }),
      ...(row === undefined ? {} : { row }),
      // Never before the commits that it goes on from: a redrive may have given the execution less time.
      expiresAt: Math.max(this.#expiresAt(state), live.expiresAt ?? 0),
    };
    return { commit, hash };
  }

  #expiresAt({ timeoutAt, identity }: ExecutionState): number {
    const retention = this.#options.retentionSeconds ?? 90 * DAY_SECONDS;
    return Math.ceil((timeoutAt ?? identity.startedAt + LONGEST_EXECUTION_MS) / 1000) + retention;
  }

  #snapshotIfDue(live: LiveExecution, number: number, bodyWeight: number): string | undefined {
    const weights = live.snapshot;
    weights.since += bodyWeight;
    if (weights.since < Math.max(SNAPSHOT_MIN_WEIGHT, weights.weight)) return undefined;
    const text = encodeSnapshot(live.state);
    weights.weight = text.length;
    if (text.length > weights.since) return undefined;
    weights.number = number;
    weights.since = 0;
    return text;
  }

  /** Neither the cache nor a turn that is under way has the latest state. */
  #leaveBehind(execution: string): void {
    this.#cache.take(execution);
    this.#changedBeside.add(execution);
    // Where no turns are run, nobody takes them out.
    const [oldest] = this.#changedBeside;
    if (oldest !== undefined && this.#changedBeside.size > MOST_CHANGED) this.#changedBeside.delete(oldest);
  }

  /** Gives an execution back after a turn that left it as its last commit has it. `'changedBeside'`: this process has gone on with it meanwhile. */
  release(live: LiveExecution): 'kept' | 'changedBeside' {
    const isLeftBehind = this.#changedBeside.delete(live.id);
    live.isCurrent = this.#options.exclusive && !isLeftBehind;
    if (live.state.status !== 'RUNNING') return 'kept';
    this.#cache.keep(live);
    return isLeftBehind ? 'changedBeside' : 'kept';
  }

  /**
   * Takes the payloads out of the log of an execution, for ever: what is left proves the chain. To be done again if it
   * fails halfway. Nothing may be appended any more.
   * @throws CorruptLog for a log that was written before there were hashes.
   */
  async erase(execution: string): Promise<void> {
    const { store } = this.#options;
    if (store.replace === undefined) throw new Error('This store cannot replace what it has.');
    for (let from = 0; ; ) {
      const page = await store.read(execution, from, ERASED_AT_ONCE);
      for (const stored of page) await store.replace(eraseStored(stored));
      if (page.length === 0) break;
      from += page.length;
    }
    await store.forgetTexts?.(execution);
    this.histories.forget(execution);
  }

  /** Whether an execution that cannot be loaded has had payloads. */
  async isErased(execution: string): Promise<boolean> {
    return (await this.events(execution, 0, 1)).some(isErased);
  }

  /** The execution's commits from number `from` on, at most `limit`. */
  async events(execution: string, from = 0, limit = 1_000): Promise<readonly OpenCommit[]> {
    const commits = await this.#options.store.read(execution, from, limit);
    return commits.map(decodeCommit);
  }
}
