import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type LogDelivery,
  type LogDestination,
  type LogEntry,
  LogRefused,
  logGroupName,
} from '../../ports/execution-log.ts';

const MAX_FILE_BYTES = 64 * 1_024 * 1_024;

/**
 * Log groups as files of one machine: `/shop/orders` is `shop/orders.jsonl`, an entry a line. A file that has grown to
 * its limit becomes `shop/orders.1.jsonl`, in the place of the one that has had that name.
 */
export class FolderLogDelivery implements LogDelivery {
  readonly #root: string;
  readonly #maxBytes: number;
  /** Of each file that has been written to. */
  readonly #sizes = new Map<string, number>();
  /** One write at a time. */
  #last: Promise<void> = Promise.resolve();

  /** The folder is made when there is something to write. */
  constructor(root: string, maxBytes: number = MAX_FILE_BYTES) {
    this.#root = root;
    this.#maxBytes = maxBytes;
  }

  deliver({ group }: LogDestination, entries: readonly LogEntry[]): Promise<void> {
    const written = this.#last.then(() => this.#write(group, entries.map(({ message }) => `${message}\n`).join('')));
    this.#last = written.catch(() => {});
    return written;
  }

  async #write(group: string, lines: string): Promise<void> {
    const path = join(this.#root, fileOf(group));
    const known = this.#sizes.get(path);
    if (known === undefined) await mkdir(dirname(path), { recursive: true });
    const size = known ?? (await sizeOf(path));
    const isFull = size > 0 && size >= this.#maxBytes;
    if (isFull) await rename(path, path.replace(/\.jsonl$/, '.1.jsonl'));
    this.#sizes.delete(path);
    await appendFile(path, lines);
    this.#sizes.set(path, (isFull ? 0 : size) + Buffer.byteLength(lines));
  }
}

/** @throws LogRefused */
function fileOf(group: string): string {
  const parts = (logGroupName(group) ?? '').split('/').filter((part) => part !== '');
  if (parts.length === 0) throw new LogRefused(`Name a log group by its ARN: ${group} is none.`);
  return `${parts.map(safe).join('/')}.jsonl`;
}

/** Such names as the service itself allows, and none that leads out of the folder. */
function safe(part: string): string {
  return part.replaceAll(/[^\w.#-]/g, '_').replace(/^\.+$/, (dots) => '_'.repeat(dots.length));
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
