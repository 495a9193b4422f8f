import { isJsonObject, type Json } from '../model/json.ts';
import { fairnessGroup } from '../model/tenant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyValueRecord, KeyValueStore } from '../ports/key-value-store.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import { nextRound } from './contention.ts';

/** An execution whose turns failed again and again because of the engine itself, so that its message was given up. */
export interface DeadLetter {
  readonly execution: string;
  /** When it was given up first, without having got on since; ms since the epoch. */
  readonly since: number;
  /** When it was given up last, ms since the epoch. */
  readonly at: number;
  /** Deliveries that failed, of all messages since. */
  readonly failures: number;
  /** What the last one failed with. */
  readonly error: { readonly code: string; readonly message: string };
}

/** Nobody has said how a turn ended: what the record says that is made before the last turn begins. */
export class TurnUnended extends Error {
  override readonly name = 'TurnUnended';
  readonly code = 'Knhk.TurnUnended';

  constructor() {
    super('The process died with the turn, or the turn still runs: look for time-outs and lack of memory in the log.');
  }
}

export interface DeadLettersParts {
  readonly store: KeyValueStore;
  readonly queue: WorkQueue;
  readonly clock: Clock;
}

const COLLECTION = 'dead-letters';
/** How long a process may not know what others have given up, ms. */
const FRESH_MS = 60_000;
/** Letters that a process knows of. */
const MOST_KNOWN = 1_000;
const MAX_MESSAGE = 1_000;

/**
 * The dead letters of the work queue, on whatever store: what was given up, since when and why. Of each execution there is
 * one. It goes when the execution is redriven, or when a later turn of it ends well.
 */
export class DeadLetters {
  readonly #parts: DeadLettersParts;
  readonly #known = new Set<string>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: DeadLettersParts) {
    this.#parts = parts;
  }

  /** Executions that have been given up, as far as this process knows. */
  get count(): number {
    return this.#known.size;
  }

  /** Finds out what others have given up, at most once a minute. */
  async look(): Promise<void> {
    const now = this.#parts.clock.now();
    if (now - this.#lookedAt < FRESH_MS) return;
    this.#lookedAt = now;
    const before = [...this.#known];
    const { items } = await this.#parts.store.list(COLLECTION, { limit: MOST_KNOWN });
    // What has been given up here meanwhile stays known.
    for (const execution of before) this.#known.delete(execution);
    for (const { key } of items) this.#known.add(key);
  }

  /** The message of the execution is given up after so many failures: from now on it is on record. */
  async gaveUp(execution: string, newFailures: number, error: unknown): Promise<void> {
    const { store, clock } = this.#parts;
    for (let round = 0; ; round = nextRound(round, `the dead letter of ${execution}`)) {
      const record = await store.get(COLLECTION, execution);
      const earlier = record && letterOf(record);
      const at = clock.now();
      const failures = (earlier?.failures ?? 0) + newFailures;
      const letter = { since: earlier?.since ?? at, at, failures, error: described(error) };
      const written = await store.put(COLLECTION, execution, letter, record?.version ?? 0);
      if (written === 'conflict') continue;
      this.#known.add(execution);
      return;
    }
  }

  /** Whether the execution is known to have been given up: then it is to be told if a turn of it ends well. */
  isKnown(execution: string): boolean {
    return this.#known.has(execution);
  }

  /** A turn ended well that began at `began`, ms since the epoch: unless it was given up since, the execution has got on. */
  async gotOn(execution: string, began: number): Promise<void> {
    const record = await this.#parts.store.get(COLLECTION, execution);
    if (record !== undefined && letterOf(record).at > began) return;
    await this.#remove(execution, record);
  }

  async find(execution: string): Promise<DeadLetter | undefined> {
    const record = await this.#parts.store.get(COLLECTION, execution);
    return record && letterOf(record);
  }

  /** In the order of their ARNs, at most `limit` (1 … 1,000). @throws InvalidPageToken */
  async list(limit: number, after: string | undefined): Promise<Page<DeadLetter>> {
    const query = after === undefined ? { limit } : { limit, after };
    const { items, ...page } = await this.#parts.store.list(COLLECTION, query);
    return { ...page, items: items.map(letterOf) };
  }

  /** Sends their messages anew, and then forgets them. An execution that is in order does nothing when it gets one. Gives those that had been given up. */
  async redrive(executions: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(executions.map((execution) => this.#parts.store.get(COLLECTION, execution)));
    const records = found.filter((record) => record !== undefined);
    await this.#parts.queue.send(records.map(({ key }) => ({ execution: key, group: fairnessGroup(key) })));
    // One that is given up again meanwhile stays.
    await Promise.all(records.map((record) => this.#remove(record.key, record)));
    return records.map(({ key }) => key);
  }

  /** Forgets the letter; the execution stays as it is. False: there is none. */
  async delete(execution: string): Promise<boolean> {
    const record = await this.#parts.store.get(COLLECTION, execution);
    await this.#remove(execution, record);
    return record !== undefined;
  }

  async #remove(execution: string, record: KeyValueRecord | undefined): Promise<void> {
    const { store } = this.#parts;
    const outcome = record && (await store.delete(COLLECTION, execution, record.version));
    if (outcome !== 'conflict') this.#known.delete(execution);
  }
}

export interface TurnConsumer {
  readonly engine: { turn(execution: string): Promise<void> };
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
}

/** What a message of the work queue asks for. Rejects if the engine itself failed, and then the message must come again. */
export async function consumeTurn(execution: string, { engine, deadLetters, clock }: TurnConsumer): Promise<void> {
  if (!deadLetters.isKnown(execution)) return engine.turn(execution);
  const began = clock.now();
  await engine.turn(execution);
  await deadLetters.gotOn(execution, began);
}

function described(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'Error', message: String(error).slice(0, MAX_MESSAGE) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { code, message: error.message.slice(0, MAX_MESSAGE) };
}

function letterOf({ key, value }: KeyValueRecord): DeadLetter {
  const { since, at, failures, error } = fields(value);
  const { code, message } = fields(error);
  return {
    execution: key,
    since: Number(since),
    at: Number(at),
    failures: Number(failures),
    error: { code: String(code), message: String(message) },
  };
}

function fields(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  return isJsonObject(value) ? value : {};
}
