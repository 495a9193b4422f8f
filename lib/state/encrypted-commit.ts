import type { KeyObject } from 'node:crypto';
import type { Ids } from '../ports/clock.ts';
import { type SealedCommit, saltedDigest, splitEvents } from '../provenance/commit-hash.ts';
import { decryptText, encryptText, NotDecrypted } from '../provenance/payload-cipher.ts';
import { erased } from './commit.ts';

/**
 * A commit as archives have it: as if its payloads were erased, which proves the chain to everybody; and beside that,
 * encrypted, what was left out: `{"salt":"…","payloads":[{payload fields of event 0}, …]}`. The salt is hidden like the
 * payloads: whoever has it could try out what they were.
 */
export function encryptCommit(commit: SealedCommit, key: KeyObject, ids: Ids): SealedCommit {
  const { payloads } = splitEvents(commit.events);
  if (commit.salt === undefined && payloads === undefined) return commit;
  const members = [
    ...(commit.salt === undefined ? [] : [`"salt":${JSON.stringify(commit.salt)}`]),
    ...(payloads === undefined ? [] : [`"payloads":${payloads}`]),
  ];
  return { ...erased(commit), encrypted: encryptText(`{${members.join(',')}}`, key, placeOf(commit), ids) };
}

/**
 * The commit as it was written, its payloads checked against their digest; the rest is for the chain to prove. One that has nothing encrypted is what it is.
 * @throws NotDecrypted if the key is another one's, or if it was changed.
 */
export function decryptCommit({ encrypted, ...commit }: SealedCommit, key: KeyObject): SealedCommit {
  if (encrypted === undefined) return commit;
  const { salt, payloads } = readHidden(decryptText(encrypted, key, placeOf(commit)));
  const { payloads: digest, ...rest } = commit;
  const events = rest.events.map((event, index) => ({ ...event, ...payloads?.[index] }));
  const { payloads: text } = splitEvents(events);
  const isSame = (text === undefined ? undefined : saltedDigest(salt ?? '', text)) === digest;
  if (!isSame) throw new NotDecrypted(`The payloads of commit ${commit.number} are not those of its digest.`);
  return { ...rest, ...(salt === undefined ? {} : { salt }), events };
}

/** A text that is moved to another commit does not open there. */
function placeOf({ execution, number, hash }: SealedCommit): string {
  return JSON.stringify([execution, number, hash ?? null]);
}

interface Hidden {
  readonly salt?: string;
  readonly payloads?: readonly object[];
}

function readHidden(text: string): Hidden {
  const value: unknown = JSON.parse(text);
  // Asserted: nobody without the key can have written anything else than `encryptCommit`.
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Hidden;
  throw new NotDecrypted('What is encrypted is of another form: upgrade.');
}
