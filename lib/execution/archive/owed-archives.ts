import { isJsonObject, type Json } from '../../model/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Closing } from '../../ports/closings.ts';
import { StoreUnavailable } from '../../ports/event-store.ts';
import type { KeyValueRecord, KeyValueStore } from '../../ports/key-value-store.ts';
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
  /** What came before is archived. */
  readonly from: number;
  readonly since: number;
  readonly failures: number;
  /** ms since the epoch. */
  readonly dueAt: number;
}

interface Outcome {
  readonly kind: 'settled' | 'unfinished' | 'failed' | 'unavailable';
  /** The commit to go on from. */
  readonly from: number;
}

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
      const outcome = await this.#tried(execution, { commits, from: 0 }, endAt);
      if (outcome.kind !== 'settled') await this.#owe(execution, commits, outcome);
    });
  }

  /**
   * Tries again what is owed and due. The number of archives that are no longer owed.
   * @throws ArchivesLate when all has been tried, if something is owed for an hour.
   */
  async sweep(): Promise<number> {
    const { store, clock, telemetry } = this.#parts;
    const now = clock.now();
    const endAt = now + BEGIN_WITHIN_MS;
    let settled = 0;
    let late = 0;
    let after: string | undefined;
    do {
      const page = await store.list(COLLECTION, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      await this.#each(page.items, async (record) => {
        const { dueAt, since } = readOwed(record.value);
        if (dueAt <= now && (await this.#settled(record, endAt))) settled += 1;
        else if (now - since >= LATE_MS) late += 1;
      });
      after = page.next;
    } while (after !== undefined && clock.now() < endAt);
    if (settled > 0) telemetry.log('warn', 'Archived what could not be archived before.', { settled });
    if (late === 0) return settled;
    throw new ArchivesLate(
      `See what the log of this function says of them: ${late} ${late === 1 ? 'execution has' : 'executions have'} waited for the archive for an hour.`,
    );
  }

  async #settled({ key, value, version }: KeyValueRecord, endAt: number): Promise<boolean> {
    const { store, clock } = this.#parts;
    const owed = readOwed(value);
    const outcome = await this.#tried(key, owed, endAt);
    // In a conflict more has come to be owed, and stays.
    if (outcome.kind === 'settled') return (await store.delete(COLLECTION, key, version)) === 'deleted';
    if (outcome.kind === 'failed' || outcome.from > owed.from) {
      await store.put(COLLECTION, key, { ...changed(owed, outcome, clock.now()) }, version);
    }
    return false;
  }

  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const queue = items.values();
    const lane = async () => {
      for (const item of queue) await work(item);
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane));
  }

  async #tried(execution: string, owed: Pick<Owed, 'commits' | 'from'>, endAt: number): Promise<Outcome> {
    const { archive, telemetry, clock } = this.#parts;
    let { from } = owed;
    if (clock.now() < this.#pausedUntil || clock.now() >= endAt) return { kind: 'unfinished', from };
    const put = async () => {
      for await (const next of archive.put(execution, owed.commits, from)) {
        from = next;
        if (clock.now() >= endAt) break;
      }
    };
    try {
      await inTime(clock, put());
      this.#pausedUntil = 0;
      return { kind: from < owed.commits ? 'unfinished' : 'settled', from };
    } catch (error) {
      if (error instanceof LogGone) {
        telemetry.log('error', 'An execution was not archived, and its log has expired.', { execution, error });
        return { kind: 'settled', from };
      }
      if (error instanceof StoreUnavailable) {
        this.#pausedUntil = clock.now() + PAUSE_MS;
        telemetry.log('warn', 'An execution could not be archived; it is tried again.', { execution, error });
        return { kind: 'unavailable', from };
      }
      telemetry.log('error', 'An execution is not archived; it is tried again, later and later.', { execution, error });
      return { kind: 'failed', from };
    }
  }

  async #owe(execution: string, commits: number, outcome: Outcome): Promise<void> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    for (let round = 0; ; round = nextRound(round, `what is owed to the archive of ${execution}`)) {
      const record = await store.get(COLLECTION, execution);
      const owed = record === undefined ? undefined : readOwed(record.value);
      const isKnown = owed !== undefined && owed.commits >= commits;
      const next = isKnown ? owed : { commits, from: 0, since: owed?.since ?? now, failures: 0, dueAt: now };
      const value = isKnown && owed.commits > commits ? next : changed(next, outcome, now);
      if ((await store.put(COLLECTION, execution, { ...value }, record?.version ?? 0)) !== 'conflict') return;
    }
  }
}

/** What is owed after an attempt at it. */
function changed(owed: Owed, { kind, from }: Outcome, now: number): Owed {
  const next = { ...owed, from: Math.max(from, owed.from) };
  if (kind !== 'failed') return next;
  const failures = owed.failures + 1;
  return { ...next, failures, dueAt: now + Math.min(PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) };
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
  const { commits, from, since, failures, dueAt } = isJsonObject(value) ? value : {};
  const number = (field: unknown): number => (typeof field === 'number' ? field : 0);
  return {
    commits: number(commits),
    from: number(from),
    since: number(since),
    failures: number(failures),
    dueAt: number(dueAt),
  };
}
