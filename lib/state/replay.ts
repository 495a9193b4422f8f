import { CorruptLog } from '../model/errors.ts';
import type { ExecutionEvent } from '../model/event.ts';
import { evolve } from '../model/evolve.ts';
import { definitionAfter } from '../model/migrate.ts';
import type { Plan } from '../model/plan.ts';
import type { ExecutionState, WorkflowRef } from '../model/state.ts';

/** The compiled definition of a workflow's revision. */
export type PlanOf = (workflow: WorkflowRef) => Promise<Plan>;

/**
 * The state after these events, and the plan in force, which changes where the execution goes on with another definition.
 * @param from the state before them, which is changed in place; absent: they are the first.
 * @throws CorruptLog if they do not follow on it.
 */
export async function replay(
  planOf: PlanOf,
  execution: string,
  from: ExecutionState | undefined,
  events: readonly ExecutionEvent[],
): Promise<{ readonly state: ExecutionState; readonly plan: Plan }> {
  let state = from;
  let plan = await planOf(state?.identity.workflow ?? bornAs(execution, events));
  for (const event of events) {
    state = evolve(plan, state, event);
    if (definitionAfter(event) !== undefined) plan = await planOf(state.identity.workflow);
  }
  if (state === undefined) throw new CorruptLog(`The log of ${execution} is empty.`);
  return { state, plan };
}

function bornAs(execution: string, events: readonly ExecutionEvent[]): WorkflowRef {
  const [first] = events;
  if (first?.type === 'ExecutionStarted') return first.identity.workflow;
  throw new CorruptLog(`The log of ${execution} does not begin with ExecutionStarted.`);
}
