/** Whether and when the engine's own calls of one service are tried again. */
export interface Retries {
  /** A call begins. Calls of a service share a budget. */
  begin(): RetriedCall;
}

export interface RetriedCall {
  /**
   * An attempt failed in a way that may pass.
   *
   * @param atLeastMs what the service asked for; 0 if it did not.
   * @returns ms until the next attempt; `undefined`: there is none, the caller is told of this failure.
   */
  failed(cause: RetryCause, atLeastMs: number): number | undefined;
}

/** `throttled`: the service has too much to do. `lost`: it did not answer, or failed; whether something happened is unknown. */
export type RetryCause = 'throttled' | 'lost';
