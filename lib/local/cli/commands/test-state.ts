import { SystemClock, SystemIds } from '../../../adapters/system/index.ts';
import { testOneState, withValues } from '../../../api/use-cases/test-state.ts';
import { TaskRouter } from '../../../execution/tasks/router.ts';
import type { FieldValidation, StateTest } from '../../../execution/test-state/index.ts';
import type { TaskInvoker } from '../../../ports/task-invoker.ts';
import { type Flags, readConfiguration } from '../../configuration.ts';
import { consoleLog } from '../../console-log.ts';
import { localPlace } from '../../engine.ts';
import { openFunctions } from '../../functions.ts';
import { localServices } from '../../services.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { readInput, readText } from '../files.ts';
import type { Terminal } from '../terminal.ts';

export interface TestStateFlags extends Pick<Flags, 'handlers' | 'lambdaEndpoint'> {
  readonly state?: string;
  readonly input: string;
  readonly result?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly validation: string;
  readonly retries?: string;
  readonly failedItems?: string;
  readonly variables?: string;
  readonly context?: string;
}

const LEVEL = 'TRACE';
/** As long as a test on Step Functions may take, ms. */
const LONGEST_MS = 300_000;

/** Tests one state in this process. */
export async function testState(terminal: Terminal, file: string, flags: TestStateFlags): Promise<ExitCode> {
  const definition = await readText(file);
  checkName(definition, flags.state);
  const form = {
    definition,
    stateName: flags.state,
    input: JSON.stringify(await readInput(flags.input)),
    variables: await readGiven(flags.variables),
    context: await readGiven(flags.context),
    mock: await readMock(flags),
    configuration: {
      retrierRetryCount: readCount('--retries', flags.retries),
      mapIterationFailureCount: readCount('--failed-items', flags.failedItems),
    },
    roleArn: `arn:aws:iam::${localPlace.account}:role/test`,
    inspectionLevel: LEVEL,
    revealSecrets: false,
  } as const;
  const configuration = readConfiguration(flags, {}, {});
  const { invoker: functions, close } = await openFunctions(configuration, consoleLog('warn'));
  const invoker = new TaskRouter(
    new Map<string, TaskInvoker>([
      ['lambda', functions],
      ['lambda:invoke', functions],
      ...localServices({ ...configuration, now: Date.now }),
    ]),
  );
  const services = { clock: new SystemClock(), ids: new SystemIds(), place: localPlace, invoker };
  try {
    const test = await testOneState({ ...services, policy: { waitMs: LONGEST_MS } }, form);
    print(terminal, test);
    return test.status === 'FAILED' ? EXIT.failed : EXIT.ok;
  } finally {
    close();
  }
}

/** @throws CommandFailed if a workflow is given, and not which of its states is meant. */
function checkName(definition: string, state: string | undefined): void {
  const names = statesIn(parsed(definition));
  if (names.length === 0 || (state !== undefined && names.includes(state))) return;
  const what = state === undefined ? 'This is a workflow' : `There is no state '${state}'`;
  throw new CommandFailed('Knhk.StateNotFound', `${what}: name one with --state, of '${names.join("', '")}'.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The check that follows says what is wrong with it.
    return undefined;
  }
}

/** The names of all states of a definition, also of those inside of others. */
function statesIn(definition: unknown): string[] {
  const names: string[] = [];
  // Not recursive: how deep it is nested is checked later.
  for (const level = [definition]; level.length > 0; ) {
    const value = level.pop();
    if (typeof value !== 'object' || value === null) continue;
    const { States: states, Branches: branches, ItemProcessor: processor, Iterator: iterator } = value as Container;
    if (typeof states === 'object' && states !== null) {
      names.push(...Object.keys(states));
      level.push(...Object.values(states));
    }
    level.push(processor, iterator, ...(Array.isArray(branches) ? branches : []));
  }
  return names;
}

/** Whatever has been written into the file. */
type Container = Readonly<Partial<Record<'States' | 'Branches' | 'ItemProcessor' | 'Iterator', unknown>>>;

async function readMock({ result, error, cause, validation }: TestStateFlags) {
  if (result === undefined && error === undefined) return undefined;
  if (!isValidation(validation)) {
    const message = `--validation is STRICT, PRESENT or NONE, and '${validation}' is none of them.`;
    throw new CommandFailed('Knhk.ValidationInvalid', message);
  }
  return {
    result: await readGiven(result),
    errorOutput: error === undefined ? undefined : { error, cause },
    fieldValidationMode: validation,
  };
}

function isValidation(text: string): text is FieldValidation {
  return text === 'STRICT' || text === 'PRESENT' || text === 'NONE';
}

async function readGiven(given: string | undefined): Promise<string | undefined> {
  return given === undefined ? undefined : JSON.stringify(await readInput(given));
}

function readCount(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new CommandFailed('Knhk.CountInvalid', `${option} is a number from 0 on, and '${given}' is none.`);
}

function print({ json, out }: Terminal, test: StateTest): void {
  const { inspectionData = {}, ...outcome } = withValues(test, LEVEL);
  if (json) return out.line(JSON.stringify({ ...outcome, inspectionData }, undefined, 2));
  for (const [name, value] of Object.entries(inspectionData)) out.line(`${name}: ${JSON.stringify(value)}`);
  const next = test.nextState === undefined ? '' : ` → ${test.nextState}`;
  out.line(`${out.paint(test.status === 'FAILED' ? 'red' : 'green', test.status)}${next}`);
  if (test.error !== undefined) out.line(test.cause ? `${test.error}: ${test.cause}` : test.error);
  if (test.output !== undefined) out.line(test.output);
}
