import type { ExecutionEvent } from '../model/event.ts';
import { evolve } from '../model/evolve.ts';
import { fork, forkProblems } from '../model/fork.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { WHOLE_EXECUTION } from '../model/permits.ts';
import { mergeSearchFields } from '../model/search.ts';
import type { ExecutionIdentity, ExecutionState } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { PastState } from '../state/past.ts';
import type { StateManager } from '../state/state-manager.ts';
import { type LimitParts, redrivenPools } from './permits.ts';
import type { ExecutionPipeline, StartRefusal } from './pipeline/pipeline.ts';
import type { WorkflowRegistry } from './workflows.ts';

export interface ForkOrder {
  /** The other execution at the moment. */
  readonly past: PastState;
  /** Of the new execution: another id and name, and the definition that it is to run. */
  readonly identity: Omit<ExecutionIdentity, 'startedAt'>;
  /** Absent: that of the other one. */
  readonly input?: Json | undefined;
  /** Of the top level, over those that it had. */
  readonly variables?: JsonObject | undefined;
}

export type ForkOutcome =
  | { readonly kind: 'forked' | 'nameTaken' }
  /** One sentence each. */
  | { readonly kind: 'mismatch'; readonly problems: readonly string[] }
  | StartRefusal;

interface ForkParts extends LimitParts {
  readonly states: StateManager;
  readonly workflows: WorkflowRegistry;
  readonly pipeline: ExecutionPipeline;
  readonly clock: Clock;
}

/** Writes the first commit of an execution that goes on from where another one was. Nothing runs yet: it has to be woken. */
export async function forkExecution(parts: ForkParts, order: ForkOrder): Promise<ForkOutcome> {
  const { states, workflows, pipeline, clock } = parts;
  const { state, plan, commit } = order.past;
  const after = await workflows.plan(order.identity.workflow);
  const problems = forkProblems({ state, plan, after });
  if (problems.length > 0) return { kind: 'mismatch', problems };
  const given = order.input;
  // What it had has passed the stages already.
  const admission =
    given === undefined
      ? undefined
      : await pipeline.beforeStart({ identity: order.identity, plan: after, input: given });
  if (admission?.kind === 'refused') return admission;
  const at = clock.now();
  const identity = { ...order.identity, startedAt: at };
  const events: ExecutionEvent[] = [
    ...fork({
      ...{ identity, after, state, plan, commit, at },
      ...(admission === undefined ? {} : { input: admission.input }),
      search: mergeSearchFields(state.search ?? {}, admission?.search ?? {}),
      ...(order.variables === undefined ? {} : { variables: order.variables }),
    }),
  ];
  const needed = await redrivenPools(parts, { open: state, plan, after });
  if (needed !== undefined) events.push({ type: 'PermitsRequested', id: WHOLE_EXECUTION, attempt: 0, ...needed, at });
  const born = events.reduce<ExecutionState | undefined>((before, event) => evolve(after, before, event), undefined);
  if (born === undefined) throw new Error('A fork has no events.');
  const live = states.newborn(identity.id, after, born);
  const outcome = await states.commit(live, events, undefined);
  return { kind: outcome === 'conflict' ? 'nameTaken' : 'forked' };
}
