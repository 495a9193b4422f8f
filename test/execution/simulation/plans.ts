import { compileStored } from '../../../lib/execution/definitions.ts';
import { definingWorkflow } from '../../../lib/model/arn.ts';
import type { Plan } from '../../../lib/model/plan.ts';
import type { WorkflowRef } from '../../../lib/model/state.ts';

/** The definitions that were registered. */
export class Plans {
  readonly #plans = new Map<string, Plan>();
  readonly #compiled = new Map<string, Plan>();

  /** As each process does it for itself; here, a definition is compiled once. */
  readonly compile = (source: string): Plan => {
    const plan = this.#compiled.get(source) ?? compileStored(source);
    this.#compiled.set(source, plan);
    return plan;
  };

  add(workflow: string, revision: string, source: string): void {
    this.#plans.set(`${workflow}@${revision}`, this.compile(source));
  }

  /** @throws Error if it was not registered. */
  of({ name, revision }: Pick<WorkflowRef, 'name' | 'revision'>): Plan {
    const plan = this.#plans.get(`${definingWorkflow(name)}@${revision}`);
    if (plan === undefined) throw new Error(`Nobody registered revision ${revision} of ${name}.`);
    return plan;
  }
}
