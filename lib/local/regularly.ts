import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** What one machine does again and again while it serves. */
export interface Chore {
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  /** What is logged when it fails; it comes again all the same. */
  readonly trouble: string;
}

/** Does it now, and again so long after each end. The result ends that, once what is under way is done. */
export function regularly(chore: Chore, clock: Clock, telemetry: Telemetry): () => Promise<void> {
  let isOver = false;
  let cancel = () => {};
  const next = async () => {
    await chore.work().catch((error: unknown) => telemetry.log('warn', chore.trouble, { error }));
    if (isOver) return;
    cancel = clock.after(chore.everyMs, () => {
      underWay = next();
    });
  };
  let underWay = next();
  return () => {
    isOver = true;
    cancel();
    return underWay;
  };
}
