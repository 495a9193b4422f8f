import { InvalidPageToken } from '../ports/execution-index.ts';

type Part = string | number | null;

/**
 * Opaque tokens of list pages: the query they belong to and the position of the last item. Not secret and not signed: a
 * forged position lists nothing that its query would not.
 */
export function pageToken(query: readonly (Part | undefined)[], position: readonly Part[]): string {
  return Buffer.from(JSON.stringify([query.map(orNull), position])).toString('base64url');
}

/** The position in a token of `pageToken` for this query. @throws InvalidPageToken */
export function positionOf(token: string, query: readonly (Part | undefined)[]): readonly Part[] {
  const parts = parse(token);
  if (parts === undefined || JSON.stringify(parts.query) !== JSON.stringify(query.map(orNull))) {
    throw new InvalidPageToken('The page token is not one of this list: leave it out to begin with the first page.');
  }
  return parts.position;
}

function parse(token: string): { readonly query: unknown; readonly position: readonly Part[] } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [query, position]: readonly unknown[] = value;
    return Array.isArray(position) && position.every(isPart) ? { query, position } : undefined;
  } catch {
    return undefined;
  }
}

function isPart(value: unknown): value is Part {
  return value === null || typeof value === 'string' || typeof value === 'number';
}

function orNull(part: Part | undefined): Part {
  return part ?? null;
}
