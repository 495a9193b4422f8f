import { createHash } from 'node:crypto';
import { InvalidPageToken } from '../../ports/execution-index.ts';

const DIGEST_CHARACTERS = 12;

/** A page token: where the next page starts, and a digest of the query that it belongs to. `query`: its parts, without limit and token. */
export function pageToken(query: readonly unknown[], position: string): string {
  return Buffer.from(JSON.stringify([digest(query), position])).toString('base64url');
}

/** @throws InvalidPageToken when the token is none of ours or of another query. */
export function pagePosition(query: readonly unknown[], token: string): string {
  const [of, position] = parts(token);
  if (of !== digest(query) || typeof position !== 'string') {
    throw new InvalidPageToken('The page token is not from this query: use the token of its previous page, or none.');
  }
  return position;
}

function parts(token: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function digest(query: readonly unknown[]): string {
  const text = JSON.stringify(query.map((part) => part ?? null));
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_CHARACTERS);
}
