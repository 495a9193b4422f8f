import type { ArchivedObject, ArchiveObject, ArchiveStore } from '../../ports/archive-store.ts';
import type { Clock } from '../../ports/clock.ts';
import { byCodePoint } from './code-point-order.ts';

/** An archive for tests and simulations. */
export class MemoryArchiveStore implements ArchiveStore {
  readonly #objects = new Map<string, ArchivedObject & { readonly content: Uint8Array }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async put({ key, content, isHeld }: ArchiveObject): Promise<void> {
    if (this.#objects.has(key)) return;
    const archivedAt = this.#clock.now();
    this.#objects.set(key, { key, content, isHeld, archivedAt, bytes: content.length, location: `memory:${key}` });
  }

  async list(prefix: string): Promise<readonly ArchivedObject[]> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).toSorted(byCodePoint);
    return keys.flatMap((key) => {
      const { content: _, ...object } = this.#objects.get(key) ?? {};
      return 'key' in object ? [object] : [];
    });
  }

  async hold(key: string, isHeld: boolean): Promise<void> {
    const object = this.#objects.get(key);
    if (object !== undefined) this.#objects.set(key, { ...object, isHeld });
  }

  /** What an auditor downloads. */
  contentOf(key: string): Uint8Array | undefined {
    return this.#objects.get(key)?.content;
  }
}
