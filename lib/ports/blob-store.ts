/** Payloads too large for the place they belong to. Keys begin with the execution's. */
export interface BlobStore {
  put(key: string, content: string): Promise<void>;
  /** `undefined`: no such blob. */
  get(key: string): Promise<string | undefined>;
  /** Deletes all blobs whose keys begin with this and a slash, but for these keys. */
  deleteOf(execution: string, except: ReadonlySet<string>): Promise<void>;
}
