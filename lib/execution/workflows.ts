import { definingWorkflow } from '../model/arn.ts';
import type { Json } from '../model/json.ts';
import { isJsonObject } from '../model/json.ts';
import type { Plan } from '../model/plan.ts';
import type { WorkflowRef } from '../model/state.ts';
import type { Page } from '../ports/execution-index.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { Aliases, chooseVersion } from './aliases.ts';
import { nextRound } from './contention.ts';
import { type Version, Versions } from './versions.ts';

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
  readonly settings: WorkflowSettings;
  /** How many versions have ever been published. */
  readonly versions?: number;
  /** The version published last, unless it has been deleted. */
  readonly published?: Version;
}

export interface WorkflowSettings {
  readonly [name: string]: Json;
}

/** A workflow at the revision that a start of it runs. */
export interface StartableWorkflow extends Workflow {
  /** The version that was asked for, or that an alias chose. */
  readonly version?: number;
  readonly alias?: string;
}

/** What a start names: a workflow, or a version (its number in digits) or an alias of it. */
export interface WorkflowSelector {
  readonly name: string;
  readonly qualifier?: string | undefined;
}

/** One immutable version of a workflow's definition. Executions keep the revision they were started with. */
export interface Revision {
  readonly revision: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly createdAt: number;
  /** The settings that belong to the definition: all but tags. */
  readonly settings?: WorkflowSettings;
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
  readonly versions: Versions;
  readonly aliases: Aliases;
  readonly #store: KeyValueStore;
  readonly #compile: Compile;
  /** Revisions never change, so a compiled one is right for ever. Least recently used first. */
  readonly #plans = new Map<string, Plan>();

  constructor(store: KeyValueStore, compile: Compile) {
    this.#store = store;
    this.#compile = compile;
    this.versions = new Versions(store);
    this.aliases = new Aliases(store);
  }

  /** Registers a workflow. `'exists'`: there is one of that name. */
  async create(workflow: Workflow, definition: string): Promise<'created' | 'exists'> {
    await this.#putRevision(workflow, definition);
    const written = await this.#store.put(WORKFLOWS, workflow.name, toJson(workflow), 0);
    if (written === 'conflict') return 'exists';
    await this.versions.settle(workflow);
    return 'created';
  }

  /**
   * Changes the record, and adds the revision it names if there is a definition with it. `change` is asked again where
   * somebody else was faster; nothing is written if it gives back the record that it got. `undefined`: there is no
   * workflow of that name.
   */
  async update(name: string, change: (current: Workflow) => Promise<WorkflowUpdate>): Promise<Workflow | undefined> {
    for (let round = 0; ; round = nextRound(round, `the workflow ${name}`)) {
      const record = await this.#store.get(WORKFLOWS, name);
      if (record === undefined) return undefined;
      const current = fromJson(record.value);
      const { workflow, definition } = await change(current);
      if (workflow === current) return current;
      const isPublishing = workflow.published !== undefined && workflow.published !== current.published;
      if (isPublishing) await this.versions.settle(current);
      if (definition !== undefined) await this.#putRevision(workflow, definition);
      if ((await this.#store.put(WORKFLOWS, name, toJson(workflow), record.version)) === 'conflict') continue;
      if (isPublishing) await this.versions.settle(workflow);
      return workflow;
    }
  }

  async find(name: string): Promise<Workflow | undefined> {
    const record = await this.#store.get(WORKFLOWS, name);
    return record === undefined ? undefined : fromJson(record.value);
  }

  /**
   * What a start of the selector runs; an alias decides between two versions by `random32`. `undefined`: there is no
   * such workflow, version or alias.
   */
  async startable(
    { name, qualifier }: WorkflowSelector,
    random32: () => number,
  ): Promise<StartableWorkflow | undefined> {
    const workflow = await this.find(name);
    if (workflow === undefined || qualifier === undefined) return workflow;
    const number = versionNumber(qualifier);
    const alias = number === undefined ? await this.aliases.find(workflow.id, qualifier) : undefined;
    const chosen = alias === undefined ? number : chooseVersion(alias, random32());
    const version = chosen === undefined ? undefined : await this.versions.find(workflow, chosen);
    if (version === undefined) return undefined;
    const { revision, roleArn } = version;
    const started = { ...workflow, revision, roleArn, version: version.number };
    return alias === undefined ? started : { ...started, alias: alias.name };
  }

  /** With its versions and aliases. Its running executions go on. */
  async delete(name: string): Promise<void> {
    const workflow = await this.find(name);
    if (workflow === undefined) return;
    await this.aliases.deleteAll(workflow.id);
    await this.versions.deleteAll(workflow.id);
    await this.#store.delete(WORKFLOWS, name, 'any');
  }

  /** In order of name. */
  async list(limit: number, after?: string): Promise<Page<Workflow>> {
    const page = await this.#store.list(WORKFLOWS, { limit, ...(after === undefined ? {} : { after }) });
    const items = page.items.map((record) => fromJson(record.value));
    return page.next === undefined ? { items } : { items, next: page.next };
  }

  async revision(workflow: Pick<WorkflowRef, 'id' | 'revision'>): Promise<Revision | undefined> {
    const record = await this.#store.get(revisionsOf(definingWorkflow(workflow.id)), workflow.revision);
    // Only #putRevision writes to this collection.
    return record === undefined ? undefined : (record.value as unknown as Revision);
  }

  /** @throws WorkflowGone if the revision is not in the store. */
  async plan(workflow: Pick<WorkflowRef, 'id' | 'revision'>): Promise<Plan> {
    const key = `${definingWorkflow(workflow.id)}@${workflow.revision}`;
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

  /** A revision that new executions do not run. `workflow`: its ARN. */
  async addRevision(workflow: string, revision: Revision): Promise<void> {
    const { settings, ...rest } = revision;
    const record = { ...rest, ...(settings === undefined ? {} : { settings }) };
    await this.#store.put(revisionsOf(workflow), revision.revision, record, 'any');
  }

  async #putRevision({ id, revision, roleArn, revisedAt, settings }: Workflow, definition: string): Promise<void> {
    const { tags: _, ...own } = settings;
    await this.addRevision(id, { revision, definition, roleArn, createdAt: revisedAt, settings: own });
  }
}

/** The number of the version that a qualifier stands for; `undefined`: it is an alias. */
export function versionNumber(qualifier: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(qualifier) ? Number(qualifier) : undefined;
}

const MAX_PLANS = 500;

function revisionsOf(id: string): string {
  return `revisions/${id}`;
}

function toJson({ published, ...workflow }: Workflow): Json {
  return { ...workflow, ...(published === undefined ? {} : { published: { ...published } }) };
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
