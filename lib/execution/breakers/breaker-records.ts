import type { Json } from '../../model/json.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { KeyValueRecord, KeyValueStore } from '../../ports/key-value-store.ts';
import { type BreakerState, type Change, NEW_BREAKER, type Transition } from '../../resilience/circuit-breaker.ts';

/** The breaker of one target, as all processes see it. */
export interface BreakerRecord {
  readonly state: BreakerState;
  /** The last ones, the newest last. */
  readonly transitions: readonly Transition[];
}

export interface TargetBreaker extends BreakerRecord {
  readonly target: string;
}

export interface BreakerRecordsParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random32'>;
  /** How long a record is taken to be what it was, ms. */
  readonly freshForMs: number;
  /** Is told of each transition once, in the process that brought it about. */
  readonly onTransition: (target: string, transition: Transition) => void;
}

interface Seen {
  readonly record: BreakerRecord;
  readonly version: number;
  readonly at: number;
}

const COLLECTION = 'breakers';
/** Transitions that are kept. */
const MAX_TRANSITIONS = 20;
/** Records that a process remembers. */
const MAX_SEEN = 1_000;
const MAX_ATTEMPTS = 12;
/** The longest pause after a defeat by another process is twice as long each time, ms. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;

const NEW_RECORD: BreakerRecord = { state: NEW_BREAKER, transitions: [] };

/**
 * The breakers of all targets in the store that all processes share. A record is only ever replaced by one that was made
 * from it, under the condition that it is still there; where it is not, the change is made again from what is there now.
 */
export class BreakerRecords {
  readonly #parts: BreakerRecordsParts;
  readonly #seen = new Map<string, Seen>();
  readonly #reading = new Map<string, Promise<Seen>>();

  constructor(parts: BreakerRecordsParts) {
    this.#parts = parts;
  }

  /** As it was at most `freshForMs` ago. Rejects as the store does. */
  async recent(target: string): Promise<BreakerRecord> {
    return (await this.#recent(target)).record;
  }

  /** As this process saw it last. */
  seen(target: string): BreakerState {
    return this.#seen.get(target)?.record.state ?? NEW_BREAKER;
  }

  /** As it is now; `undefined`: nothing has ever happened to it. */
  async read(target: string): Promise<BreakerRecord | undefined> {
    const { record, version } = await this.#read(target);
    return version === 0 ? undefined : record;
  }

  /** Breakers that something has happened to, or that were given a policy. */
  async list(limit: number, after: string | undefined): Promise<Page<TargetBreaker>> {
    const query = after === undefined ? { limit } : { limit, after };
    const { items, ...page } = await this.#parts.store.list(COLLECTION, query);
    return { ...page, items: items.map((item) => ({ target: item.key, ...recordOf(item) })) };
  }

  /** Has the target stand in the list. */
  async ensure(target: string): Promise<void> {
    await this.#parts.store.put(COLLECTION, target, asJson(NEW_RECORD), 0);
  }

  /**
   * Changes the record as `apply` says, which is asked again for each state that turns out to be there; `undefined`, or the
   * same state: nothing is to be changed. Resolves with what came of it, and the state that is there then.
   * @throws BreakerContended if other processes were first again and again; else as the store does.
   */
  async change(
    target: string,
    apply: (state: BreakerState) => Change | undefined,
  ): Promise<{ readonly record: BreakerRecord; readonly made: Change | undefined }> {
    let seen = await this.#recent(target);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const made = apply(seen.record.state);
      if (made === undefined || made.state === seen.record.state) return { record: seen.record, made };
      const record = await this.#write(target, seen, made);
      if (record !== undefined) return { record, made };
      await this.#pause(attempt);
      seen = await this.#read(target);
    }
    throw new BreakerContended(target);
  }

  /** `undefined`: another process was first. */
  async #write(target: string, seen: Seen, { state, transition }: Change): Promise<BreakerRecord | undefined> {
    const { transitions: before } = seen.record;
    const transitions = transition === undefined ? before : [...before, transition].slice(-MAX_TRANSITIONS);
    const record = { state, transitions };
    const version = await this.#parts.store.put(COLLECTION, target, asJson(record), seen.version);
    if (version === 'conflict') return undefined;
    this.#remember(target, { record, version, at: this.#parts.clock.now() });
    if (transition !== undefined) this.#parts.onTransition(target, transition);
    return record;
  }

  async #recent(target: string): Promise<Seen> {
    const seen = this.#seen.get(target);
    const { clock, freshForMs } = this.#parts;
    return seen !== undefined && clock.now() < seen.at + freshForMs ? seen : this.#read(target);
  }

  /** Calls that begin at the same time share one read. */
  #read(target: string): Promise<Seen> {
    const reading = this.#reading.get(target);
    if (reading !== undefined) return reading;
    const read = this.#fetch(target).finally(() => this.#reading.delete(target));
    this.#reading.set(target, read);
    return read;
  }

  async #fetch(target: string): Promise<Seen> {
    const at = this.#parts.clock.now();
    const found = await this.#parts.store.get(COLLECTION, target);
    const seen =
      found === undefined
        ? { record: NEW_RECORD, version: 0, at }
        : { record: recordOf(found), version: found.version, at };
    return this.#remember(target, seen);
  }

  #remember(target: string, seen: Seen): Seen {
    const known = this.#seen.get(target);
    // A read that began before a write of this process may end after it.
    if (known !== undefined && known.version > seen.version) return known;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.set(target, seen);
    return seen;
  }

  async #pause(attempt: number): Promise<void> {
    const { clock, ids } = this.#parts;
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    await new Promise<void>((resolve) => {
      clock.after((ids.random32() / 2 ** 32) * most, resolve);
    });
  }
}

/** Too many processes change the breaker of the target at the same time. */
class BreakerContended extends Error {
  override readonly name = 'BreakerContended';
  readonly code = 'Knhk.BreakerContended';

  constructor(target: string) {
    super(`Try again: other processes change the circuit breaker of ${target} all the time.`);
  }
}

function recordOf({ value }: KeyValueRecord): BreakerRecord {
  // Asserted: written by `change` alone.
  return value as unknown as BreakerRecord;
}

function asJson(record: BreakerRecord): Json {
  // Asserted: numbers, texts, lists and objects of these; no field is present and undefined.
  return record as unknown as Json;
}
