import { ApiError } from '../errors.ts';

interface Selection {
  readonly version?: number | undefined;
  readonly alias?: string | undefined;
}

/** @throws ApiError where both are given. */
export function oneOf({ version, alias }: Selection): Selection {
  if (version === undefined || alias === undefined) return { version, alias };
  throw new ApiError('requestInvalid', 'alias', 'Give a version or an alias, not both.');
}

/** @throws ApiError where both are given, or without the workflow. */
export function selected({ workflow, ...selection }: Selection & { readonly workflow?: string | undefined }) {
  const { version, alias } = oneOf(selection);
  if (workflow === undefined && (version !== undefined || alias !== undefined)) {
    throw new ApiError('requestInvalid', 'workflow', 'Name the workflow whose version or alias is meant.');
  }
  return { ...(version === undefined ? {} : { version }), ...(alias === undefined ? {} : { alias }) };
}
