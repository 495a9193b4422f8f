/** Time. Nothing else in the engine looks at a clock. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Calls back once, at the earliest `delay` ms from now. The result cancels. A pending call keeps no process alive. */
  after(delay: number, callback: () => void): () => void;
}

/** Randomness, unpredictable to anybody outside. */
export interface Ids {
  /** An unsigned 32-bit integer. */
  random32(): number;
  /** A version 4 UUID. */
  uuid(): string;
}
