import { isJsonObject, type Json } from '../../model/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Closing } from '../../ports/closings.ts';
import { StoreUnavailable } from '../../ports/event-store.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { nextRound } from '../contention.ts';
import { type Archive, LogGone } from './archive.ts';

export interface OwedArchivesParts {
  readonly archive: Pick<Archive, 'put'>;
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const COLLECTION = 'owedArchives';
const PAGE = 100;
const PARALLEL = 8;
/** Nothing is begun later than this after a call has begun, ms. */
const BEGIN_WITHIN_MS = 10_000;
/** One that has taken so long is tried again later, ms. */
const TAKES_AT_MOST_MS = 20_000;
/** How long nothing is tried after the store did not answer, ms. */
const PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** When it is said that archives are owed, ms. */
const LATE_MS = 3_600_000;

/** What is owed has been owed for long: an alarm is to tell of it. */
export class ArchivesLate extends Error {
  override readonly name = 'ArchivesLate';
  readonly code = 'Knhk.ArchivesLate';
}

interface Owed {
  readonly commits: number;
  readonly since: number;
  readonly failures: number;
  /** ms since the epoch. */
  readonly dueAt: number;
}

type Outcome = 'settled' | 'failed' | 'unavailable';

/**
 * Archives what has closed, at least once, and without holding up whoever calls: what cannot be archived for the moment,
 * for whatever reason, is written down and tried again by a sweep, at longer and longer intervals, and never given up.
 */
export class OwedArchives {
  readonly #parts: OwedArchivesParts;
  #pausedUntil = 0;

  constructor(parts: OwedArchivesParts) {
    this.#parts = parts;
  }

  /** Rejects only if the store of records cannot be written to. */
  async deliver(closings: readonly Pick<Closing, 'execution' | 'commits'>[]): Promise<void> {
    const { clock } = this.#parts;
    const longest = new Map<string, number>();
    for (const { execution, commits } of closings) {
      longest.set(execution, Math.max(commits, longest.get(execution) ?? 0));
    }
    const endAt = clock.now() + BEGIN_WITHIN_MS;
    await this.#each([...longest], async ([execution, commits]) => {
      const mayTry = clock.now() >= this.#pausedUntil && clock.now() < endAt;
      const outcome = mayTry ? await this.#tried(execution, commits) : 'unavailable';
      if (outcome !== 'settled') await this.#owe(execution, commits, outcome);
    });
  }

  /**
   * Tries again what is owed and due. The number of archives that are no longer owed.
   * @throws ArchivesLate when all has been tried, if something is owed for an hour.
   */
  async sweep(): Promise<number> {
    const { store, clock, telemetry } = this.#parts;
    const now = clock.now();
    let settled = 0;
    let late = 0;
    let after: string | undefined;
    do {
      const page = await store.list(COLLECTION, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      await this.#each(page.items, async ({ key, value, version }) => {
        const owed = readOwed(value);
        const mayTry = owed.dueAt <= now && clock.now() - now < BEGIN_WITHIN_MS && clock.now() >= this.#pausedUntil;
        const outcome = mayTry ? await this.#tried(key, owed.commits) : undefined;
        if (outcome === 'settled') {
          // In a conflict more has come to be owed, and stays.
          if ((await store.delete(COLLECTION, key, version)) === 'deleted') settled += 1;
          return;
        }
        if (now - owed.since >= LATE_MS) late += 1;
        if (outcome === 'failed') await store.put(COLLECTION, key, { ...later(owed, now) }, version);
      });
      after = page.next;
    } while (after !== undefined && clock.now() - now < BEGIN_WITHIN_MS);
    if (settled > 0) telemetry.log('warn', 'Archived what could not be archived before.', { settled });
    if (late === 0) return settled;
    throw new ArchivesLate(
      `See what the log of this function says of them: ${late} ${late === 1 ? 'execution has' : 'executions have'} waited for the archive for an hour.`,
    );
  }

  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const queue = items.values();
    const lane = async () => {
      for (const item of queue) await work(item);
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane));
  }

  async #tried(execution: string, commits: number): Promise<Outcome> {
    const { archive, telemetry, clock } = this.#parts;
    try {
      await inTime(clock, archive.put(execution, commits));
      this.#pausedUntil = 0;
      return 'settled';
    } catch (error) {
      if (error instanceof LogGone) {
        telemetry.log('error', 'An execution was not archived, and its log has expired.', { execution, error });
        return 'settled';
      }
      if (error instanceof StoreUnavailable) {
        this.#pausedUntil = clock.now() + PAUSE_MS;
        telemetry.log('warn', 'An execution could not be archived; it is tried again.', { execution, error });
        return 'unavailable';
      }
      telemetry.log('error', 'An execution is not archived; it is tried again, later and later.', { execution, error });
      return 'failed';
    }
  }

  async #owe(execution: string, commits: number, outcome: Outcome): Promise<void> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    for (let round = 0; ; round = nextRound(round, `what is owed to the archive of ${execution}`)) {
      const record = await store.get(COLLECTION, execution);
      const owed = record === undefined ? fresh(commits, now) : readOwed(record.value);
      const more = { ...owed, commits: Math.max(commits, owed.commits) };
      const next = outcome === 'failed' ? later(more, now) : more;
      if ((await store.put(COLLECTION, execution, { ...next }, record?.version ?? 0)) !== 'conflict') return;
    }
  }
}

function fresh(commits: number, now: number): Owed {
  return { commits, since: now, failures: 0, dueAt: now };
}

function later(owed: Owed, now: number): Owed {
  const failures = owed.failures + 1;
  return { ...owed, failures, dueAt: now + Math.min(PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) };
}

/** Rejects after a time, whatever becomes of it. */
async function inTime(clock: Clock, work: Promise<void>): Promise<void> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(TAKES_AT_MOST_MS, () =>
      reject(new Error(`Give the projector more memory: an archive has taken more than ${TAKES_AT_MOST_MS} ms.`)),
    );
  });
  try {
    await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

function readOwed(value: Json): Owed {
  const { commits, since, failures, dueAt } = isJsonObject(value) ? value : {};
  const number = (field: unknown): number => (typeof field === 'number' ? field : 0);
  return { commits: number(commits), since: number(since), failures: number(failures), dueAt: number(dueAt) };
}
