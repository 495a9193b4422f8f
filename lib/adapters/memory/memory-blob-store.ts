import type { BlobStore } from '../../ports/blob-store.ts';

export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<string, string>();

  async put(key: string, content: string): Promise<void> {
    this.#blobs.set(key, content);
  }

  async get(key: string): Promise<string | undefined> {
    return this.#blobs.get(key);
  }

  async deleteOf(execution: string, except: ReadonlySet<string>): Promise<void> {
    for (const key of this.#blobs.keys()) {
      if (key.startsWith(`${execution}/`) && !except.has(key)) this.#blobs.delete(key);
    }
  }
}
