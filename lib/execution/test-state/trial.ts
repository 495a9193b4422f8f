import { expressArn, type Place, workflowArn } from '../../model/arn.ts';
import type { TaskCommand } from '../../model/command.ts';
import { begin, type Decision, decide } from '../../model/decide.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import type { Occasion } from '../../model/environment.ts';
import { ErrorName, type StateError } from '../../model/errors.ts';
import type { ExecutionEvent } from '../../model/event.ts';
import { matches, reported } from '../../model/failure.ts';
import { failureOf, planOf } from '../../model/fold.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Failure, Plan, StatePlan } from '../../model/plan.ts';
import type { Work } from '../../model/state.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { TaskInvoker } from '../../ports/task-invoker.ts';
import type { Mock } from './request.ts';

/** What tests are made with. */
export interface TrialParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly invoker: TaskInvoker;
  readonly place: Place;
  /** A call that takes longer fails with `States.Timeout`, ms. */
  readonly limitMs: number;
}

/** Step Functions' own limit. */
const LONGEST_TEST_MS = 300_000;

export interface TrialOptions {
  readonly input: Json;
  readonly roleArn: string;
  readonly mock?: Mock;
  /** In the place of what the mock says. */
  readonly failure?: () => Failure | undefined;
  readonly retrierRetryCount?: number;
  /** What an expression of the state has thrown last. */
  readonly thrown: () => StateError | undefined;
}

