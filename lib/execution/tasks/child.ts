import { createHash } from 'node:crypto';
import { executionArn, parseStatesArn } from '../../model/arn.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import { isJsonObject, type Json } from '../../model/json.ts';
import type { IntegrationPattern } from '../../model/plan.ts';
import { timesTakenUp } from '../../model/redrive.ts';
import type { ExecutionIdentity, ParentRef, TaskParent } from '../../model/state.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';
import type { StateManager } from '../../state/state-manager.ts';
import type { ExecutionEngine, StartOutcome } from '../engine.ts';
import { childEnd } from '../facts.ts';
import { STAGE_FAILED } from '../pipeline/hooks.ts';
import type { StartRefusal } from '../pipeline/pipeline.ts';

/**
 * `states:startExecution`, alone, `.sync`, `.sync:2` and `.waitForTaskToken`. Without a `Name` the child's name follows
 * from the parent's attempt, so that starting it again after a crash finds the child that is there.
 */
export class ChildExecutions implements TaskInvoker {
  readonly #engine: () => ExecutionEngine;
  readonly #states: StateManager;
  /** Whether children run in this process. */
  readonly #run: boolean;

  constructor(engine: () => ExecutionEngine, states: StateManager, options: { readonly run: boolean }) {
    this.#engine = engine;
    this.#states = states;
    this.#run = options.run;
  }

