import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { Ids } from '../ports/clock.ts';

/**
 * Texts that one key opens, and nobody once it is destroyed: AES-256-GCM (NIST SP 800-38D). An encrypted text is nonce,
 * ciphertext and tag, in base64url without padding.
 */
const ALGORITHM = 'aes-256-gcm';
const KEY_WORDS = 8;
/** Random; one key encrypts a commit once for each time that its execution is archived, far fewer than 2^32 texts. */
const NONCE_WORDS = 3;
const NONCE_BYTES = 4 * NONCE_WORDS;
const TAG_BYTES = 16;
const WORD_BYTES = 4;

/** 32 bytes, in base64url. */
export function newPayloadKey(ids: Ids): string {
  return randomBytes(ids, KEY_WORDS).toString('base64url');
}

/** To be used for many texts: to take in the bytes each time costs more than to encrypt a small one. */
export function openPayloadKey(text: string): KeyObject {
  return createSecretKey(text, 'base64url');
}

/** It was encrypted with another key or about something else, or has been changed. */
export class NotDecrypted extends Error {
  override readonly name = 'NotDecrypted';
  readonly code = 'Knhk.NotDecrypted';
}

/** @param about what it belongs to: opening needs the same, so that encrypted texts cannot be swapped. */
export function encryptText(text: string, key: KeyObject, about: string, ids: Ids): string {
  const nonce = randomBytes(ids, NONCE_WORDS);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(about));
  const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString('base64url');
}

/** @throws NotDecrypted */
export function decryptText(encrypted: string, key: KeyObject, about: string): string {
  const bytes = Buffer.from(encrypted, 'base64url');
  try {
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(Math.max(NONCE_BYTES, bytes.length - TAG_BYTES)));
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new NotDecrypted('Ask for the key of this very execution: this one does not open it, or it was changed.', {
      cause,
    });
  }
}

function randomBytes(ids: Ids, words: number): Buffer {
  const bytes = Buffer.alloc(words * WORD_BYTES);
  for (let word = 0; word < words; word += 1) bytes.writeUInt32LE(ids.random32(), word * WORD_BYTES);
  return bytes;
}
