import { parseStatesArn } from '../../model/arn.ts';
import type { ArchivedObject, ArchiveStore } from '../../ports/archive-store.ts';
import type { Ids } from '../../ports/clock.ts';
import { bundleOf } from '../../provenance/bundle.ts';
import type { SealedCommit } from '../../provenance/commit-hash.ts';
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
}

const COMMITS_AT_ONCE = 200;
/** So that keys in order are archives in order. */
const COMMITS_DIGITS = 8;

/** An archive of an execution. */
export interface ArchivedLog extends Omit<ArchivedObject, 'key'> {
  /** How many its log had. */
  readonly commits: number;
}

/** The log has gone before it was archived. */
export class LogGone extends Error {
  override readonly name = 'LogGone';
  readonly code = 'Knhk.LogGone';
}

/**
 * Logs of closed executions, put where nobody deletes them: an object of each time that an execution has closed, which is
 * a bundle (lib/provenance/bundle.ts) compressed by gzip, with its payloads encrypted by a key of that execution.
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
   * Archives the first commits of an execution; nothing if these are archived.
   * @throws LogGone, StoreUnavailable, whatever else the store refuses with
   */
  async put(execution: string, commits: number): Promise<void> {
    const { records, store, takesHolds } = this.#parts;
    // Before the log is read: what is encrypted with it is lost with it, if the payloads are erased meanwhile.
    const record = await records.obtain(execution);
    const key = `${folderOf(execution)}${String(commits).padStart(COMMITS_DIGITS, '0')}.jsonl.gz`;
    const log = this.#encrypted(execution, commits, record.key);
    const content = await compressed(bundleOf(execution, log, undefined));
    const isHeld = record.heldSince !== undefined;
    await store.put({ key, content, isHeld });
    // Whoever has changed that meanwhile may not have seen the object.
    const isHeldNow = takesHolds && (await records.find(execution))?.heldSince !== undefined;
    if (isHeldNow !== isHeld) await store.hold(key, isHeldNow);
  }

  /** In order of time. */
  async list(execution: string): Promise<readonly ArchivedLog[]> {
    const objects = await this.#parts.store.list(folderOf(execution));
    return objects.map(({ key, ...object }) => ({ ...object, commits: commitsIn(key) }));
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

  async *#encrypted(execution: string, commits: number, key: string | undefined): AsyncGenerator<SealedCommit> {
    const { states, ids } = this.#parts;
    for (let from = 0; from < commits; ) {
      const page = await states.events(execution, from, Math.min(COMMITS_AT_ONCE, commits - from));
      if (page.length === 0) {
        throw new LogGone(
          `Archive ${execution} from a backup of the table: commits ${from} to ${commits - 1} have expired.`,
        );
      }
      for (const commit of page) yield key === undefined ? erased(commit) : encryptCommit(commit, key, ids);
      from += page.length;
    }
  }
}

/** No name has a slash in it; one of two dots would mean the folder above. */
function folderOf(execution: string): string {
  const { name = '', execution: id = '' } = parseStatesArn(execution) ?? {};
  return `${name}:${id}/`;
}

function commitsIn(key: string): number {
  return Number(/(\d+)\.jsonl\.gz$/.exec(key)?.[1]);
}
