import { ApiError } from '../errors.ts';

const MAX_NAME_LENGTH = 80;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what names must not contain.
const FORBIDDEN = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff\p{Cs}\u{10ffff}]/u;

/** Names of workflows, executions and activities. */
export function checkName(name: string): void {
  if (name.length >= 1 && name.length <= MAX_NAME_LENGTH && !FORBIDDEN.test(name)) return;
  throw new ApiError(
    'nameInvalid',
    name,
    `Choose a name of 1 to ${MAX_NAME_LENGTH} characters without spaces, brackets, wildcards, control characters and " # % \\ ^ | ~ \` $ & , ; : /.`,
  );
}
