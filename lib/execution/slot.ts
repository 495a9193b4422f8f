import type { Effect } from '../model/effect.ts';
import type { LiveExecution } from '../state/state-manager.ts';
import type { Turn } from './turn.ts';

/** An execution whose first commit has just been written. */
export interface Begun {
  readonly live: LiveExecution;
  readonly effects: readonly Effect[];
}

/** The place of an execution in this engine while a turn of it is prepared, runs, or is put away. */
export class Slot {
  turn: Turn | undefined;
  nudged = false;
  /** Another process has committed while the last turn was about to. */
  wasBeaten = false;
  /** Turns in a row that found the state in hand to be old. */
  beaten = 0;

  nudge(): void {
    if (this.turn === undefined) this.nudged = true;
    else this.turn.nudge();
  }
}
