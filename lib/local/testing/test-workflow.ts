import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskAssignment } from '../../model/effect.ts';
import type { Json } from '../../model/json.ts';
import type { TaskInvoker } from '../../ports/task-invoker.ts';
import { historyOf } from '../../state/history/history.ts';
import { HandlerTasks } from '../handler-tasks.ts';
import { fixedHandlers, type Handler } from '../handlers.ts';
import { TestError } from './errors.ts';
import type { Mocks } from './mock.ts';
import { TestEngine, type TestEvent } from './test-engine.ts';
import { TestObjectStore, type TestObjects } from './test-objects.ts';
import { type ChildRun, TestRun } from './test-run.ts';
import { Tracer } from './tracer.ts';
import type { Visit } from './visit.ts';

/** A definition: the document itself, its JSON text, or the path or `file:` URL of its file. */
export type DefinitionSource = Json | URL;

export interface TestOptions {
  /** Input of the execution; `{}` by default. */
  readonly input?: Json;
  /** What stands for the tasks, by the name of their state. */
  readonly mocks?: Mocks;
  /** Events that are sent to the execution. */
  readonly events?: readonly TestEvent[];
  /** Functions that carry out function tasks without a mock, by the name of the function: those of `knhk serve --handlers`. */
  readonly handlers?: Readonly<Record<string, Handler>>;
  /** Name of the workflow; by default that of the file, else `workflow`. */
  readonly name?: string;
  /** Name of the execution; `test` by default. */
  readonly executionName?: string;
  readonly type?: 'STANDARD' | 'EXPRESS';
  /** Workflows that the one under test starts as children, by name. */
  readonly workflows?: Readonly<Record<string, DefinitionSource>>;
  /** Objects that maps read, by bucket and key. */
  readonly objects?: TestObjects;
  /** Folder with a folder for each bucket: what is not among the objects is read from there. */
  readonly buckets?: string;
  /** When the execution starts; 1 January 2026, 0:00 UTC by default. */
  readonly startTime?: Date | string;
  /** Random numbers, UUIDs, jitter and task tokens follow from it; 1 by default. */
  readonly seed?: number;
  /** Events after which the workflow is taken to be endless; 100,000 by default. */
  readonly maxEvents?: number;
  /** How long mocks and handlers may really take to answer, ms; 30,000 by default. */
  readonly patienceMs?: number;
}

/** For compositions within the project: more than what tests of users need. */
export interface InnerOptions extends Omit<TestOptions, 'handlers'> {
  /** Carries out function tasks without a mock; all of them, or those that it says it handles. */
  readonly functions?: (TaskInvoker & { handles?(task: TaskAssignment): boolean }) | undefined;
  /** Carries out all other tasks without a mock. */
  readonly services?: TaskInvoker | undefined;
}

const START = '2026-01-01T00:00:00Z';
const MAX_EVENTS = 100_000;
const PATIENCE_MS = 30_000;

/**
 * Runs an execution of the definition from start to end on the real engine, with mocks for its tasks, in simulated time: a
 * year of waiting takes no time. The same arguments give the same run.
 * @throws TestError if the definition is invalid, a task has no mock, or the run has no end.
 */
export function testWorkflow(definition: DefinitionSource, options: TestOptions = {}): Promise<TestRun> {
  const { handlers, ...rest } = options;
  const functions = handlers === undefined ? undefined : new HandlerTasks(fixedHandlers(handlers));
  return runTest(definition, { ...rest, functions });
}

export async function runTest(definition: DefinitionSource, options: InnerOptions): Promise<TestRun> {
  const name = options.name ?? nameOf(definition);
  const workflows = new Map([[name, await readDefinition(definition)]]);
  for (const [child, source] of Object.entries(options.workflows ?? {}))
    workflows.set(child, await readDefinition(source));
  const startTime = timeOf(options.startTime ?? START);
  const objects = new TestObjectStore(options.objects ?? {}, options.buckets, startTime);
  const engine = new TestEngine({
    objects,
    mocks: options.mocks ?? {},
    events: options.events ?? [],
    workflows,
    startTime,
    seed: options.seed ?? 1,
    maxEvents: options.maxEvents ?? MAX_EVENTS,
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    fallback: fallbackOf(options),
  });
  const input = options.input ?? {};
  const root = await engine.run(name, input, options.executionName ?? 'test', options.type ?? 'STANDARD');
  return readRun(engine, root, startTime, objects.written);
}

function fallbackOf({ functions, services }: InnerOptions): (task: TaskAssignment) => TaskInvoker | undefined {
  return (task) => {
    const { resource } = task;
    const isFunction = resource.kind === 'lambda' || (resource.kind === 'service' && resource.service === 'lambda');
    if (!isFunction) return services;
    return functions?.handles?.(task) === false ? undefined : functions;
  };
}

async function readRun(
  engine: TestEngine,
  root: string,
  startedAt: number,
  written: TestRun['written'],
): Promise<TestRun> {
  const { states, coverage } = engine;
  const tracers = new Map<string, Tracer>();
  const visits: Visit[] = [];
  for (const { execution, plan, number } of states.commits) {
    const tracer = tracers.get(execution) ?? new Tracer(plan, startedAt, coverage);
    tracers.set(execution, tracer);
    const [commit] = await states.events(execution, number, 1);
    for (const event of commit?.events ?? []) {
      const visit = tracer.push(event);
      if (visit !== undefined) visits.push(visit);
    }
  }
  for (const tracer of tracers.values()) tracer.close();
  const [own, ...children] = [...tracers.values()].map(runOf);
  if (own === undefined) throw new TestError('Knhk.EngineFault', 'The execution was never started.');
  const plan = states.commits[0]?.plan;
  const events = (await states.events(root, 0, Number.MAX_SAFE_INTEGER)).flatMap((commit) => commit.events);
  const end = tracers.get(root)?.state.closedAt ?? engine.clock.now();
  return new TestRun({
    execution: own,
    elapsedSeconds: (end - startedAt) / 1000,
    visits,
    children,
    history: plan === undefined ? [] : [...historyOf(plan, events)],
    coverage,
    written,
  });
}

function runOf({ state }: Tracer): ChildRun {
  const { identity, status, input, output, failure } = state;
  return {
    execution: identity.id,
    workflow: identity.workflow.name,
    status,
    input,
    ...(output === undefined ? {} : { output }),
    ...(failure?.error === undefined ? {} : { error: failure.error }),
    ...(failure?.cause === undefined ? {} : { cause: failure.cause }),
  };
}

function timeOf(given: Date | string): number {
  const time = given instanceof Date ? given.getTime() : Date.parse(given);
  if (Number.isFinite(time)) return time;
  throw new TestError('Knhk.TestFileInvalid', `startTime must be like 2026-01-01T00:00:00Z, and is '${given}'.`);
}

function fileOf(definition: DefinitionSource): string | undefined {
  if (definition instanceof URL) return fileURLToPath(definition);
  return typeof definition !== 'string' || definition.trimStart().startsWith('{') ? undefined : definition;
}

function nameOf(definition: DefinitionSource): string {
  const file = fileOf(definition);
  return file === undefined ? 'workflow' : (basename(file).split('.')[0] ?? 'workflow');
}

async function readDefinition(definition: DefinitionSource): Promise<string> {
  const file = fileOf(definition);
  if (file === undefined) return typeof definition === 'string' ? definition : JSON.stringify(definition);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = isMissing ? 'there is no such file' : String(cause);
    const message = `The definition '${file}' cannot be read: ${why}.`;
    throw new TestError('Knhk.DefinitionNotRead', message, { cause });
  }
}
