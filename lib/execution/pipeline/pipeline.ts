import { type Json, jsonEqual } from '../../model/json.ts';
import type { Plan } from '../../model/plan.ts';
import { mergeSearchFields, type SearchFields, searchBoundsProblem, searchFieldsOf } from '../../model/search.ts';
import type { ExecutionIdentity } from '../../model/state.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskInvoker } from '../../ports/task-invoker.ts';
import { Hooks, StageFailed } from './hooks.ts';
import { type InputProblem, InputSchemas } from './input-schemas.ts';
import type { PipelineStage } from './stage.ts';
import { StagedTasks } from './staged-tasks.ts';

/** An execution that is about to be started. */
export interface Starting {
  readonly identity: Omit<ExecutionIdentity, 'startedAt'>;
  readonly plan: Plan;
  readonly input: Json;
  /** What it is to be found by, beside what the definition says. */
  readonly search?: SearchFields | undefined;
}

export type StartAdmission =
  | { readonly kind: 'admitted'; readonly input: Json; readonly search?: SearchFields | undefined }
  | StartRefusal;

/** `message`: one sentence that tells what to do. */
export type StartRefusal =
  | {
      readonly kind: 'refused';
      readonly reason: 'inputInvalid';
      readonly message: string;
      readonly problems: readonly InputProblem[];
    }
  | { readonly kind: 'refused'; readonly reason: 'startRefused' | 'stageFailed'; readonly message: string };

/**
 * What every execution passes, in three phases: *validation* before it starts (the `InputSchema` of its workflow, then the
 * stages' `beforeStart`); *optimization* of the plan, when its definition is compiled; *execution*, which is the stages'
 * `beforeTask` and `afterTask` around each call. Who may start it is settled before, in the API.
 *
 * It also finds out what the execution is to be found by.
 *
 * Without stages and without a schema it answers at once, and adds nothing to starts and tasks.
 */
export class ExecutionPipeline {
  readonly #stages: readonly PipelineStage[];
  readonly #schemas = new InputSchemas();
  readonly #hooks: Hooks;
  readonly #hasStarts: boolean;

  /** @throws BadStages */
  constructor(stages: readonly PipelineStage[], clock: Clock) {
    checkStages(stages);
    this.#stages = stages;
    this.#hooks = new Hooks(clock);
    this.#hasStarts = stages.some(({ beforeStart }) => beforeStart !== undefined);
  }

  /** Before anything of it is on record. Never rejects because of a stage. */
  beforeStart(start: Starting): StartAdmission | Promise<StartAdmission> {
    const { identity, plan, input, search } = start;
    // Its input was made within its parent, and has never been anybody's to give.
    const isPart = identity.mapRun !== undefined;
    if (isPart) return { kind: 'admitted', input };
    if (this.#hasStarts || plan.inputSchema !== undefined) return this.#validate(start);
    return admitted(plan, input, search);
  }

  /** Whether a start is the one that is on record: both inputs are as the stages have left them. */
  isSameInput(recorded: Json, input: Json): boolean | Promise<boolean> {
    if (jsonEqual(recorded, input)) return true;
    return this.#stages.some(({ comparable }) => comparable !== undefined) && this.#agree(recorded, input);
  }

  /** What calls tasks, with the stages around each call; itself where no stage looks at tasks. */
  around(invoker: TaskInvoker): TaskInvoker {
    const stages = this.#stages.filter((stage) => stage.beforeTask !== undefined || stage.afterTask !== undefined);
    return stages.length === 0 ? invoker : new StagedTasks(invoker, stages, this.#hooks);
  }

  async #validate({ identity, plan, input: given, search }: Starting): Promise<StartAdmission> {
    const problems = plan.inputSchema === undefined ? [] : await this.#schemas.problems(plan, given);
    if (problems.length > 0) return invalid(problems);
    const { id: execution, workflow, parent } = identity;
    const about = { execution, workflow: workflow.name, revision: workflow.revision };
    let input = given;
    for (const stage of this.#stages) {
      if (stage.beforeStart === undefined) continue;
      const start = { ...about, ...(parent === undefined ? {} : { parent: parent.execution }), input };
      try {
        const answer = await this.#hooks.call(stage, 'beforeStart', () => stage.beforeStart?.(start));
        if (answer !== undefined && 'refused' in answer) {
          return {
            kind: 'refused',
            reason: 'startRefused',
            message: `The stage '${stage.name}' refuses the start: ${answer.refused}`,
          };
        }
        if (answer !== undefined) input = this.#hooks.json(stage, 'beforeStart', answer.input);
      } catch (error) {
        if (!(error instanceof StageFailed)) throw error;
        return { kind: 'refused', reason: 'stageFailed', message: error.message };
      }
    }
    return admitted(plan, input, search);
  }

  /** What no stage can compare is taken to be another. */
  async #agree(recorded: Json, input: Json): Promise<boolean> {
    let [ours, theirs] = [recorded, input];
    try {
      for (const stage of this.#stages.toReversed()) {
        if (stage.comparable === undefined) continue;
        const [left, right] = [ours, theirs];
        ours = await this.#hooks.call(stage, 'comparable', () => stage.comparable?.(left) ?? left);
        theirs = await this.#hooks.call(stage, 'comparable', () => stage.comparable?.(right) ?? right);
        if (jsonEqual(ours, theirs)) return true;
      }
    } catch (error) {
      if (!(error instanceof StageFailed)) throw error;
    }
    return false;
  }
}

/** As the stages have left it, it must give what the definition says that executions are found by. */
function admitted(plan: Plan, input: Json, given: SearchFields = {}): StartAdmission {
  const { fields, problems } =
    plan.search === undefined ? { fields: {}, problems: [] } : searchFieldsOf(plan.search, input);
  const search = mergeSearchFields(fields, given);
  const tooMany = search === undefined ? undefined : searchBoundsProblem(search);
  if (problems.length === 0 && tooMany === undefined) return { kind: 'admitted', input, search };
  const list = problems.map(({ at, message }) => `${at} ${message}`).join('; ');
  const message = tooMany ?? `Correct the input, by which the workflow's executions are found: ${list}.`;
  return { kind: 'refused', reason: 'inputInvalid', message, problems: [] };
}

function invalid(problems: readonly InputProblem[]): StartRefusal {
  const list = problems.map(({ pointer, message }) => `${pointer === '' ? 'it' : pointer} ${message}`).join('; ');
  const message = `Correct the input, which does not fit the InputSchema of the workflow: ${list}.`;
  return { kind: 'refused', reason: 'inputInvalid', message, problems };
}

function checkStages(stages: readonly PipelineStage[]): void {
  const names = new Set<unknown>();
  for (const stage of stages) {
    const name: unknown = typeof stage === 'object' && stage !== null ? stage.name : undefined;
    if (typeof name !== 'string' || name === '') throw new BadStages('Give every stage a name.');
    if (names.has(name)) throw new BadStages(`Give the stages names of their own: '${name}' is there twice.`);
    names.add(name);
    for (const hook of ['beforeStart', 'comparable', 'beforeTask', 'afterTask'] as const) {
      if (stage[hook] === undefined || typeof stage[hook] === 'function') continue;
      throw new BadStages(`Make ${hook} of the stage '${name}' a function.`);
    }
  }
}

/** The list of stages is not what it must be. */
export class BadStages extends Error {
  override readonly name = 'BadStages';
  readonly code = 'Knhk.BadStages';
}
