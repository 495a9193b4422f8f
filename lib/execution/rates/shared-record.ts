import type { Json } from '../../model/json.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';

/** Where a record is that several processes change. */
export interface RecordPlace {
  readonly collection: string;
  readonly key: string;
}

export interface SharedRecordParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** What to do to the value; `next` absent: nothing. May be asked several times, with newer values. */
export type Change<T> = (value: Json | undefined, now: number) => { readonly next?: Json; readonly answer: T };

/** Older knowledge of the record is not worth a write that probably fails, ms. */
const KNOWN_FOR_MS = 2_000;
const MAX_ROUNDS = 12;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 160;

/**
 * A record that several processes change, by compare-and-set. Changes of this process that come while one is written go
 * together into the next write. What changes nothing by what is known of the record is not written and not read.
 */
export class SharedRecord {
  readonly #parts: SharedRecordParts;
  readonly #place: RecordPlace;
  #waiting: Asked[] = [];
  #isBusy = false;
  #known: { readonly value: Json | undefined; readonly version: number; readonly at: number } | undefined;

  constructor(parts: SharedRecordParts, place: RecordPlace) {
    this.#parts = parts;
    this.#place = place;
  }

  /** @throws RecordContended, and what the store throws */
  change<T>(change: Change<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        apply: (value, now) => {
          const { next, answer } = change(value, now);
          return { value: next ?? value, isChanged: next !== undefined, tell: () => resolve(answer) };
        },
        reject,
      });
      if (!this.#isBusy) void this.#work();
    });
  }

  /** Never rejects: those who asked are told. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    // What else is asked in this moment comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#apply(batch);
      } catch (error) {
        this.#known = undefined;
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isBusy = false;
  }

  async #apply(batch: readonly Asked[]): Promise<void> {
    const { store, clock } = this.#parts;
    const { collection, key } = this.#place;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (round > 1) await this.#pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round));
      const now = clock.now();
      const known = this.#known !== undefined && now - this.#known.at < KNOWN_FOR_MS ? this.#known : await this.#read();
      let { value } = known;
      const applied = batch.map(({ apply }) => {
        const done = apply(value, now);
        ({ value } = done);
        return done;
      });
      if (applied.some(({ isChanged }) => isChanged)) {
        const written = await store.put(collection, key, value ?? null, known.version);
        this.#known = written === 'conflict' ? undefined : { value, version: written, at: clock.now() };
        if (written === 'conflict') continue;
      }
      for (const { tell } of applied) tell();
      return;
    }
    throw new RecordContended(this.#place);
  }

  async #read() {
    const { store, clock } = this.#parts;
    const record = await store.get(this.#place.collection, this.#place.key);
    this.#known = { value: record?.value, version: record?.version ?? 0, at: clock.now() };
    return this.#known;
  }

  /** Full jitter. */
  #pause(longest: number): Promise<void> {
    const { clock, ids } = this.#parts;
    return new Promise((resolve) => {
      clock.after(1 + (ids.random32() % longest), resolve);
    });
  }
}

interface Asked {
  readonly apply: (
    value: Json | undefined,
    now: number,
  ) => { readonly value: Json | undefined; readonly isChanged: boolean; readonly tell: () => void };
  readonly reject: (error: unknown) => void;
}

/** Too many processes change the record at once. */
export class RecordContended extends Error {
  override readonly name = 'RecordContended';
  readonly code = 'Knhk.RecordContended';

  constructor({ collection, key }: RecordPlace) {
    super(`Try again: others changed ${collection} ${key} ${MAX_ROUNDS} times in between.`);
  }
}
