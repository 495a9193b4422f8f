import type { ExecutionEvent } from '../../../lib/model/event.ts';
import type { ExecutionState } from '../../../lib/model/state.ts';
import { ENDS, OTHER_REVISION } from './random-workflow.ts';

/** Whoever was migrated to the longer definition goes on to its end. */
export class DefinitionWitness {
  /** Executions that have entered a state at which the longer definition ends. */
  readonly #ended = new Set<string>();

  /** What is wrong after an event. */
  committed({ identity, activations, forkedFrom }: ExecutionState, event: ExecutionEvent): readonly string[] {
    const { id, workflow, mapRun } = identity;
    if (event.type === 'StateEntered' && ENDS.test(activations.get(event.id)?.state ?? '')) this.#ended.add(id);
    const isLonger = workflow.revision === OTHER_REVISION && mapRun === undefined && forkedFrom === undefined;
    if (event.type !== 'ExecutionSucceeded' || !isLonger || this.#ended.has(id)) return [];
    return [`${id} has not ended as the definition says to which it was migrated.`];
  }
}
