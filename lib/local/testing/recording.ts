import { isJsonObject, type Json, jsonEqual } from '../../model/json.ts';
import { type ShownEvent, Trail, type Visit } from '../cli/trail.ts';
import type { Expectation } from './expectation.ts';
import type { Mock, MockAnswer, MockSequence, Mocks } from './mock.ts';

/** An execution that was, as a case of a test. */
export interface Recording {
  readonly startTime: string;
  readonly input: Json;
  readonly mocks: Mocks;
  readonly expect: Expectation;
  /** What of the execution its history does not tell. */
  readonly notes: readonly string[];
}

interface Attempt {
  readonly state: string;
  readonly input: Json;
  /** Whether it is one of several that run at a time. */
  readonly isInside: boolean;
  readonly isCallback: boolean;
  /** ms since the epoch. */
  readonly at: number;
  answer: MockAnswer | undefined;
  submitted?: Json;
}

const SCHEDULED = /^(LambdaFunction|Activity|WorkItem|Task)Scheduled$/;
const SUCCEEDED = /^(LambdaFunction|Activity|WorkItem|Task)Succeeded$/;
const FAILED = /^(LambdaFunction|Activity|WorkItem|Task)(Failed|ScheduleFailed|StartFailed|SubmitFailed)$/;
const TIMED_OUT = /^(LambdaFunction|Activity|WorkItem|Task)TimedOut$/;
const ENDED = /^Execution(Succeeded|Failed|TimedOut|Aborted)$/;
const STATUS = { Succeeded: 'SUCCEEDED', Failed: 'FAILED', TimedOut: 'TIMED_OUT', Aborted: 'ABORTED' } as const;

/**
 * Makes mocks of what the tasks of an execution answered, and expectations of how it ended. The history is that of
 * `GetExecutionHistory`, whole and in order. Of an execution that was redriven, it is how it ended the first time: what
 * made somebody redrive it is in nobody's definition.
 */
export function record(events: readonly ShownEvent[]): Recording {
  const recorder = new Recorder();
  const redriven = events.findIndex(({ type }) => type === 'ExecutionRedriven');
  for (const event of redriven === -1 ? events : events.slice(0, redriven)) recorder.push(event);
  if (redriven !== -1) recorder.note('It was redriven: what came after its first end is left out.');
  return recorder.recording(events[0]);
}

class Recorder {
  readonly #trail = new Trail();
  readonly #attempts: Attempt[] = [];
  readonly #running = new Map<Visit, Attempt>();
  readonly #notes = new Set<string>();
  readonly #path: string[] = [];
  #isStraight = true;
  #end: Expectation = { status: 'RUNNING' };

  push(event: ShownEvent): void {
    const { frame, visit } = this.#trail.place(event);
    const { type, details } = event;
    if (details['truncated'] === true) this.#notes.add(`Event ${event.id} is truncated.`);
    if (frame.depth > 0) this.#isStraight = false;
    if (ENDED.test(type)) this.#end = ending(event);
    if (type === 'MapRunStarted') this.#mapRun(visit?.name ?? '');
    if (type === 'EventReceived') this.#notes.add(`It was sent the event '${details['name']}'.`);
    if (type === 'ExecutionForked')
      this.#notes.add('It went on from where another one was: what ran before is left out.');
    if (type === 'ExecutionMigrated') this.#notes.add('It was migrated to another definition while it ran.');
    if (type === 'ItemsAdded') this.#notes.add(`Items were added to its Map '${details['name']}' from outside.`);
    if (visit === undefined) return;
    if (type.endsWith('StateEntered')) this.#path.push(visit.name);
    if (SCHEDULED.test(type)) return this.#schedule(event, visit, frame.depth > 0);
    const attempt = this.#running.get(visit);
    if (attempt === undefined) return;
    if (type === 'TaskSubmitted') attempt.submitted = payload(details['output']) ?? {};
    const answer = this.#answerIn(event, visit);
    if (answer !== undefined) attempt.answer = { ...answer, ...delay(event.at - attempt.at, answer) };
  }

  note(text: string): void {
    this.#notes.add(text);
  }

