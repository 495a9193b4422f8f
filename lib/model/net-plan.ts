import type { Json } from './json.ts';
import type { Evaluate } from './plan.ts';

/**
 * What a scope has beyond plain Amazon States Language: several tokens at a time, joins, places, start conditions. The
 * states of such a scope form a net: states are nodes, transitions are arcs, one arc for each ordered pair of states.
 */
export interface NetPlan {
  /** For each state that something leads to, the sources of its incoming arcs, in document order. */
  readonly sources: ReadonlyMap<string, readonly Source[]>;
  /** Of each mutex its groups, each a set of states: at any time at most one group of a mutex is occupied. */
  readonly mutexes: readonly (readonly ReadonlySet<string>[])[];
}

/** Where an arc begins: a state, or `StartAt`, which stands before all states in the document. */
export type Source = string | typeof START;

export const START = null;

/** What a state needs to start, beyond a token on any of its arcs. */
export interface StartPlan {
  /** Absent: each token starts the state on its own. */
  readonly join?: JoinPlan;
  readonly trigger?: TriggerPlan;
  /** A place of the same scope in which a token must rest. */
  readonly milestone?: string;
}

export type JoinPlan =
  /** One token from every incoming arc. */
  | { readonly kind: 'all' }
  /** The OR-join: waits for the branches that can still deliver. */
  | { readonly kind: 'active' }
  /** The k-th distinct branch. */
  | {
      readonly kind: 'count';
      readonly count: JoinCount;
      /** Absent: later branches of the round are absorbed. Present: these states and all other tokens before the join are withdrawn. */
      readonly cancels?: readonly string[];
    }
  /** So many tokens, whatever arcs they are on. */
  | { readonly kind: 'threads'; readonly count: JoinCount };

/** A positive integer; a function is evaluated when the first token of a round arrives, with its value as the input. */
export type JoinCount = number | Evaluate<number>;

export interface TriggerPlan {
  readonly event: string;
  /** The event waits until somebody takes it; otherwise it is lost if nobody waits for it. */
  readonly persistent: boolean;
}

/** How a Map takes the ends of its items, beyond waiting for all of them. */
export interface ItemControlPlan {
  /** Enough: so many completed items. At least 1. */
  readonly count?: Evaluate<number>;
  /** Enough: this is true, with the results so far in `env.context.Map.Results`. */
  readonly condition?: Evaluate<boolean>;
  /** What becomes of the items that are open then. */
  readonly rest: 'keep' | 'cancel';
  /** Items may be added from outside while it runs. */
  readonly dynamic: boolean;
  /** False: the successor gets `[]` as soon as the items exist. */
  readonly synchronize: boolean;
}

/** What `knhk:workItem` is called with. */
export interface WorkItemArguments {
  /** The one who is to do it; absent: whoever takes it. */
  readonly Assignee?: string;
  /** Who may take it; absent: anybody. */
  readonly Candidates?: readonly string[];
  /** Only participants of this role. */
  readonly Role?: string;
  /** Only participants that have all of these. */
  readonly Capabilities?: readonly string[];
  /** Who of those who fit gets it; absent: all of them may take it. */
  readonly Allocation?: 'offer' | 'roundRobin' | 'shortestQueue' | 'random';
  /** A state: whoever did that one last should do this one. */
  readonly Retain?: string;
  /** States: nobody who did one of these may do this one. */
  readonly Separate?: readonly string[];
  /** Whom it goes to where nobody has taken it in time, by ascending time. */
  readonly Escalate?: readonly EscalationStep[];
  /** A line that tells people what it is. */
  readonly Title?: string;
  /** What is to be worked on; absent: the state's input. */
  readonly Payload?: Json;
}

export interface EscalationStep {
  /** From the offer. At least 1. */
  readonly AfterSeconds: number;
  readonly To: EscalationTarget;
}

export type EscalationTarget = Pick<WorkItemArguments, 'Assignee' | 'Candidates' | 'Role'>;
