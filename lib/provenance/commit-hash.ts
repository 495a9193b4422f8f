import { hash as digest } from 'node:crypto';
import { canonicalJson, Members, namesOf } from './canonical-json.ts';
import { payloadFieldsOf } from './payload-fields.ts';

/**
 * The history of an execution is a chain of hashes: each commit's is taken of its content and of the hash before it, so
 * that nothing in the chain can be changed, left out, added or moved without changing all that follow.
 *
 * Of the events only the structure goes into the hash itself. Their payloads (payload-fields.ts) and the snapshot go in
 * as digests that are salted with a random number of the commit's own: with payloads, snapshot and salt erased, the
 * digests still prove the chain, and nobody can find out by trying what was erased.
 *
 *     hash     = SHA-256(JCS({commit, events, execution, payloads, previous, snapshot}))
 *     payloads = SHA-256(salt ‖ JCS([{payload fields of event 0}, {… of event 1}, …]))
 *     snapshot = SHA-256(salt ‖ snapshot)
 *
 * JCS is canonical-json.ts, texts are UTF-8, digests and salt are texts: base64url without padding.
 */
export interface SealedCommit {
  /** ARN. */
  readonly execution: string;
  readonly number: number;
  /** With their payloads, or without them where these were erased. */
  readonly events: readonly { readonly type: string }[];
  /** Absent: it was written before there were hashes. */
  readonly hash?: string;
  /** Absent: there was nothing to salt, or it was erased. */
  readonly salt?: string;
  /** Digest of payloads that were erased. */
  readonly payloads?: string;
  /** Digest of the snapshot that was written with it. */
  readonly snapshot?: string;
  /** Hash of the commit before, in commits that were written with a snapshot. */
  readonly previous?: string;
  /** Payloads and salt, for who has the key of the execution; archives have it in place of them. */
  readonly encrypted?: string;
}

/** All salts are of one length, so that no other salt and text give the same together. */
export function saltedDigest(salt: string, text: string): string {
  return digest('sha256', salt + text, 'base64url');
}

/** The hash that a commit must have after one whose hash is `previous`; absent: there is none, or it has none. */
export function commitHash(
  commit: Omit<SealedCommit, 'hash' | 'previous'>,
  previous: string | undefined,
  { structure, payloads }: SplitEvents = splitEvents(commit.events),
): string {
  const { execution, number, salt, snapshot } = commit;
  const members = [
    `"commit":${number}`,
    `"events":${structure}`,
    `"execution":${canonicalJson(execution)}`,
    // Payloads that are there count, whatever is said of payloads that were erased.
    ...member('payloads', payloads === undefined ? commit.payloads : saltedDigest(salt ?? '', payloads)),
    ...member('previous', previous),
    ...member('snapshot', snapshot),
  ];
  return digest('sha256', `{${members.join(',')}}`, 'base64url');
}

/**
 * Whether a commit is what was written, as far as the one before it tells. Without that one, it is known for commit 0 and
 * for commits that were written with a snapshot; others, and those without a hash, are taken on trust.
 */
export function isAsWritten(commit: SealedCommit, before: SealedCommit | undefined): boolean {
  const { number, hash, previous, snapshot } = commit;
  if (hash === undefined) return true;
  if (before === undefined) return (number > 0 && previous === undefined) || commitHash(commit, previous) === hash;
  return commitHash(commit, before.hash) === hash && (snapshot === undefined || previous === before.hash);
}

function member(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`"${name}":"${value}"`];
}

/** Canonical texts of events without their payloads, and of their payloads alone; those are absent where no event has any. */
export interface SplitEvents {
  readonly structure: string;
  readonly payloads?: string;
}

export function splitEvents(events: SealedCommit['events']): SplitEvents {
  const structure: string[] = [];
  const payloads: string[] = [];
  let areThere = false;
  for (const event of events) {
    const shown = new Members();
    const hidden = new Members();
    const isHidden = payloadFieldsOf(event.type);
    for (const name of namesOf(event)) (isHidden.has(name) ? hidden : shown).add(name, Reflect.get(event, name));
    structure.push(shown.text);
    payloads.push(hidden.text);
    areThere ||= hidden.text !== '{}';
  }
  return {
    structure: `[${structure.join(',')}]`,
    ...(areThere ? { payloads: `[${payloads.join(',')}]` } : {}),
  };
}
