import type { BlobStore } from '../../ports/blob-store.ts';
import type { Channel } from './channel.ts';

export class SqliteBlobStore implements BlobStore {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async put(key: string, content: string): Promise<void> {
    await this.#channel.call('putBlob', key, content);
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#channel.call('getBlob', key)) ?? undefined;
  }

  async deleteOf(execution: string, except: ReadonlySet<string>): Promise<void> {
    await this.#channel.call('eraseBlobs', execution, JSON.stringify([...except]));
  }
}
