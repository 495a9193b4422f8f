import { isJsonObject, type Json } from '../../model/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { readRate } from '../../resilience/rate-limit.ts';
import type { Rate } from '../../resilience/token-bucket.ts';

export interface TurnsParts {
  /** Where they are kept for other processes. Absent: there are none. */
  readonly store?: KeyValueStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Turns that nobody took until so long after their time are nobody's: the task timed out, or its execution was stopped. */
const KEPT_FOR_MS = 300_000;
/** Turns given out between two looks for such ones, and how many are looked at. */
const SWEEP_EVERY = 100;
const SWEEP_PAGE = 200;

/** When a task that was held back may call. */
export interface Turn {
  /** ms since the epoch. */
  readonly at: number;
  /** The limit by which it was given. */
  readonly by: Rate;
}

interface Line {
  readonly turns: Map<string, Turn>;
  given: number;
  /** Where the next sweep goes on. */
  after: string | undefined;
}

/**
 * When the tasks that were held back may call, by target. In memory, and in the store for the process that goes on with their
 * execution. They are no tokens: one that is lost costs its task its place, one that is found twice changes nothing.
 */
export class Turns {
  readonly #parts: TurnsParts;
  readonly #lines = new Map<string, Line>();

  constructor(parts: TurnsParts) {
    this.#parts = parts;
  }

  /** `undefined`: this process has given it none. */
  known(target: string, turn: string): Turn | undefined {
    return this.#lines.get(target)?.turns.get(turn);
  }

  /** One that any process has given out. */
  async find(target: string, turn: string): Promise<Turn | undefined> {
    const { store } = this.#parts;
    if (store === undefined) return undefined;
    const found = readTurn((await store.get(collectionOf(target), turn))?.value);
    if (found !== undefined) this.#line(target).turns.set(turn, found);
    return found;
  }

  async keep(target: string, turn: string, given: Turn): Promise<void> {
    const line = this.#line(target);
    line.turns.set(turn, given);
    line.given += 1;
    await this.#parts.store?.put(collectionOf(target), turn, { at: given.at, by: { ...given.by } }, 'any');
    if (line.given % SWEEP_EVERY === 0) void this.#sweep(target, line);
  }

  drop(target: string, turn: string): void {
    this.#line(target).turns.delete(turn);
    this.#forget(target, turn);
  }

  /** Not waited for: nobody asks for it again but by accident, and then it changes nothing. */
  #forget(target: string, turn: string): void {
    const { store, telemetry } = this.#parts;
    store?.delete(collectionOf(target), turn, 'any').catch((error: unknown) => {
      telemetry.log('debug', 'A turn that was taken stays on record until it is swept.', { target, error });
    });
  }

  /** Never rejects. */
  async #sweep(target: string, line: Line): Promise<void> {
    const { store, clock, telemetry } = this.#parts;
    const over = clock.now() - KEPT_FOR_MS;
    for (const [turn, { at }] of line.turns) if (at < over) line.turns.delete(turn);
    if (store === undefined) return;
    try {
      const from = line.after === undefined ? {} : { after: line.after };
      const { items, next } = await store.list(collectionOf(target), { limit: SWEEP_PAGE, ...from });
      line.after = next;
      for (const { key, value } of items) if ((readTurn(value)?.at ?? over) <= over) this.#forget(target, key);
    } catch (error) {
      telemetry.log('debug', 'Turns that nobody took were not swept.', { target, error });
    }
  }

  #line(target: string): Line {
    let line = this.#lines.get(target);
    if (line === undefined) {
      line = { turns: new Map(), given: 0, after: undefined };
      this.#lines.set(target, line);
    }
    return line;
  }
}

function collectionOf(target: string): string {
  return `rateTurns/${target}`;
}

function readTurn(value: Json | undefined): Turn | undefined {
  if (!isJsonObject(value)) return undefined;
  const { at, by } = value;
  const rate = readRate(by ?? null);
  return typeof at === 'number' && rate !== undefined ? { at, by: rate } : undefined;
}
