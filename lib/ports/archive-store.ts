/** Objects that are written once and kept for a time that nobody can shorten. */
export interface ArchiveStore {
  /**
   * Writes the object, unless there is one of that key already.
   * @throws StoreUnavailable, whatever else the store refuses with
   */
  put(object: ArchiveObject): Promise<void>;
  /** Whose keys begin with this, in order of key. */
  list(prefix: string): Promise<readonly ArchivedObject[]>;
  /** Holds an object beyond its time, until that is lifted; nothing if there is no such object. */
  hold(key: string, isHeld: boolean): Promise<void>;
}

export interface ArchiveObject {
  readonly key: string;
  readonly content: Uint8Array;
  readonly isHeld: boolean;
}

export interface ArchivedObject {
  /** Where it is, as in `s3://bucket/key`. */
  readonly location: string;
  readonly key: string;
  readonly bytes: number;
  /** ms since the epoch. */
  readonly archivedAt: number;
  /** Nobody deletes it before, ms since the epoch. */
  readonly retainedUntil?: number;
  readonly isHeld: boolean;
}
