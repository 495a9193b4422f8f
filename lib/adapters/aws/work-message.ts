import { createHash } from 'node:crypto';
import type { WorkMessage } from '../../ports/work-queue.ts';

/**
 * The body of a work message, on the queue and in schedules: JSON in ASCII, since SQS does not take every character. It
 * names the delay that it was sent with, so that its receiver can tell how long it has waited beyond that.
 */
export function workBody(execution: string, group: string, delaySeconds = 0): string {
  return JSON.stringify({ execution, group, ...(delaySeconds === 0 ? {} : { delaySeconds }) }).replace(
    NOT_ASCII,
    escaped,
  );
}

const NOT_ASCII = /[^ -~]/g;
const HEX_DIGITS = 4;

/** One UTF-16 code unit as JSON's escape sequence. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(HEX_DIGITS, '0')}`;
}

/** The execution and group that a message's body names. @throws Error when it was not made by `workBody`. */
export function readWorkBody(body: string): WorkMessage {
  const value: unknown = JSON.parse(body);
  if (
    typeof value === 'object' &&
    value !== null &&
    'execution' in value &&
    typeof value.execution === 'string' &&
    'group' in value &&
    typeof value.group === 'string'
  ) {
    const delay = 'delaySeconds' in value && typeof value.delaySeconds === 'number' ? value.delaySeconds : 0;
    return { execution: value.execution, group: value.group, ...(delay === 0 ? {} : { delaySeconds: delay }) };
  }
  throw new Error('A message on the work queue names no execution: only the engine may send there.');
}

/** What SQS allows in a `MessageGroupId`: 1 … 128 letters, digits and punctuation marks of ASCII. */
const GROUP_ID = /^[!-~]{1,128}$/;

/** A `MessageGroupId` for the group: itself where SQS allows it, otherwise a digest of it. */
export function messageGroupId(group: string): string {
  return GROUP_ID.test(group) ? group : createHash('sha256').update(group).digest('hex');
}
