import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededIds } from '../../lib/adapters/memory/index.ts';
import type { ExecutionEvent } from '../../lib/model/event.ts';
import type { Json } from '../../lib/model/json.ts';
import { isAsWritten, type SealedCommit } from '../../lib/provenance/commit-hash.ts';
import { NotDecrypted, newPayloadKey, openPayloadKey } from '../../lib/provenance/payload-cipher.ts';
import { decodeCommit, encodeCommit, erased } from '../../lib/state/commit.ts';
import { decryptCommit, encryptCommit } from '../../lib/state/encrypted-commit.ts';

const execution = 'arn:aws:states:eu-central-1:123456789012:execution:order:A-1';
const ids = new SeededIds(7);
const key = openPayloadKey(newPayloadKey(ids));

/** Commits that follow one another; some with snapshots, some without payloads. */
function log(outputs: readonly (Json | undefined)[]): readonly SealedCommit[] {
  let previous: string | undefined;
  return outputs.map((output, number) => {
    const done: ExecutionEvent =
      output === undefined
        ? { type: 'TaskHeartbeat', id: number, at: number }
        : { type: 'TaskSucceeded', id: number, output, at: number };
    const events: ExecutionEvent[] = [done, { type: 'StateExited', id: number, next: [], at: number }];
    const snapshot = number % 3 === 1 ? `{"of":${number}}` : undefined;
    const draft = { execution, number, events, text: JSON.stringify(events), snapshot, previous };
    const { body, hash } = encodeCommit(draft, ids);
    previous = hash;
    return decodeCommit({ execution, number, body });
  });
}

const json = fc.jsonValue().map((value) => value as Json);
const outputs = fc.array(fc.option(json, { nil: undefined }), { minLength: 1, maxLength: 6 });

describe('An encrypted commit', () => {
  test('proves the chain as one that is erased, and becomes with the key what it was', () => {
    fc.assert(
      fc.property(outputs, (some) => {
        const commits = log(some);
        const archived = commits.map((commit) => encryptCommit(commit, key, ids));
        for (const [index, commit] of archived.entries()) {
          const { encrypted, ...rest } = commit;
          const original = commits[index] ?? expect.fail();
          expect(rest).toEqual(erased(original));
          expect(isAsWritten(commit, archived[index - 1])).toBe(true);
          expect(encrypted === undefined).toBe(original.salt === undefined);
          expect(decryptCommit(JSON.parse(JSON.stringify(commit)), key)).toEqual(original);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('shows neither payloads nor what one could try them with', () => {
    const [commit = expect.fail()] = log([{ name: 'Anna' }]);
    const text = JSON.stringify(encryptCommit(commit, key, ids));
    expect(text).not.toContain('Anna');
    expect(text).not.toContain(commit.salt ?? 'salt');
    // Nor whether two are alike.
    expect(encryptCommit(commit, key, ids).encrypted).not.toBe(encryptCommit(commit, key, ids).encrypted);
  });

  test('does not open with another key, in another place, changed or cut', () => {
    const [commit = expect.fail(), other = expect.fail()] = log([{ name: 'Anna' }, { name: 'Otto' }]).map((one) =>
      encryptCommit(one, key, ids),
    );
    const { encrypted = '' } = commit;
    const refuses = (changed: SealedCommit, by = key) => expect(() => decryptCommit(changed, by)).toThrow(NotDecrypted);
    refuses(commit, openPayloadKey(newPayloadKey(ids)));
    refuses(commit, openPayloadKey('short'));
    refuses({ ...commit, encrypted: other.encrypted ?? '' });
    refuses({ ...commit, number: 7 });
    refuses({ ...commit, execution: `${execution}2` });
    refuses({ ...commit, payloads: other.payloads ?? '' });
    for (let length = 0; length < encrypted.length; length += 1) {
      // A last character of which only unused bits are missing is none.
      const cut = encrypted.slice(0, length);
      if (Buffer.from(cut, 'base64url').length < Buffer.from(encrypted, 'base64url').length) {
        refuses({ ...commit, encrypted: cut });
      }
    }
    const bytes = Buffer.from(encrypted, 'base64url');
    for (const index of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((bytes[index] ?? 0) ^ 1, index);
      refuses({ ...commit, encrypted: changed.toString('base64url') });
    }
  });
});
