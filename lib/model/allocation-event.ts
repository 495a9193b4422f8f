import type { ActivationId } from './state.ts';

/** Whom work items go to. The id is that of an offer, or of the activation that it has become. */

/** Somebody was chosen for a work item, or those who may take it. */
export interface TaskAllocated {
  readonly type: 'TaskAllocated';
  readonly id: ActivationId;
  readonly attempt: number;
  readonly assignee?: string;
  /** Empty: nobody fits. */
  readonly candidates?: readonly string[];
}

/** Whoever has a work item, or is to do it, hands it to somebody else. */
export interface TaskDelegated {
  readonly type: 'TaskDelegated';
  readonly id: ActivationId;
  readonly attempt: number;
  readonly by: string;
  readonly to: string;
}

/** Nobody has taken a work item in time: it goes to others. */
export interface TaskEscalated {
  readonly type: 'TaskEscalated';
  readonly id: ActivationId;
  readonly attempt: number;
  /** The how-manieth of its steps, from 1. */
  readonly step: number;
  /** When the next one is due, ms since the epoch; absent: there is none. */
  readonly next?: number;
}
