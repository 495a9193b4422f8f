import { CorruptLog } from '../model/errors.ts';
import type { ExecutionEvent } from '../model/event.ts';
import type { Ids } from '../ports/clock.ts';
import type { StoredCommit } from '../ports/event-store.ts';
import type { ExecutionRow } from '../ports/execution-index.ts';
import { commitHash, isAsWritten, type SealedCommit, saltedDigest, splitEvents } from '../provenance/commit-hash.ts';

/**
 * The body of a commit, as text:
 *
 *     {"format":2,"hash":"…","salt":"…","previous":"…","snapshot":"…","events":[…]}
 *
 * Events are JSON as their types say. What the rest is for stands in lib/provenance/commit-hash.ts; `salt` is there if
 * there are payloads or a snapshot, `previous` (the hash before it) and the snapshot's digest in commits that carry a
 * snapshot, so that a log that is read from there on can be checked. Format 1 was `{"format":1,"events":[…]}`.
 *
 * A change that an old reader would misread gets a new number, and the readers of all old numbers stay.
 */
const FORMAT = 2;
const FIRST_FORMAT = 1;

/** A commit as its body has it. */
export interface OpenCommit extends SealedCommit {
  readonly events: readonly ExecutionEvent[];
}

/** What is to become a commit. */
export interface CommitDraft {
  readonly execution: string;
  readonly number: number;
  readonly events: readonly ExecutionEvent[];
  /** The events as JSON. */
  readonly text: string;
  readonly snapshot: string | undefined;
  /** Hash of the commit before it; absent: there is none, or it has none. */
  readonly previous: string | undefined;
}

export function encodeCommit(draft: CommitDraft, ids: Ids): { readonly body: string; readonly hash: string } {
  const { execution, number, events, text, snapshot, previous } = draft;
  const split = splitEvents(events);
  const salt = snapshot === undefined && split.payloads === undefined ? undefined : newSalt(ids);
  const sealed = {
    ...(salt === undefined ? {} : { salt }),
    ...(salt === undefined || snapshot === undefined ? {} : { snapshot: saltedDigest(salt, snapshot) }),
  };
  const hash = commitHash({ execution, number, events, ...sealed }, previous, split);
  const head = { format: FORMAT, hash, ...sealed, ...(snapshot === undefined ? {} : { previous }) };
  return { hash, body: `${JSON.stringify(head).slice(0, -1)},"events":${text}}` };
}

function newSalt(ids: Ids): string {
  const bits = Uint32Array.of(ids.random32(), ids.random32(), ids.random32(), ids.random32());
  return Buffer.from(bits.buffer).toString('base64url');
}

/** @throws CorruptLog if the body was not written by `encodeCommit`, or by a version newer than this. */
export function decodeCommit({ execution, number, body }: StoredCommit): OpenCommit {
  const where = `Commit ${number} of ${execution}`;
  let content: Partial<OpenCommit> & { readonly format?: unknown };
  try {
    content = JSON.parse(body);
  } catch (cause) {
    throw new CorruptLog(`${where} is not JSON: the store returned something that was never written.`, { cause });
  }
  const { format, events, ...sealed } = content;
  const isKnown = format === (content.hash === undefined ? FIRST_FORMAT : FORMAT);
  if (!isKnown || !Array.isArray(events)) {
    throw new CorruptLog(
      `${where} has format ${String(format)}; this version reads ${FORMAT}. Upgrade, or restore the log.`,
    );
  }
  return { ...sealed, execution, number, events };
}

/**
 * Commits that follow one another, checked: each has the hash that its content and the one before give, and so have
 * snapshots. The first is checked if it is commit 0 or carries a snapshot, and taken on trust otherwise.
 * @throws CorruptLog if one is missing or is not what was written.
 */
export function decodeLog(log: readonly StoredCommit[]): readonly OpenCommit[] {
  let before: OpenCommit | undefined;
  return log.map((stored) => {
    const commit = decodeCommit(stored);
    const { execution, number } = commit;
    const expected = before === undefined ? number : before.number + 1;
    if (number !== expected) throw new CorruptLog(`Commit ${expected} of ${execution} is missing: restore the log.`);
    if (!isAsWritten(commit, before) || !hasItsSnapshot(commit, stored.snapshot)) {
      throw new CorruptLog(
        `Commit ${number} of ${execution} is not what was written: its content does not give its hash. Restore the log.`,
      );
    }
    before = commit;
    return commit;
  });
}

function hasItsSnapshot({ hash, salt = '', snapshot }: OpenCommit, text: string | undefined): boolean {
  return hash === undefined || text === undefined || saltedDigest(salt, text) === snapshot;
}

/** The commit without its payloads, which nobody can guess or put back: what is left proves the chain. */
export function erased(commit: SealedCommit): SealedCommit {
  const { salt, payloads: digest, events, ...rest } = commit;
  const { structure, payloads } = splitEvents(events);
  const kept = payloads === undefined ? digest : saltedDigest(salt ?? '', payloads);
  // As `splitEvents` has written it.
  const left: SealedCommit['events'] = JSON.parse(structure);
  return { ...rest, events: left, ...(kept === undefined ? {} : { payloads: kept }) };
}

/** As `erased`, of a commit as a store has it: its snapshot goes, too. @throws CorruptLog if it has no hash. */
export function eraseStored(stored: StoredCommit): StoredCommit {
  const commit = decodeCommit(stored);
  const { execution, number, events, ...sealed } = erased(commit);
  if (sealed.hash === undefined) {
    throw new CorruptLog(`Commit ${number} of ${execution} was written before there were hashes: its payloads stay.`);
  }
  const { snapshot: _, snapshotNumber: _number, row, ...rest } = stored;
  const { search: _search, unlisted: _unlisted, ...listed } = row ?? {};
  const body = JSON.stringify({ format: FORMAT, ...sealed, events });
  // Taking a field away leaves the rest of a row what it was.
  return { ...rest, body, ...(row === undefined ? {} : { row: listed as ExecutionRow }) };
}

/** Whether it had payloads that are no longer there. */
export function isErased({ payloads }: SealedCommit): boolean {
  return payloads !== undefined;
}
