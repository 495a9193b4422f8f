import { CorruptLog } from '../model/errors.ts';
import { evolve } from '../model/evolve.ts';
import { definitionAfter } from '../model/migrate.ts';
import type { Plan } from '../model/plan.ts';
import { closes, countBeforeEnd } from '../model/redrive.ts';
import type { ExecutionState } from '../model/state.ts';
import type { EventStore, StoredCommit } from '../ports/event-store.ts';
import { decodeCommit, decodeLog, type OpenCommit } from './commit.ts';
import { type PlanOf, replay } from './replay.ts';
import { decodeSnapshot } from './snapshot.ts';

/** A moment in the life of an execution. */
export type Moment =
  /** After the commit of this number. */
  | { readonly commit: number }
  /** After this event of its history; where the log has it as one with the next ones, after those. */
  | { readonly event: number }
  /** After all that had happened by then, ms since the epoch. */
  | { readonly time: number };

/** An execution as it was. */
export interface PastState {
  readonly state: ExecutionState;
  readonly plan: Plan;
  /** The last commit of which something is in it. */
  readonly commit: number;
  /** When the last thing in it happened, ms since the epoch. */
  readonly at: number;
}

export interface PastSource {
  readonly store: EventStore;
  readonly planOf: PlanOf;
}

const PAGE = 100;

/** Executions as they were, folded from their logs; in memory for one state and a page of commits. */
export class Past {
  readonly #source: PastSource;

  constructor(source: PastSource) {
    this.#source = source;
  }

  /** `undefined`: before it began, or later than its log goes. */
  async at(execution: string, moment: Moment): Promise<PastState | undefined> {
    const last = await this.#lastCommit(execution);
    if (last === undefined) return undefined;
    if ('event' in moment) {
      const past = await this.#fold(execution, 0, last, (state) => state.historyLength >= moment.event);
      return past.state.historyLength >= moment.event ? past : undefined;
    }
    if ('commit' in moment) {
      if (moment.commit > last) return undefined;
      return this.#fold(execution, (await this.#read(execution, moment.commit)).snapshotNumber ?? 0, moment.commit);
    }
    const until = await this.#latestBy(execution, moment.time, last);
    if (until === undefined) return undefined;
    // A snapshot of that very commit may be later than the moment.
    const from = until === 0 ? 0 : ((await this.#read(execution, until - 1)).snapshotNumber ?? 0);
    return this.#fold(execution, from, until, (_state, next) => next !== undefined && next > moment.time);
  }

  /**
   * An execution that failed, timed out or was aborted as it was right before its end began.
   * @param last number of a commit up to which it has closed, such as its last one.
   */
  async beforeEnd(execution: string, last: number): Promise<Pick<PastState, 'state' | 'plan'>> {
    const { store, planOf } = this.#source;
    const number = await this.#endOf(execution, last);
    const penultimate = number === 0 ? undefined : await this.#read(execution, number - 1);
    const log: StoredCommit[] = [];
    for (let next = penultimate?.snapshotNumber ?? 0; next <= number; ) {
      const page = await store.read(execution, next, number - next + 1);
      if (page.length === 0) throw new CorruptLog(`Commit ${next} of ${execution} is missing.`);
      log.push(...page);
      next += page.length;
    }
    const text = log[0]?.number === penultimate?.snapshotNumber ? log[0]?.snapshot : undefined;
    const snapshot = text === undefined ? undefined : decodeSnapshot(execution, text);
    const commits = decodeLog(log).slice(snapshot === undefined ? 0 : 1);
    const ending = commits.at(-1)?.events ?? [];
    const before = [
      ...commits.slice(0, -1).flatMap(({ events }) => events),
      ...ending.slice(0, countBeforeEnd(ending)),
    ];
    return replay(planOf, execution, snapshot, before);
  }

  /** Number of the commit in which an execution closed: what is told to others afterwards may stand behind it. */
  async #endOf(execution: string, last: number): Promise<number> {
    for (let at = last; at >= 0; at -= 1) {
      if (decodeCommit(await this.#read(execution, at)).events.some(closes)) return at;
    }
    throw new CorruptLog(`The log of ${execution} says that it has closed, and not how.`);
  }

  /** @param from a commit with a snapshot, or 0. @param isThere whether the state is the one, given when the next event happened. */
  async #fold(
    execution: string,
    from: number,
    to: number,
    isThere: (state: ExecutionState, next: number | undefined) => boolean = () => false,
  ): Promise<PastState> {
    let past: { state: ExecutionState; plan: Plan; commit: number; at: number } | undefined;
    for (let next = from; next <= to; ) {
      const page = await this.#source.store.read(execution, next, Math.min(PAGE, to - next + 1));
      if (page.length === 0) throw new CorruptLog(`Commit ${next} of ${execution} is missing.`);
      const commits = decodeLog(page);
      for (const [index, commit] of commits.entries()) {
        const text = commit.number === from && from > 0 ? page[index]?.snapshot : undefined;
        if (text !== undefined) {
          const state = decodeSnapshot(execution, text);
          past = { state, plan: await this.#source.planOf(state.identity.workflow), commit: from, at: endOf(commit) };
          continue;
        }
        for (const event of commit.events) {
          if (past !== undefined && isThere(past.state, event.at)) return past;
          const plan: Plan = past?.plan ?? (await this.#planAtStart(execution, commit));
          const state: ExecutionState = evolve(plan, past?.state, event);
          const isChanged = definitionAfter(event) !== undefined;
          const after = isChanged ? await this.#source.planOf(state.identity.workflow) : plan;
          past = { state, plan: after, commit: commit.number, at: event.at };
        }
      }
      next += page.length;
    }
    if (past === undefined) throw new CorruptLog(`The log of ${execution} is empty.`);
    return past;
  }

  #planAtStart(execution: string, { events }: OpenCommit): Promise<Plan> {
    const [first] = events;
    if (first?.type === 'ExecutionStarted') return this.#source.planOf(first.identity.workflow);
    throw new CorruptLog(`The log of ${execution} does not begin with ExecutionStarted.`);
  }

  /** The last commit of which something had happened by then, by bisection: times go back only where the clocks of processes differ. */
  async #latestBy(execution: string, time: number, last: number): Promise<number | undefined> {
    let [low, high] = [-1, last];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const [first] = decodeCommit(await this.#read(execution, middle)).events;
      if (first !== undefined && first.at <= time) low = middle;
      else high = middle - 1;
    }
    return low === -1 ? undefined : low;
  }

  async #lastCommit(execution: string): Promise<number | undefined> {
    const { store } = this.#source;
    return store.head === undefined
      ? (await store.load(execution)).at(-1)?.number
      : (await store.head(execution))?.number;
  }

  async #read(execution: string, number: number): Promise<StoredCommit> {
    const [commit] = await this.#source.store.read(execution, number, 1);
    if (commit === undefined) throw new CorruptLog(`Commit ${number} of ${execution} is missing.`);
    return commit;
  }
}

function endOf({ events }: OpenCommit): number {
  return events.at(-1)?.at ?? 0;
}
