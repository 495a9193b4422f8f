import type { TaskOffers } from '../../execution/parts.ts';
import { parseStatesArn } from '../../model/arn.ts';
import type { TaskCommand } from '../../model/command.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import { workItemArguments } from '../../model/work-item.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskInvoker, TaskOutcome } from '../../ports/task-invoker.ts';
import { TestError } from './errors.ts';
import type { MockAnswer, MockCall, MockFunction, MockReply } from './mock.ts';
import { TaskFailure } from './mock.ts';
import type { MockBook } from './mock-book.ts';
import { asJson, thrownByFunction } from './mock-result.ts';
import type { RealWork } from './real-work.ts';
import { workflowNamed } from './visit.ts';

export interface MockTasksOptions {
  readonly book: MockBook;
  readonly clock: Clock;
  readonly realWork: RealWork;
  /** Tells an execution what became of a task that answers later. */
  readonly tell: (execution: string, command: TaskCommand) => Promise<unknown>;
  /** What carries out tasks without a mock; `undefined`: nothing does. */
  readonly fallback: (task: TaskAssignment) => TaskInvoker | undefined;
  /** The test cannot go on. */
  readonly fail: (error: unknown) => void;
}

type Ended = Exclude<TaskOutcome, { kind: 'submitted' | 'later' }>;

/** Tasks answered by mocks: calls to functions and services, callbacks, and activities. */
export class MockTasks implements TaskInvoker, TaskOffers {
  readonly #options: MockTasksOptions;
  /** Aborts what is under way outside of a call: callbacks and activities, by attempt. */
  readonly #open = new Map<string, AbortController>();

  constructor(options: MockTasksOptions) {
    this.#options = options;
  }

  async invoke(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    // Asked again how a task does that has been accepted: it is told when it ends.
    if (this.#open.has(attemptOf(task))) return { kind: 'submitted', output: {} };
    const found = this.#reply(task);
    if (found === undefined) return never();
    const { reply, invocation } = found;
    if (reply === undefined) return this.#fallBack(task, signal);
    if (!endsLater(task)) return this.#answer(task, reply, invocation, signal);
    this.#later(task, reply, invocation);
    const submitted = typeof reply === 'function' ? undefined : reply.Submit;
    return { kind: 'submitted', output: submitted ?? {} };
  }

  async cancel(task: TaskAssignment): Promise<void> {
    const open = this.#open.get(attemptOf(task));
    if (open !== undefined) open.abort();
    else await this.#options.fallback(task)?.cancel?.(task);
  }

  /** An activity or a work item: somebody takes it as soon as it is offered, or when the mock says. */
  async offer(task: TaskAssignment): Promise<void> {
    if (this.#open.has(attemptOf(task))) return;
    const found = this.#reply(task);
    if (found === undefined) return;
    if (found.reply === undefined) return this.#options.fail(noMock(task));
    const { reply, invocation } = found;
    const { Untaken, TakenAfterSeconds = 0 } = typeof reply === 'function' ? {} : reply;
    const open = new AbortController();
    this.#open.set(attemptOf(task), open);
    if (Untaken === true) return;
    if (TakenAfterSeconds === 0) return this.#take(task, reply, invocation);
    this.#pass(TakenAfterSeconds * 1000, open.signal)
      .then(() => this.#take(task, reply, invocation))
      .catch(this.#options.fail);
  }

  async #take(task: TaskAssignment, reply: MockReply, invocation: number): Promise<void> {
    const { activation, attempt, execution } = task;
    const worker = workerOf(task);
    const by = worker === undefined ? {} : { worker };
    await this.#options.tell(execution, { type: 'TaskStarted', activation, attempt, ...by });
    this.#later(task, reply, invocation);
  }

  withdraw(task: TaskAssignment): Promise<void> {
    return this.cancel(task);
  }

  /** `undefined`: there is none for this call, and the test is over. */
  #reply(task: TaskAssignment): { readonly reply: MockReply | undefined; readonly invocation: number } | undefined {
    const { book, fail } = this.#options;
    const workflow = workflowOf(task);
    try {
      return { reply: book.reply(workflow, task.state, task.input), invocation: book.count(workflow, task.state) };
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  async #fallBack(task: TaskAssignment, signal: AbortSignal): Promise<TaskOutcome> {
    const { fallback, fail, realWork } = this.#options;
    const invoker = fallback(task);
    if (invoker === undefined) {
      fail(noMock(task));
      return never();
    }
    const done = realWork.begin(`'${task.state}'`);
    try {
      return await invoker.invoke(task, signal);
    } finally {
      done();
    }
  }

  /** Tells the execution at a moment of its own, so that the request is known to have been accepted before. */
  #later(task: TaskAssignment, reply: MockReply, invocation: number): void {
    const { clock, tell, fail } = this.#options;
    const { activation, attempt, execution } = task;
    const open = new AbortController();
    this.#open.set(attemptOf(task), open);
    clock.after(0, () => {
      this.#answer(task, reply, invocation, open.signal)
        .then((outcome) => tell(execution, endOf(outcome, { activation, attempt })))
        .catch(fail);
    });
  }

  #answer(task: TaskAssignment, reply: MockReply, invocation: number, signal: AbortSignal): Promise<Ended> {
    return typeof reply === 'function'
      ? this.#call(task, reply, invocation, signal)
      : this.#replay(task, reply, signal);
  }

  async #replay(task: TaskAssignment, answer: MockAnswer, signal: AbortSignal): Promise<Ended> {
    const beats = answer.HeartbeatSeconds;
    const stop = beats === undefined ? () => {} : this.#beat(task, beats * 1000, signal);
    if (answer.Never) return never();
    if (answer.AfterSeconds !== undefined) await this.#pass(answer.AfterSeconds * 1000, signal);
    stop();
    if (answer.Throw === undefined) return { kind: 'succeeded', output: answer.Return ?? {} };
    const { Error: error, Cause: cause } = answer.Throw;
    return { kind: 'failed', reason: 'failed', error, ...(cause === undefined ? {} : { cause }) };
  }

