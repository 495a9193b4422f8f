import { createHash } from 'node:crypto';

/** The body of a work message, on the queue and in schedules: JSON in ASCII, since SQS does not take every character. */
export function workBody(execution: string, group: string): string {
  return JSON.stringify({ execution, group }).replace(NOT_ASCII, escaped);
}

const NOT_ASCII = /[^ -~]/g;
const HEX_DIGITS = 4;

/** One UTF-16 code unit as JSON's escape sequence. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(HEX_DIGITS, '0')}`;
}

/** The execution and group that a message's body names. @throws Error when it was not made by `workBody`. */
export function readWorkBody(body: string): { readonly execution: string; readonly group: string } {
  const value: unknown = JSON.parse(body);
  if (
    typeof value === 'object' &&
    value !== null &&
    'execution' in value &&
    typeof value.execution === 'string' &&
    'group' in value &&
    typeof value.group === 'string'
  ) {
    return { execution: value.execution, group: value.group };
  }
  throw new Error('A message on the work queue names no execution: only the engine may send there.');
}

/** What SQS allows in a `MessageGroupId`: 1 … 128 letters, digits and punctuation marks of ASCII. */
const GROUP_ID = /^[!-~]{1,128}$/;

/** A `MessageGroupId` for the group: itself where SQS allows it, otherwise a digest of it. */
export function messageGroupId(group: string): string {
  return GROUP_ID.test(group) ? group : createHash('sha256').update(group).digest('hex');
}