  async invoke(task: TaskAssignment): Promise<TaskOutcome> {
    const request = readRequest(task);
    if (request === undefined) return badRequest(task);
    const engine = this.#engine();
    const workflow = await engine.startable({ name: request.workflow, qualifier: request.qualifier });
    if (workflow === undefined) return noSuchWorkflow(request.arn);
    const parent = parentOf(task);
    const { trace } = task;
    const origin = { ...(parent === undefined ? {} : { parent }), ...(trace === undefined ? {} : { trace }) };
    const started = await engine.start(
      { workflow, name: request.name, input: request.input, ...origin },
      { run: this.#run },
    );
    if (started.kind === 'refused') return refusedStart(started);
    if (parent !== undefined && started.kind !== 'started') return this.#existing(task, started, parent);
    if (started.kind !== 'nameTaken') return accepted(task, { id: started.execution, startedAt: started.startedAt });
    // A name that follows from the attempt was given by nobody else: the child of an attempt before a crash has closed.
    const own = request.isDerived ? await this.#states.load(started.execution) : undefined;
    return own === undefined ? nameTaken(started.execution) : accepted(task, own.state.identity);
  }

  /** The name is there already: the very child that this attempt started before a crash, or somebody else's execution. */
  async #existing(
    task: TaskAssignment,
    started: Exclude<StartOutcome, { kind: 'refused' }>,
    parent: TaskParent,
  ): Promise<TaskOutcome> {
    const child = (await this.#states.load(started.execution))?.state;
    if (child === undefined || !isSameParent(child.identity.parent, parent)) return nameTaken(started.execution);
    if (child.status === 'RUNNING') return { kind: 'submitted', output: response(child.identity) };
    const end = childEnd(child, task, parent.pattern);
    if (end.type === 'TaskSucceeded') return { kind: 'succeeded', output: end.output };
    return { kind: 'failed', reason: 'failed', error: end.error, cause: end.cause };
  }

  /** Aborts the child of a `.sync` task. */
  async cancel(task: TaskAssignment): Promise<void> {
    const request = readRequest(task);
    if (request === undefined || parentOf(task) === undefined) return;
    const engine = this.#engine();
    const child = executionArn(engine.place, request.workflow, request.name);
    const running = (await this.#states.load(child))?.state;
    if (running?.status !== 'RUNNING' || running.identity.parent?.execution !== task.execution) return;
    await engine.deliver(child, {
      type: 'StopExecution',
      redriveCount: timesTakenUp(running),
      cause: `Its parent ${task.execution} no longer waits for it.`,
    });
  }
}

function isSameParent(parent: ParentRef | undefined, other: TaskParent): boolean {
  if (parent === undefined || parent.pattern === 'child') return false;
  return (
    parent.execution === other.execution && parent.activation === other.activation && parent.attempt === other.attempt
  );
}

function accepted(task: TaskAssignment, child: Pick<ExecutionIdentity, 'id' | 'startedAt'>): TaskOutcome {
  return { kind: patternOf(task) === 'requestResponse' ? 'succeeded' : 'submitted', output: response(child) };
}

function response({ id, startedAt }: Pick<ExecutionIdentity, 'id' | 'startedAt'>): Json {
  return { ExecutionArn: id, StartDate: new Date(startedAt).toISOString() };
}

interface ChildRequest {
  readonly arn: string;
  readonly workflow: string;
  /** The version or alias that is to be started. */
  readonly qualifier: string | undefined;
  readonly name: string;
  /** The definition gives no name. */
  readonly isDerived: boolean;
  readonly input: Json;
}

function readRequest(task: TaskAssignment): ChildRequest | undefined {
  if (!isJsonObject(task.input)) return undefined;
  const { StateMachineArn: arn, Name: name, Input: input } = task.input;
  if (typeof arn !== 'string' || (name !== undefined && typeof name !== 'string')) return undefined;
  const workflow = parseStatesArn(arn);
  return {
    arn,
    workflow: workflow?.name ?? arn,
    qualifier: workflow?.qualifier,
    name: name ?? derivedName(task),
    isDerived: name === undefined,
    input: childInput(input),
  };
}

/** Text is taken as the JSON text of the input, as the API of Step Functions takes it. */
function childInput(input: Json | undefined): Json {
  if (input === undefined || input === null) return {};
  if (typeof input !== 'string') return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

/** At most 80 characters, unique to the attempt: parents of one name, or of names that begin alike, differ in their ARN. */
function derivedName(task: TaskAssignment): string {
  const parent = parseStatesArn(task.execution);
  const digest = createHash('sha256').update(task.execution).digest('hex').slice(0, 16);
  const suffix = `-${digest}-${task.activation}-${task.attempt}`;
  return `${(parent?.execution ?? 'child').slice(0, 80 - suffix.length)}${suffix}`;
}

function patternOf({ resource }: TaskAssignment): IntegrationPattern {
  return resource.kind === 'service' ? resource.pattern : 'requestResponse';
}

function parentOf(task: TaskAssignment): TaskParent | undefined {
  const pattern = patternOf(task);
  if (pattern !== 'sync' && pattern !== 'sync:2') return undefined;
  return { execution: task.execution, activation: task.activation, attempt: task.attempt, pattern };
}

function badRequest(task: TaskAssignment): TaskOutcome {
  return {
    kind: 'failed',
    reason: 'notScheduled',
    error: 'States.Runtime',
    cause: `State '${task.state}' must give 'StateMachineArn' as text, and 'Name', if at all, as text.`,
  };
}

function noSuchWorkflow(arn: string): TaskOutcome {
  const code = 'StateMachineDoesNotExist';
  const cause = `State Machine Does Not Exist: '${arn}' (Service: AWSStepFunctions; Status Code: 400; Error Code: ${code}; Request ID: none; Proxy: null)`;
  return { kind: 'failed', reason: 'failed', error: `StepFunctions.${code}Exception`, cause };
}

/** An input that does not fit is answered as Step Functions answers one that is no JSON. */
function refusedStart({ reason, message }: StartRefusal): TaskOutcome {
  switch (reason) {
    case 'stageFailed':
      return { kind: 'failed', reason: 'failed', error: STAGE_FAILED, cause: message };
    case 'startRefused':
      return { kind: 'failed', reason: 'failed', error: 'Knhk.StartRefused', cause: message };
    case 'inputInvalid': {
      const code = 'InvalidExecutionInput';
      const cause = `${message} (Service: AWSStepFunctions; Status Code: 400; Error Code: ${code}; Request ID: none; Proxy: null)`;
      return { kind: 'failed', reason: 'failed', error: `StepFunctions.${code}Exception`, cause };
    }
  }
}

function nameTaken(execution: string): TaskOutcome {
  const code = 'ExecutionAlreadyExists';
  const cause = `Execution Already Exists: '${execution}' (Service: AWSStepFunctions; Status Code: 400; Error Code: ${code}; Request ID: none; Proxy: null)`;
  return { kind: 'failed', reason: 'failed', error: `StepFunctions.${code}Exception`, cause };
}
