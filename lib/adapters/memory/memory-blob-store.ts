import type { BlobStore } from '../../ports/blob-store.ts';

export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<string, string>();

  async put(key: string, content: string): Promise<void> {
    this.#blobs.set(key, content);
  }

  async get(key: string): Promise<string | undefined> {
    return this.#blobs.get(key);
  }
}
