import type { SQSRecord } from 'aws-lambda';
import type { Clock } from '../../lib/ports/clock.ts';

/**
 * The queue must hide a message for as long as a function may run, a quarter of an hour; and only then does it come
 * again if the process that has it dies. A turn that lasts therefore hides its message itself, a little at a time.
 * Most turns are over before that costs anything; what dies earlier, the sweep and the stream find.
 */
const FIRST_MS = 20_000;
const EVERY_MS = 45_000;
const HIDE_SECONDS = 90;
/** A message that waited this long in the queue comes from a timer: nobody else would find its turn, so it is hidden shortly from the start. */
const TIMER_MS = 2_000;

/** @returns ends it. */
export function keepHidden(record: SQSRecord, clock: Clock, hide: (seconds: number) => Promise<void>): () => void {
  const { SentTimestamp, ApproximateFirstReceiveTimestamp } = record.attributes;
  const fromTimer = Number(ApproximateFirstReceiveTimestamp) - Number(SentTimestamp) >= TIMER_MS;
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(EVERY_MS, again);
    // If it fails, the message stays hidden for as long as it was: no harm while this process lives.
    hide(HIDE_SECONDS).catch(() => {});
  };
  if (fromTimer) again();
  else cancel = clock.after(FIRST_MS, again);
  return () => cancel();
}
