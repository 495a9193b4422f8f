import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Json } from '../../model/json.ts';
import { TestError } from './errors.ts';
import type { Expectation } from './expectation.ts';
import type { Mocks } from './mock.ts';
import { casesOfMockConfig, isMockConfig, mocksOfCase, readMockConfig } from './mock-config.ts';
import { parseMocks } from './mock-schema.ts';
import type { TestEvent } from './test-engine.ts';
import type { TestObjects } from './test-objects.ts';

/** A test file, read and checked; all paths in it are absolute. */
export interface TestFile {
  readonly path: string;
  readonly cases: readonly TestCase[];
}

export interface TestCase {
  readonly name: string;
  /** Path of the definition. */
  readonly definition: string;
  /** Name of the workflow. */
  readonly workflow: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** Definitions of children, by name. */
  readonly workflows: Readonly<Record<string, string>>;
  readonly input: Json;
  readonly mocks: Mocks;
  readonly events: readonly TestEvent[];
  readonly objects: TestObjects;
  /** Folder with a folder for each bucket. */
  readonly buckets: string | undefined;
  /** Of a mock configuration of Step Functions Local it is not known how its cases should end. */
  readonly expect: Expectation | undefined;
  readonly startTime: string | undefined;
  readonly seed: number | undefined;
}

const json: z.ZodType<Json> = z.json();

const stateExpectation = z.strictObject({
  entered: z.int().min(0).optional(),
  input: json.optional(),
  inputContains: json.optional(),
  output: json.optional(),
  outputContains: json.optional(),
  error: z.string().optional(),
  calls: z.union([z.int().min(0), z.array(json)]).optional(),
  callsContain: z.array(json).optional(),
});

const expectation = z.strictObject({
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']).optional(),
  output: json.optional(),
  outputContains: json.optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
  causeMatches: z.string().refine(isPattern, { message: 'is no regular expression' }).optional(),
  path: z.array(z.string()).optional(),
  pathContains: z.array(z.string()).optional(),
  states: z.record(z.string(), stateExpectation).optional(),
  elapsedSeconds: z
    .union([z.number(), z.strictObject({ min: z.number().optional(), max: z.number().optional() })])
    .optional(),
  variables: z.record(z.string(), json).optional(),
});

const event = z.strictObject({
  name: z.string().min(1),
  payload: json.optional(),
  id: z.string().min(1).optional(),
  afterSeconds: z.number().min(0).optional(),
});

/** What stands beside `cases` holds for all of them, and each may say otherwise. */
const shared = {
  definition: z.string().optional(),
  workflow: z.string().optional(),
  type: z.enum(['STANDARD', 'EXPRESS']).optional(),
  workflows: z.record(z.string(), z.string()).optional(),
  startTime: z.iso.datetime({ offset: true }).optional(),
  seed: z.int().optional(),
  input: json.optional(),
  inputFile: z.string().optional(),
  objects: z.record(z.string(), json).optional(),
  buckets: z.string().optional(),
  mocks: z.unknown().optional(),
  events: z.array(event).optional(),
  mocksFile: z.string().optional(),
  mockConfig: z.string().optional(),
};

const testCase = z.strictObject({
  ...shared,
  name: z.string().min(1),
  testCase: z.string().optional(),
  expect: expectation.refine((expected) => Object.keys(expected).length > 0, { message: 'expects nothing' }),
});

const testFile = z.strictObject({ $schema: z.string().optional(), ...shared, cases: z.array(testCase).min(1) });

type FileContent = z.output<typeof testFile>;
type CaseContent = z.output<typeof testCase>;

/** Reads a test file, or a mock configuration of Step Functions Local. @throws TestError */
export async function readTestFile(file: string): Promise<TestFile> {
  const path = resolve(file);
  const content = await readJson(path);
  if (isMockConfig(content)) return { path, cases: await casesOfMockConfig(path, content) };
  const { success, data, error } = testFile.safeParse(content);
  if (!success) throw new TestError('Knhk.TestFileInvalid', `${file} is no test file. ${z.prettifyError(error)}`);
  return { path, cases: await Promise.all(data.cases.map((one) => readCase(path, data, one))) };
}

async function readCase(path: string, file: FileContent, own: CaseContent): Promise<TestCase> {
  const at = (relative: string) => resolve(dirname(path), relative);
  const definition = at(own.definition ?? file.definition ?? `${stem(path)}.asl.json`);
  const workflow = own.workflow ?? file.workflow ?? stem(definition);
  const children = { ...file.workflows, ...own.workflows };
  const workflows = Object.fromEntries(Object.entries(children).map(([name, child]) => [name, at(child)]));
  const buckets = own.buckets ?? file.buckets;
  return {
    name: own.name,
    definition,
    workflow,
    workflows,
    type: own.type ?? file.type ?? 'STANDARD',
    objects: { ...file.objects, ...own.objects },
    buckets: buckets === undefined ? undefined : at(buckets),
    input: (await inputOf(own, at)) ?? (await inputOf(file, at)) ?? {},
    mocks: {
      ...(await mocksOf(file, at)),
      ...(await configured(file, own, workflow, at)),
      ...(await mocksOf(own, at)),
    },
    events: (own.events ?? file.events ?? []).map(givenFields),
    // The schema is that of Expectation, but for fields that are there and undefined, which check treats alike.
    expect: own.expect as Expectation,
    startTime: own.startTime ?? file.startTime,
    seed: own.seed ?? file.seed,
  };
}

function givenFields({ name, payload, id, afterSeconds }: z.output<typeof event>): TestEvent {
  return {
    name,
    ...(payload === undefined ? {} : { payload }),
    ...(id === undefined ? {} : { id }),
    ...(afterSeconds === undefined ? {} : { afterSeconds }),
  };
}

type Resolve = (relative: string) => string;
type Shared = Pick<CaseContent, keyof typeof shared>;

async function inputOf({ input, inputFile }: Shared, at: Resolve): Promise<Json | undefined> {
  if (input !== undefined || inputFile === undefined) return input;
  const { success, data } = json.safeParse(await readJson(at(inputFile)));
  return success ? data : undefined;
}

async function mocksOf({ mocks, mocksFile }: Shared, at: Resolve): Promise<Mocks> {
  const fromFile = mocksFile === undefined ? {} : parseMocks(await readJson(at(mocksFile)), mocksFile);
  return { ...fromFile, ...(mocks === undefined ? {} : parseMocks(mocks, 'mocks')) };
}

async function configured(file: FileContent, own: CaseContent, workflow: string, at: Resolve): Promise<Mocks> {
  const config = own.mockConfig ?? file.mockConfig;
  if (own.testCase === undefined) return {};
  if (config === undefined) {
    throw new TestError(
      'Knhk.TestFileInvalid',
      `The case '${own.name}' names a testCase: say in mockConfig which file has it.`,
    );
  }
  return mocksOfCase(readMockConfig(await readJson(at(config)), config), workflow, own.testCase);
}

/** @throws TestError */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new TestError('Knhk.FileNotFound', `There is no file '${path}'.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TestError(
      'Knhk.TestFileInvalid',
      `'${path}' is not JSON: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/** `order` of `order.test.json`. */
function stem(path: string): string {
  const name = basename(path);
  return name.slice(0, name.indexOf('.') === -1 ? undefined : name.indexOf('.'));
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'su').source !== '';
  } catch {
    return false;
  }
}
