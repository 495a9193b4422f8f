import { InvalidPageToken, type Page } from '../../ports/execution-index.ts';
import { ApiError } from '../errors.ts';

/** A page of a store, with the store's complaint about the token as an ApiError. */
export async function pageOf<T>(page: Promise<Page<T>>): Promise<Page<T>> {
  try {
    return await page;
  } catch (error) {
    if (error instanceof InvalidPageToken) throw pageTokenInvalid();
    throw error;
  }
}

export function pageTokenInvalid(): ApiError {
  const message = 'Take the token from the page before, with the same query, or begin without one.';
  return new ApiError('pageTokenInvalid', 'Invalid token', message);
}
