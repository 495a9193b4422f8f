import type { Json, JsonObject } from '../../model/json.ts';
import type { StateType } from '../../model/plan.ts';

/** One visit of an execution to a state. Times are simulated seconds since the start of the test. */
export interface Visit {
  readonly state: string;
  readonly type: StateType;
  /** Name of the workflow. */
  readonly workflow: string;
  /** ARN of the execution. */
  readonly execution: string;
  /** The Parallel and Map states around it, outermost first, with the branch or item: `ReserveItems[2]`. */
  readonly within: readonly string[];
  readonly input: Json;
  readonly enteredAt: number;
  /** The work of a Task, attempt by attempt. */
  readonly calls: readonly Call[];
  /** How often it was tried again. */
  readonly retries: number;
  readonly end: VisitEnd;
  /** Present once it has been left. */
  readonly leftAt?: number;
  readonly output?: Json;
  /** Names of the states that it led to; none at the end of a scope. */
  readonly next: readonly string[];
  /** Variables that it set. */
  readonly assigned: JsonObject;
  /** The last error, also if a retry or a catcher took care of it. */
  readonly error?: string;
  readonly cause?: string;
}

/** `caught`: it failed, and a catcher went on. `withdrawn`: something else ended it, such as a failure beside it. */
export type VisitEnd = 'succeeded' | 'caught' | 'failed' | 'withdrawn' | 'open';

/** One attempt of a Task. */
export interface Call {
  readonly state: string;
  /** 1 for the first attempt of a visit. */
  readonly attempt: number;
  /** The `Resource`. */
  readonly resource: string;
  /** What it was called with. */
  readonly input: Json;
  /** Simulated seconds since the start of the test. */
  readonly at: number;
  /** Absent: it was never answered, or was withdrawn. */
  readonly endedAt?: number;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
}

/** The workflow behind the name that an execution goes by: items of a map run go by `workflow/label`. */
export function workflowNamed(name: string): string {
  return name.split('/')[0] ?? name;
}
