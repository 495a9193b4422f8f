import type { KeyObject } from 'node:crypto';
import { parseStatesArn } from '../../model/arn.ts';
import type { ArchivedObject, ArchiveStore } from '../../ports/archive-store.ts';
import type { Ids } from '../../ports/clock.ts';
import { commitLine, headLine, receiptLine } from '../../provenance/bundle.ts';
import { openPayloadKey } from '../../provenance/payload-cipher.ts';
import { erased } from '../../state/commit.ts';
import { encryptCommit } from '../../state/encrypted-commit.ts';
import type { StateManager } from '../../state/state-manager.ts';
import type { ArchiveRecords } from './archive-records.ts';
import { compressed } from './compressed.ts';

export interface ArchiveParts {
  readonly states: Pick<StateManager, 'events'>;
  readonly records: ArchiveRecords;
  readonly store: ArchiveStore;
  readonly ids: Ids;
  /** The store takes legal holds. */
  readonly takesHolds: boolean;
  /** 5,000 by default. */
  readonly commitsPerObject?: number;
}

const COMMITS_AT_ONCE = 200;
/** So that keys in order are archives in order. */
const COMMITS_DIGITS = 8;
const PART_DIGITS = 5;
/** Made in memory, and in some seconds. */
const COMMITS_PER_OBJECT = 5_000;

/** An archive of an execution. */
export interface ArchivedLog extends Omit<ArchivedObject, 'key'> {
  /** How many its log had. */
  readonly commits: number;
  /** Which one of a log that needs several objects, from 0. */
  readonly part?: number;
}

/** The log has gone before it was archived. */
export class LogGone extends Error {
  override readonly name = 'LogGone';
  readonly code = 'Knhk.LogGone';
}

/**
 * Logs of closed executions, put where nobody deletes them: an object of each time that an execution has closed, which is
 * a bundle (lib/provenance/bundle.ts) compressed by gzip, with its payloads encrypted by a key of that execution. Those of
 * long logs are put in parts, which one after another are such a file.
 */
export class Archive {
  readonly #parts: ArchiveParts;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
  }

  /** The store takes legal holds. */
  get takesHolds(): boolean {
    return this.#parts.takesHolds;
  }

  /**
   * Archives the first commits of an execution from this one on, but for what is archived. Yields after each object the
   * commit to go on from, where the caller may stop.
   * @throws LogGone, StoreUnavailable, whatever else the store refuses with
   */
  async *put(execution: string, commits: number, from = 0): AsyncGenerator<number, void, undefined> {
    const { records, store, takesHolds, commitsPerObject = COMMITS_PER_OBJECT } = this.#parts;
    // Before the log is read: what is encrypted with it is lost with it, if the payloads are erased meanwhile.
    const record = await records.obtain(execution);
    const key = record.key === undefined ? undefined : openPayloadKey(record.key);
    let isHeld = record.heldSince !== undefined;
    for (let next = from; next < commits; ) {
      const to = Math.min(next + commitsPerObject, commits);
      const content = await compressed(this.#lines(execution, { from: next, to, commits }, key));
      const part = commits <= commitsPerObject ? undefined : Math.floor(next / commitsPerObject);
      const name = keyOf(execution, commits, part);
      await store.put({ key: name, content, isHeld });
      // Whoever has changed that meanwhile may not have seen the object.
      const isHeldNow = takesHolds && (await records.find(execution))?.heldSince !== undefined;
      if (isHeldNow !== isHeld) await store.hold(name, isHeldNow);
      isHeld = isHeldNow;
      next = to;
      yield next;
    }
  }

  /** In order of time, and of their parts. */
  async list(execution: string): Promise<readonly ArchivedLog[]> {
    const objects = await this.#parts.store.list(folderOf(execution));
    return objects.map(({ key, ...object }) => ({ ...object, ...placeIn(key) }));
  }

  /** Puts the archives of an execution under legal hold, those to come also, or lifts it. To be done again if it fails halfway. */
  async hold(execution: string, isHeld: boolean): Promise<void> {
    const { records, store } = this.#parts;
    // First: whoever archives the execution at this moment looks at it afterwards.
    await (isHeld ? records.hold(execution) : records.release(execution));
    for (const object of await store.list(folderOf(execution))) {
      if (object.isHeld !== isHeld) await store.hold(object.key, isHeld);
    }
  }

  async *#lines(
    execution: string,
    { from, to, commits }: { readonly from: number; readonly to: number; readonly commits: number },
    key: KeyObject | undefined,
  ): AsyncGenerator<string> {
    const { states, ids } = this.#parts;
    if (from === 0) yield headLine(execution);
    for (let next = from; next < to; ) {
      const page = await states.events(execution, next, Math.min(COMMITS_AT_ONCE, to - next));
      if (page.length === 0) {
        const gone = `commits ${next} to ${commits - 1} have expired`;
        throw new LogGone(`Archive ${execution} from a backup of the table: ${gone}.`);
      }
      for (const commit of page) yield commitLine(key === undefined ? erased(commit) : encryptCommit(commit, key, ids));
      next += page.length;
    }
    if (to === commits) yield receiptLine(undefined);
  }
}

/** No name has a colon or a slash in it; one of two dots alone would mean the folder above. */
function folderOf(execution: string): string {
  const { name = '', execution: id = '' } = parseStatesArn(execution) ?? {};
  return `${name}:${id}/`;
}

function keyOf(execution: string, commits: number, part: number | undefined): string {
  const number = part === undefined ? '' : `.${digits(part, PART_DIGITS)}`;
  return `${folderOf(execution)}${digits(commits, COMMITS_DIGITS)}${number}.jsonl.gz`;
}

function placeIn(key: string): Pick<ArchivedLog, 'commits' | 'part'> {
  const [, commits, part] = /\/(\d+)(?:\.(\d+))?\.jsonl\.gz$/.exec(key) ?? [];
  return { commits: Number(commits), ...(part === undefined ? {} : { part: Number(part) }) };
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, '0');
}