/** What became of the state. */
export type TrialEnd =
  | { readonly kind: 'exited'; readonly output: Json; readonly next: string | undefined; readonly assign?: JsonObject }
  | { readonly kind: 'retries'; readonly failure: Failure; readonly retrier: number; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface Trial {
  readonly end: TrialEnd;
  /** What the task was really called with. */
  readonly task?: TaskAssignment;
  /** What it answered, or the mock did. */
  readonly result?: { readonly value: Json };
}

/** Enters the state as an execution would, and goes with it to where it is left, or would be tried again. */
export async function tryState(plan: Plan, parts: TrialParts, options: TrialOptions): Promise<Trial> {
  return new Attempt(plan, parts, options).run();
}

/** An execution of one state that nobody writes down. */
class Attempt {
  readonly #parts: TrialParts;
  readonly #options: TrialOptions;
  readonly #plan: Plan;
  readonly #began: number;
  #task: TaskAssignment | undefined;
  #result: { readonly value: Json } | undefined;

  constructor(plan: Plan, parts: TrialParts, options: TrialOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#plan = plan;
    this.#began = parts.clock.now();
  }

  async run(): Promise<Trial> {
    let decision = this.#begin();
    let end = this.#endIn(decision);
    while (end === undefined) {
      const next = await this.#goOn(decision);
      if (next === 'tooLong') {
        end = { kind: 'failed', failure: { error: ErrorName.timeout, cause: 'The state ran longer than a test may.' } };
        break;
      }
      decision = next;
      end = this.#endIn(decision);
    }
    return {
      end,
      ...(this.#task === undefined ? {} : { task: this.#task }),
      ...(this.#result === undefined ? {} : { result: this.#result }),
    };
  }

  #endIn({ events }: Decision): TrialEnd | undefined {
    const { input, thrown } = this.#options;
    return endIn(events, this.#result === undefined ? input : this.#result.value, thrown());
  }

  #begin(): Decision {
    const { ids, place } = this.#parts;
    const name = ids.uuid();
    const workflow = ids.uuid();
    const identity = {
      id: expressArn(place, workflow, name, ids.uuid()),
      name,
      workflow: {
        id: workflowArn(place, workflow),
        name: workflow,
        revision: '',
        roleArn: this.#options.roleArn,
        type: 'EXPRESS' as const,
      },
      startedAt: this.#began,
    };
    const start = { type: 'StartExecution', identity, input: this.#options.input } as const;
    return begin(this.#plan, start, this.#occasion(this.#began));
  }

  #occasion(at: number): Occasion {
    return { at, random32: () => this.#parts.ids.random32() };
  }

  /** Lets happen what the state waits for. */
  async #goOn({ state, effects }: Decision): Promise<Decision | 'tooLong'> {
    const call = effects.find((effect) => effect.type === 'InvokeTask' || effect.type === 'OfferTask');
    const command = call === undefined ? undefined : await this.#answer(call.task);
    if (command === 'tooLong') return command;
    if (command !== undefined && command !== 'timedOut') {
      this.#useUpRetries(state, command);
      return decide(this.#plan, state, command, this.#occasion(this.#parts.clock.now()));
    }
    const [active] = state.activations.values();
    const due = command === 'timedOut' ? this.#task?.timeoutAt : waitEnd(active?.work);
    // A wait is not sat through: what it leads to is the same.
    if (due === undefined || due - this.#began > LONGEST_TEST_MS) return 'tooLong';
    return decide(this.#plan, state, { type: 'Wake' }, this.#occasion(due));
  }

  async #answer(task: TaskAssignment): Promise<TaskCommand | 'timedOut' | 'tooLong'> {
    const { mock, failure } = this.#options;
    const { activation, attempt } = task;
    const failed = failure?.();
    if (failed !== undefined) return { type: 'TaskFailed', activation, attempt, reason: 'failed', ...failed };
    if (mock?.kind === 'error') {
      const { kind: _kind, ...error } = mock;
      return { type: 'TaskFailed', activation, attempt, reason: 'failed', ...error };
    }
    if (mock === undefined) return this.#call(task);
    return this.#succeeded(task, mock.result.value);
  }

  #succeeded({ activation, attempt }: TaskAssignment, output: Json): TaskCommand {
    this.#result = { value: output };
    return { type: 'TaskSucceeded', activation, attempt, output };
  }

  async #call(task: TaskAssignment): Promise<TaskCommand | 'timedOut' | 'tooLong'> {
    this.#task = task;
    const { clock, invoker, limitMs } = this.#parts;
    const abort = new AbortController();
    const until = Math.min(task.timeoutAt ?? Number.POSITIVE_INFINITY, this.#began + limitMs);
    let cancel = () => {};
    const late = new Promise<'late'>((resolve) => {
      cancel = clock.after(until - clock.now(), () => resolve('late'));
    });
    try {
      const outcome = await Promise.race([invoker.invoke(task, abort.signal), late]);
      if (outcome === 'late') {
        abort.abort();
        return until === task.timeoutAt ? 'timedOut' : 'tooLong';
      }
      if (outcome.kind === 'later') return 'tooLong';
      if (outcome.kind !== 'failed') return this.#succeeded(task, outcome.output);
      const { activation, attempt } = task;
      const { kind: _kind, ...failure } = outcome;
      return { type: 'TaskFailed', activation, attempt, ...failure };
    } finally {
      cancel();
    }
  }

  /** As if the retrier that covers the error had tried before as often as the test says. */
  #useUpRetries(state: Decision['state'], command: TaskCommand): void {
    const { retrierRetryCount: used } = this.#options;
    const active = state.activations.get(command.activation);
    if (used === undefined || active === undefined || command.type !== 'TaskFailed') return;
    const covering = retrierOf(planOf(this.#plan, state, active), command.error);
    if (covering === undefined) return;
    active.retries = Array.from({ length: covering + 1 }, (_, index) => (index === covering ? used : 0));
  }
}

/** The retrier that covers an error, whether or not it has attempts left. */
export function retrierOf(state: StatePlan, error: string | undefined): number | undefined {
  if (!('retry' in state)) return undefined;
  const index = state.retry.findIndex(({ errorEquals }) => matches(errorEquals, error));
  return index < 0 ? undefined : index;
}

function waitEnd(work: Work | undefined): number | undefined {
  return work?.kind === 'waiting' ? work.dueAt : undefined;
}

/** What the events say of the state that was entered first; `undefined`: it goes on. */
function endIn(
  events: readonly ExecutionEvent[],
  lastValue: Json,
  thrown: StateError | undefined,
): TrialEnd | undefined {
  let failure: Failure = thrown === undefined ? {} : { error: thrown.error, cause: thrown.message };
  for (const event of events) {
    switch (event.type) {
      case 'TaskFailed':
      case 'EvaluationFailed':
        failure = failureOf(event);
        break;
      case 'RetryScheduled':
        return {
          kind: 'retries',
          failure: reported(failure),
          retrier: event.retrier,
          delayMs: event.dueAt - event.at,
        };
      case 'StateExited': {
        const { output = lastValue, next, assign } = event;
        return {
          kind: 'exited',
          output,
          next: next.length === 0 ? undefined : next.join(', '),
          ...(assign === undefined ? {} : { assign }),
        };
      }
      case 'ExecutionFailed':
        return { kind: 'failed', failure: reported(failureOf(event)) };
      default:
    }
  }
  return undefined;
}