  recording(first: ShownEvent | undefined): Recording {
    const states = new Map<string, Attempt[]>();
    for (const attempt of this.#attempts) states.set(attempt.state, [...(states.get(attempt.state) ?? []), attempt]);
    const mocks = Object.fromEntries([...states].map(([state, attempts]) => [state, mockOf(attempts)]));
    return {
      startTime: new Date(first?.at ?? 0).toISOString(),
      input: payload(first?.details['input']) ?? {},
      mocks,
      expect: { ...this.#end, ...(this.#isStraight ? { path: this.#path } : {}) },
      notes: [...this.#notes],
    };
  }

  #schedule({ details, at }: ShownEvent, visit: Visit, isInside: boolean): void {
    const { resource, input, parameters } = details;
    const attempt: Attempt = {
      state: visit.name,
      input: payload(input ?? parameters) ?? {},
      isInside,
      isCallback: typeof resource === 'string' && resource.endsWith('.waitForTaskToken'),
      at,
      answer: undefined,
    };
    this.#attempts.push(attempt);
    this.#running.set(visit, attempt);
  }

  #answerIn({ type, details }: ShownEvent, visit: Visit): MockAnswer | undefined {
    if (TIMED_OUT.test(type)) return { Never: true };
    if (FAILED.test(type)) {
      const { error, cause } = details;
      const Cause = typeof cause === 'string' ? { Cause: cause } : {};
      return { Throw: { Error: typeof error === 'string' ? error : 'States.TaskFailed', ...Cause } };
    }
    if (!SUCCEEDED.test(type)) return undefined;
    const output = payload(details['output']);
    if (output === undefined) this.#notes.add(`The history does not say what state '${visit.name}' was answered.`);
    return { Return: output ?? {} };
  }

  #mapRun(state: string): void {
    this.#notes.add(
      `The Map '${state}' ran its items as executions of their own, whose tasks are not in this history: record one of them too, or write mocks for its states. What it reads from buckets belongs under 'objects'.`,
    );
  }
}

function ending({ type, details }: ShownEvent): Expectation {
  const [, how = ''] = ENDED.exec(type) ?? [];
  // The pattern admits the keys of STATUS, and nothing else.
  const status = STATUS[how as keyof typeof STATUS];
  const output = payload(details['output']);
  const { error } = details;
  return {
    status,
    ...(status === 'SUCCEEDED' && output !== undefined ? { output } : {}),
    ...(typeof error === 'string' ? { error } : {}),
  };
}

/** A payload as a history has it: JSON text. */
function payload(text: unknown): Json | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A timeout comes when the definition says. */
function delay(ms: number, { Never }: MockAnswer): MockAnswer {
  return Never || ms <= 0 ? {} : { AfterSeconds: Math.round(ms) / 1000 };
}

function mockOf(attempts: readonly Attempt[]): Mock {
  // A callback's input has a token that is never the same again.
  const isByInput = attempts.some(({ isInside }) => isInside) && !attempts.some(({ isCallback }) => isCallback);
  const groups = isByInput ? byInput(attempts) : [attempts];
  if (groups.length === 1) return inTurn(attempts);
  return groups.map((group) => ({ When: group[0]?.input ?? {}, Then: inTurn(group) }));
}

/** Those with the larger inputs first: a rule also fits inputs that contain more. */
function byInput(attempts: readonly Attempt[]): readonly (readonly Attempt[])[] {
  const groups: Attempt[][] = [];
  for (const attempt of attempts) {
    const group = groups.find(([one]) => one !== undefined && jsonEqual(one.input, attempt.input));
    if (group === undefined) groups.push([attempt]);
    else group.push(attempt);
  }
  const size = ([one]: readonly Attempt[]) => (isJsonObject(one?.input) ? JSON.stringify(one.input).length : 0);
  return groups.sort((a, b) => size(b) - size(a));
}

function inTurn(attempts: readonly Attempt[]): MockAnswer | MockSequence {
  const answers = attempts.map(answerOf);
  const [only] = answers;
  if (only !== undefined && answers.length === 1) return only;
  const ranges: { first: number; last: number; answer: MockAnswer }[] = [];
  for (const [at, answer] of answers.entries()) {
    const before = ranges.at(-1);
    if (before !== undefined && JSON.stringify(before.answer) === JSON.stringify(answer)) before.last = at;
    else ranges.push({ first: at, last: at, answer });
  }
  const entries = ranges.map(({ first, last, answer }) => [first === last ? `${first}` : `${first}-${last}`, answer]);
  return Object.fromEntries(entries);
}

function answerOf({ answer, submitted }: Attempt): MockAnswer {
  return { ...(answer ?? { Never: true }), ...(submitted === undefined ? {} : { Submit: submitted }) };
}
