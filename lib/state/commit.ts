import { CorruptLog } from '../model/errors.ts';
import type { ExecutionEvent } from '../model/event.ts';

/**
 * The body of a commit: `{"format":1,"events":[…]}`. Format 1 is JSON as the event types say. A change that an old
 * reader would misread gets a new number, and the readers of all old numbers stay.
 */
const FORMAT = 1;

export function encodeCommit(events: readonly ExecutionEvent[]): string {
  return JSON.stringify({ format: FORMAT, events });
}

/** @throws CorruptLog if the body was not written by `encodeCommit`, or by a version newer than this. */
export function decodeCommit(execution: string, number: number, body: string): readonly ExecutionEvent[] {
  const where = `Commit ${number} of ${execution}`;
  let content: { readonly format?: unknown; readonly events?: readonly ExecutionEvent[] };
  try {
    content = JSON.parse(body);
  } catch (cause) {
    throw new CorruptLog(`${where} is not JSON: the store returned something that was never written.`, { cause });
  }
  if (content.format !== FORMAT || !Array.isArray(content.events)) {
    throw new CorruptLog(
      `${where} has format ${String(content.format)}; this version reads ${FORMAT}. Upgrade, or restore the log.`,
    );
  }
  return content.events;
}
