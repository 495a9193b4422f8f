import type { Json } from '../model/json.ts';
import { isJsonObject } from '../model/json.ts';
import type { Plan } from '../model/plan.ts';
import type { WorkflowRef } from '../model/state.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';

/** A workflow as it is registered: what Step Functions calls a state machine. */
export interface Workflow {
  /** The state machine's ARN. */
  readonly id: string;
  /** Unique in its account and region. */
  readonly name: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly roleArn: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Which revision new executions run. */
  readonly revision: string;
  readonly revisedAt: number;
  /** Further settings that are kept and answered as they came: logging, tracing, tags. */
  readonly settings: { readonly [name: string]: Json };
}

/** One immutable version of a workflow's definition. Executions keep the revision they were started with. */
export interface Revision {
  readonly revision: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly createdAt: number;
}

export interface WorkflowUpdate {
  readonly workflow: Workflow;
  readonly definition?: string;
}

/** Turns the text of a definition that has been checked into a plan. */
export type Compile = (definition: string) => Plan;

const WORKFLOWS = 'workflows';

/** The registered workflows, and their compiled definitions. */
export class WorkflowRegistry {
  readonly #store: KeyValueStore;
  readonly #compile: Compile;
  /** Revisions never change, so a compiled one is right for ever. Least recently used first. */
  readonly #plans = new Map<string, Plan>();

  constructor(store: KeyValueStore, compile: Compile) {
    this.#store = store;
    this.#compile = compile;
  }

  /** Registers a workflow. `'exists'`: there is one of that name. */
  async create(workflow: Workflow, definition: string): Promise<'created' | 'exists'> {
    await this.#putRevision(workflow, definition);
    const written = await this.#store.put(WORKFLOWS, workflow.name, toJson(workflow), 0);
    return written === 'conflict' ? 'exists' : 'created';
  }

  /**
   * Changes the record, and adds the revision it names if there is a definition with it. `change` is asked again where
   * somebody else was faster. `undefined`: there is no workflow of that name.
   */
  async update(name: string, change: (current: Workflow) => Promise<WorkflowUpdate>): Promise<Workflow | undefined> {
    for (;;) {
      const record = await this.#store.get(WORKFLOWS, name);
      if (record === undefined) return undefined;
      const { workflow, definition } = await change(fromJson(record.value));
      if (definition !== undefined) await this.#putRevision(workflow, definition);
      if ((await this.#store.put(WORKFLOWS, name, toJson(workflow), record.version)) !== 'conflict') return workflow;
    }
  }

  async find(name: string): Promise<Workflow | undefined> {
    const record = await this.#store.get(WORKFLOWS, name);
    return record === undefined ? undefined : fromJson(record.value);
  }

  /** Its running executions go on. */
  async delete(name: string): Promise<void> {
    await this.#store.delete(WORKFLOWS, name, 'any');
  }

  /** In order of name. */
  async list(limit: number, after?: string): Promise<Page<Workflow>> {
    const page = await this.#store.list(WORKFLOWS, { limit, ...(after === undefined ? {} : { after }) });
    const items = page.items.map((record) => fromJson(record.value));
    return page.next === undefined ? { items } : { items, next: page.next };
  }

  async revision(workflow: Pick<WorkflowRef, 'id' | 'revision'>): Promise<Revision | undefined> {
    const record = await this.#store.get(revisionsOf(workflow.id), workflow.revision);
    // Only #putRevision writes to this collection.
    return record === undefined ? undefined : (record.value as unknown as Revision);
  }

  /** @throws WorkflowGone if the revision is not in the store. */
  async plan(workflow: Pick<WorkflowRef, 'id' | 'revision'>): Promise<Plan> {
    const key = `${workflow.id}@${workflow.revision}`;
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const found = await this.revision(workflow);
    if (found === undefined) throw new WorkflowGone(workflow);
    const plan = this.#compile(found.definition);
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > MAX_PLANS && oldest !== undefined) this.#plans.delete(oldest);
    return plan;
  }

  async #putRevision({ id, revision, roleArn, revisedAt }: Workflow, definition: string): Promise<void> {
    await this.#store.put(revisionsOf(id), revision, { revision, definition, roleArn, createdAt: revisedAt }, 'any');
  }
}

const MAX_PLANS = 500;

function revisionsOf(id: string): string {
  return `revisions/${id}`;
}

function toJson(workflow: Workflow): Json {
  return { ...workflow };
}

function fromJson(value: Json): Workflow {
  if (!isJsonObject(value)) throw new TypeError('A record of the collection "workflows" is no object.');
  // Only toJson writes to this collection.
  return value as unknown as Workflow;
}

/** The definition that an execution runs is no longer in the store. */
export class WorkflowGone extends Error {
  override readonly name = 'WorkflowGone';
  readonly code = 'Knhk.WorkflowGone';

  constructor({ id, revision }: Pick<WorkflowRef, 'id' | 'revision'>) {
    super(`Revision ${revision} of ${id} is not in the store. Restore the table of workflows, or stop the execution.`);
  }
}
