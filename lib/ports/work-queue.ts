/** "This execution has something to do": messages say no more than that, and may come twice, late or in any order. */
export interface WorkQueue {
  send(messages: readonly WorkMessage[]): Promise<void>;
}

export interface WorkMessage {
  /** The execution's ARN. */
  readonly execution: string;
  /** Tenant or workflow: the queue is fair between groups. */
  readonly group: string;
  /** 0 … 900 seconds; the message is invisible until then. */
  readonly delaySeconds?: number;
}

/** Queue messages at times farther off than a queue can hold them. */
export interface TimerService {
  /**
   * Sends the execution's message at `at` (ms since the epoch), at most 90 s earlier and never more than a minute later;
   * or at the time of an earlier wake-up that was asked for and has not come: of several, only the earliest is sure to come.
   * Resolves with what is to be expected.
   */
  wakeAt(execution: string, group: string, at: number): Promise<WakeUp>;
}

/** A message that a timer is going to send; ms since the epoch, by this machine's clock. */
export interface WakeUp {
  /** It does not come before: what comes earlier is another message. */
  readonly from: number;
  /** What it was asked for. */
  readonly at: number;
}
