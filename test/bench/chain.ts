import { deflateRawSync } from 'node:zlib';
import { SystemIds } from '../../lib/adapters/system/index.ts';
import type { ExecutionEvent } from '../../lib/model/event.ts';
import type { StoredCommit } from '../../lib/ports/event-store.ts';
import { decodeLog, encodeCommit } from '../../lib/state/commit.ts';
import { percentiles, round } from './figures.ts';
import type { Measurement } from './workloads.ts';

const execution = 'arn:aws:states:us-east-1:000000000000:execution:bench:e';
const AT = 1_767_225_600_000;

/** What a step writes: its end, and the beginning of the next one. */
const step: readonly ExecutionEvent[] = [
  { type: 'TaskSucceeded', id: 12, output: { orders: 3, total: 1_200, items: ['lamp', 'bulb', 'cord'] }, at: AT },
  { type: 'StateExited', id: 12, next: ['Ship'], at: AT },
  { type: 'StateEntered', id: 15, tokens: [14], at: AT },
  { type: 'TaskScheduled', id: 15, attempt: 1, timeoutAt: AT + 60_000, at: AT },
];

/**
 * What the chain of hashes costs a step: processor time in µs of making its commit, of JSON alone, and of checking it when
 * a log is loaded; and the bytes that it adds, compressed as for DynamoDB. The middle one of five rounds, in turn.
 */
export function chaining(scale: number): Measurement {
  const commits = Math.max(1_000, Math.round(50_000 * scale));
  const rounds = { made: [] as number[], plain: [] as number[], checked: [] as number[] };
  for (let repeat = 0; repeat < 6; repeat += 1) {
    const log: StoredCommit[] = [];
    const made = timed(commits, () => log.push(...written(commits)));
    const plain = timed(commits, () => {
      for (let i = 0; i < commits; i += 1) JSON.stringify(step);
    });
    const checked = timed(commits, () => decodeLog(log));
    // The first round warms up.
    if (repeat === 0) continue;
    rounds.made.push(made);
    rounds.plain.push(plain);
    rounds.checked.push(checked);
  }
  const [first] = written(1);
  const bytes =
    deflateRawSync(first?.body ?? '').length - deflateRawSync(JSON.stringify({ format: 1, events: step })).length;
  const middle = (times: readonly number[]) => round(percentiles(times).p50);
  return {
    'made µs': middle(rounds.made),
    'plain µs': middle(rounds.plain),
    'checked µs': middle(rounds.checked),
    bytes,
  };
}

function written(count: number): readonly StoredCommit[] {
  const ids = new SystemIds();
  let previous: string | undefined;
  return Array.from({ length: count }, (_, number) => {
    const draft = { execution, number, events: step, text: JSON.stringify(step), snapshot: undefined, previous };
    const { body, hash } = encodeCommit(draft, ids);
    previous = hash;
    return { execution, number, body };
  });
}

/** µs of processor time each. */
function timed(count: number, run: () => unknown): number {
  const started = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / count;
}
