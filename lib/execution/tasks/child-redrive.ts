import { timesTakenUp } from '../../model/redrive.ts';
import type { MapParent, WorkflowRef } from '../../model/state.ts';
import type { StateManager } from '../../state/state-manager.ts';
import type { ExecutionEngine } from '../engine.ts';
import { childEnded } from '../facts.ts';

/** How long a child that is being stopped may take to close, ms; then the request that redrives it is made again. */
const CLOSES_WITHIN_MS = 20_000;

interface ChildToRedrive {
  /** ARN of the child. */
  readonly execution: string;
  readonly parent: MapParent;
  /** How often it is to have been taken up. */
  readonly redrives: number;
  /** What its parent runs by now, and the processor of the Map in that. */
  readonly revision: Pick<WorkflowRef, 'revision' | 'roleArn'>;
  readonly processor: number;
}

interface Parts {
  readonly engine: ExecutionEngine;
  readonly states: StateManager;
}

/**
 * Takes up the child of a map run whose parent has been redriven. A child that had succeeded without its parent's
 * knowing, or that cannot be redriven, is told to it as it is. False: there is no such execution.
 */
export async function redriveChild({ engine, states }: Parts, child: ChildToRedrive): Promise<boolean> {
  const { execution, parent, redrives, processor } = child;
  const there = await states.load(execution);
  if (there === undefined) return false;
  const life = timesTakenUp(there.state);
  if (life >= redrives) {
    // Before a crash: nobody may have been told of it, and it may have closed since.
    if (there.state.status === 'RUNNING') await engine.wake(execution);
    else await engine.deliver(parent.execution, childEnded(there.state, parent));
    return true;
  }
  let { state } = there;
  if (state.status === 'RUNNING') {
    // Its parent gave it up, and it has not heard of that yet.
    const cause = `Its parent ${parent.execution} was redriven.`;
    await engine.deliver(execution, { type: 'StopExecution', cause, redriveCount: life });
    const closed = await engine.closed(execution, CLOSES_WITHIN_MS);
    if (closed === undefined) throw new Error(`${execution} has been told to stop and is still open.`);
    state = closed;
  }
  const { revision, roleArn } = child.revision;
  const isSame = state.identity.workflow.revision === revision;
  const outcome = await engine.redrive({
    execution,
    asChild: redrives,
    periodMs: Number.POSITIVE_INFINITY,
    ...(isSame ? {} : { revision: { revision, roleArn, processor } }),
  });
  if (outcome.kind === 'redriven' || outcome.kind === 'repeated') return true;
  await engine.deliver(parent.execution, { ...childEnded(state, parent), redrives });
  return true;
}
