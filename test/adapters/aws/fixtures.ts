import { ShortArns } from '../../../lib/adapters/aws/keys.ts';
import type { BlobStore } from '../../../lib/ports/blob-store.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { StoredCommit } from '../../../lib/ports/event-store.ts';

export const ARN_PREFIX = 'arn:aws:states:us-east-1:123456789012:';
export const ARNS = new ShortArns(ARN_PREFIX);

export const CLOCK: Clock = {
  now: () => Date.now(),
  after: (delay, callback) => {
    const timer = setTimeout(callback, delay).unref();
    return () => clearTimeout(timer);
  },
};

let executions = 0;

/** ARN of an execution that no other test uses. */
export function newExecution(workflow = 'order'): string {
  executions += 1;
  return `${ARN_PREFIX}execution:${workflow}:6a7e8feb-b491-4cf7-a9f1-${String(executions).padStart(12, '0')}`;
}

export function commit(execution: string, number: number, extra: Partial<StoredCommit> = {}): StoredCommit {
  return { execution, number, body: `{"events":[${number}]}`, ...extra };
}

/** A blob store that can be looked into. */
export class Blobs implements BlobStore {
  readonly contents = new Map<string, string>();

  put(key: string, content: string): Promise<void> {
    this.contents.set(key, content);
    return Promise.resolve();
  }

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.contents.get(key));
  }

  deleteOf(execution: string, except: ReadonlySet<string>): Promise<void> {
    const keys = [...this.contents.keys()].filter((key) => key.startsWith(`${execution}/`) && !except.has(key));
    for (const key of keys) this.contents.delete(key);
    return Promise.resolve();
  }
}