  /** A heartbeat every `ms`, until the result is called. */
  #beat(task: TaskAssignment, ms: number, signal: AbortSignal): () => void {
    const { clock, tell, fail } = this.#options;
    const { activation, attempt, execution } = task;
    let cancel = () => {};
    const next = () => {
      cancel = clock.after(ms, () => {
        tell(execution, { type: 'TaskHeartbeat', activation, attempt }).catch(fail);
        next();
      });
    };
    next();
    const stop = () => cancel();
    signal.addEventListener('abort', stop);
    return stop;
  }

  async #call(task: TaskAssignment, mock: MockFunction, invocation: number, signal: AbortSignal): Promise<Ended> {
    const work = { done: this.#options.realWork.begin(`'${task.state}'`) };
    try {
      const result = await mock(task.input, this.#callOf(task, invocation, signal, work));
      return { kind: 'succeeded', output: asJson(result) };
    } catch (error) {
      if (!(error instanceof TaskFailure)) return thrownByFunction(error);
      const cause = error.taskCause === undefined ? {} : { cause: error.taskCause };
      return { kind: 'failed', reason: 'failed', error: error.error, ...cause };
    } finally {
      work.done();
    }
  }

  #callOf(task: TaskAssignment, invocation: number, signal: AbortSignal, work: { done: () => void }): MockCall {
    const { clock, realWork, tell } = this.#options;
    const { state, execution, attempt, activation, resource, token } = task;
    return {
      state,
      execution,
      attempt,
      invocation,
      signal,
      workflow: workflowOf(task),
      resource: resource.arn,
      ...(token === undefined ? {} : { token }),
      now: clock.now(),
      wait: async (seconds) => {
        work.done();
        await this.#pass(seconds * 1000, signal);
        work.done = realWork.begin(`'${state}'`);
      },
      never: () => {
        work.done();
        return never();
      },
      heartbeat: async () => void (await tell(execution, { type: 'TaskHeartbeat', activation, attempt })),
    };
  }

  /** Lets simulated time pass; for ever, once nobody wants the answer. */
  #pass(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return;
      const cancel = this.#options.clock.after(ms, resolve);
      signal.addEventListener('abort', cancel);
    });
  }
}

export function workflowOf({ execution }: TaskAssignment): string {
  return workflowNamed(parseStatesArn(execution)?.name ?? '');
}

function endsLater({ resource }: TaskAssignment): boolean {
  return resource.kind === 'service' && resource.pattern !== 'requestResponse';
}

function endOf(outcome: Ended, about: { readonly activation: number; readonly attempt: number }): TaskCommand {
  if (outcome.kind === 'succeeded') return { type: 'TaskSucceeded', ...about, output: outcome.output };
  const { error, cause, reason } = outcome;
  return { type: 'TaskFailed', ...about, reason, error, ...(cause === undefined ? {} : { cause }) };
}

function attemptOf({ execution, activation, attempt }: TaskAssignment): string {
  return `${execution} ${activation}.${attempt}`;
}

function never(): Promise<never> {
  return new Promise(() => {});
}

function noMock(task: TaskAssignment): TestError {
  const input = JSON.stringify(task.input);
  return new TestError(
    'Knhk.NoMock',
    `State '${task.state}' calls ${task.resource.arn} with ${input}, and nothing stands for it: add mocks.${task.state}${otherwise(task)}.`,
  );
}

/** What else might carry out the task. */
function otherwise({ resource }: TaskAssignment): string {
  if (resource.kind === 'lambda') return `, or a handler named '${resource.functionName}'`;
  if (resource.kind === 'activity' || resource.kind === 'workItem') return '';
  if (resource.service === 'lambda') return ', or a handler for its function';
  return resource.action === 'startExecution' ? ', or the definition of the child among the workflows' : '';
}

/** Who takes it in a test: whom it is for, if that is known; nobody is kept apart from himself. */
function workerOf({ input, staffing }: TaskAssignment): string | undefined {
  if (staffing === undefined) return 'mock';
  const { assignee, candidates, wanted } = staffing;
  if (wanted !== undefined || workItemArguments(input).Separate !== undefined) return undefined;
  return assignee ?? (candidates === undefined ? 'mock' : candidates[0]);
}
