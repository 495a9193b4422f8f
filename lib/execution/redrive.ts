import type { ExecutionEvent } from '../model/event.ts';
import { evolve } from '../model/evolve.ts';
import { WHOLE_EXECUTION } from '../model/permits.ts';
import { matchOpenStates, redrivability, redrive, timesTakenUp } from '../model/redrive.ts';
import type { ExecutionState } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { LiveExecution, StateManager } from '../state/state-manager.ts';
import { nextRound } from './contention.ts';
import { type LimitParts, redrivenPools } from './permits.ts';
import type { Revision, WorkflowRegistry } from './workflows.ts';

export interface RedriveRequest {
  /** ARN. */
  readonly execution: string;
  /** Asking again with the same one within a quarter of an hour changes nothing. */
  readonly clientToken?: string;
  /** Go on with this revision of the workflow; absent: with the one it ran. */
  readonly revision?: Pick<Revision, 'revision' | 'roleArn'> & { readonly processor?: number };
  /** For the child of a map run: how often it is to have been taken up. Where it has, nothing is done. */
  readonly asChild?: number;
  /** How long after its end an execution can be redriven, ms; absent: as long as on Step Functions. */
  readonly periodMs?: number;
}

export type RedriveOutcome =
  | { readonly kind: 'redriven'; readonly at: number }
  /** The same was asked for before. */
  | { readonly kind: 'repeated'; readonly at: number }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'notRedrivable'; readonly reason: string }
  /** The other definition does not fit to what is open: one sentence each. */
  | { readonly kind: 'mismatch'; readonly problems: readonly string[] };

interface RedriveParts extends LimitParts {
  readonly states: StateManager;
  readonly workflows: WorkflowRegistry;
  readonly clock: Clock;
}

/** As on Step Functions. */
const TOKEN_COUNTS_MS = 15 * 60_000;

/**
 * Takes up a closed execution again, by one commit. Of two at the same time one finds that number taken, and then the
 * execution open. Nothing runs yet: the execution has to be woken.
 */
export async function redriveExecution(parts: RedriveParts, request: RedriveRequest): Promise<RedriveOutcome> {
  for (let round = 0; ; round = nextRound(round, request.execution)) {
    const live = await parts.states.load(request.execution);
    if (live === undefined) return { kind: 'notFound' };
    const now = parts.clock.now();
    const repeated = repeatedAt(live.state, request, now);
    if (repeated !== undefined) return { kind: 'repeated', at: repeated };
    const redrivable = redrivability(live.state, now, request.periodMs);
    if (redrivable.status === 'NOT_REDRIVABLE') return { kind: 'notRedrivable', reason: redrivable.reason };
    if (redrivable.status === 'REDRIVABLE_BY_MAP_RUN' && request.asChild === undefined) {
      return { kind: 'notRedrivable', reason: 'Execution is a child of a Map Run and is redriven with its parent' };
    }
    const outcome = await takeUp(parts, live, request, now);
    if (outcome !== 'conflict') return outcome;
  }
}

function repeatedAt(state: ExecutionState, { clientToken, asChild }: RedriveRequest, now: number): number | undefined {
  const { redriven } = state;
  if (asChild !== undefined && timesTakenUp(state) >= asChild) return redriven?.at ?? state.identity.startedAt;
  if (redriven === undefined || asChild !== undefined) return undefined;
  if (clientToken === undefined || redriven.clientToken !== clientToken) return undefined;
  return now - redriven.at < TOKEN_COUNTS_MS ? redriven.at : undefined;
}

async function takeUp(
  parts: RedriveParts,
  live: LiveExecution,
  { clientToken, revision }: RedriveRequest,
  at: number,
): Promise<RedriveOutcome | 'conflict'> {
  const { states, workflows } = parts;
  const { state: open, plan } = await states.past.beforeEnd(live.id, live.number);
  const { id } = live.state.identity.workflow;
  const change =
    revision === undefined
      ? undefined
      : { ...revision, plan: await workflows.plan({ id, revision: revision.revision }) };
  const problems = change === undefined ? [] : matchOpenStates(open, plan, change.plan, change.processor).problems;
  if (problems.length > 0) return { kind: 'mismatch', problems };
  const event = redrive({
    open,
    plan,
    at,
    redriveCount: live.state.redriven?.count ?? 0,
    ...(clientToken === undefined ? {} : { clientToken }),
    ...(change === undefined ? {} : { change }),
  });
  const needed = await redrivenPools(parts, { open, plan, after: change?.plan ?? plan });
  const attempt = timesTakenUp(live.state) + 1;
  const events: ExecutionEvent[] = [event];
  if (needed !== undefined) events.push({ type: 'PermitsRequested', id: WHOLE_EXECUTION, attempt, ...needed, at });
  for (const each of events) live.state = evolve(plan, live.state, each);
  const written = await states.commit(live, events, undefined);
  return written === 'conflict' ? written : { kind: 'redriven', at };
}
