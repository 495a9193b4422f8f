import type { ExecutionEvent } from '../../../lib/model/event.ts';
import type { ExecutionState } from '../../../lib/model/state.ts';
import { ENDS, OTHER_REVISION } from './random-workflow.ts';

/** Whoever was migrated to the longer definition goes on to its end. */
export class DefinitionWitness {
  /** Executions that have come to an end of their definition: of the longer one, or of the first before they were migrated. */
  readonly #ended = new Set<string>();
  /** Activations of the top level that are open. */
  readonly #atTop = new Set<string>();

  /** What is wrong after an event. */
  committed({ identity, activations, forkedFrom }: ExecutionState, event: ExecutionEvent): readonly string[] {
    const { id, workflow, mapRun } = identity;
    if (event.type === 'StateEntered') {
      const active = activations.get(event.id);
      if (ENDS.test(active?.state ?? '')) this.#ended.add(id);
      if (active?.scope === 0) this.#atTop.add(`${id} ${event.id}`);
    }
    // What other tokens do later may come to nothing, where one has passed a join already.
    const isLonger = workflow.revision === OTHER_REVISION;
    if (event.type === 'StateExited' && this.#atTop.delete(`${id} ${event.id}`) && event.next.length === 0) {
      if (!isLonger) this.#ended.add(id);
    }
    const isWhole = mapRun === undefined && forkedFrom === undefined;
    if (event.type !== 'ExecutionSucceeded' || !isLonger || !isWhole || this.#ended.has(id)) return [];
    return [`${id} has not ended as the definition says to which it was migrated.`];
  }
}
