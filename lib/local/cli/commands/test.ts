import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Flags, readConfiguration } from '../../configuration.ts';
import { consoleLog } from '../../console-log.ts';
import { openFunctions } from '../../functions.ts';
import { HandlerTasks } from '../../handler-tasks.ts';
import { moduleHandlers } from '../../handlers.ts';
import { Coverage } from '../../testing/coverage.ts';
import { type CaseResult, type Reality, runCase } from '../../testing/test-case.ts';
import { readTestFile } from '../../testing/test-file.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { printCase, printCoverage } from '../test-report.ts';

export interface TestFlags extends Pick<Flags, 'handlers' | 'lambdaEndpoint'> {
  /** Only cases whose name contains this. */
  readonly case?: string;
  /** Services without a mock are really called. */
  readonly real?: boolean;
  /** Percent of states and transitions. */
  readonly minCoverage?: string;
}

interface FileResult {
  readonly file: string;
  readonly cases: readonly CaseResult[];
}

/** Runs the cases of test files, and says which of them are not as expected. */
export async function test(terminal: Terminal, sources: readonly string[], flags: TestFlags): Promise<ExitCode> {
  const least = readPercent(flags.minCoverage);
  const files = (await Promise.all(sources.map(filesIn))).flat();
  if (files.length === 0) {
    throw new CommandFailed(
      'Knhk.NoTests',
      `There is no file named *.test.json in ${sources.join(', ')}.`,
      EXIT.notFound,
    );
  }
  const reality = await openReality(flags);
  const results: FileResult[] = [];
  try {
    for (const file of files) results.push(await runFile(terminal, file, flags, reality));
  } finally {
    reality.close();
  }
  const cases = results.flatMap((result) => result.cases);
  if (cases.length === 0)
    throw new CommandFailed('Knhk.NoTests', `No case's name contains '${flags.case}'.`, EXIT.notFound);
  return report(terminal, results, least);
}

function report(terminal: Terminal, results: readonly FileResult[], least: number): ExitCode {
  const cases = results.flatMap((result) => result.cases);
  const coverage = new Coverage();
  for (const { run } of cases) if (run !== undefined) coverage.add(run.coverage);
  const failed = cases.filter(({ passed }) => !passed).length;
  const percent = percentOf(coverage);
  const isEnough = percent >= least;
  if (terminal.json) {
    const parts = { percent, missing: coverage.missing };
    terminal.out.line(JSON.stringify({ files: results.map(shownFile), coverage: parts }, undefined, 2));
  } else {
    printCoverage(terminal.out, coverage);
    if (!isEnough) terminal.out.line(`Coverage is ${percent.toFixed(1)} %, and must be ${least} % at least.`);
    terminal.out.line(`${cases.length - failed} passed, ${failed} failed`);
  }
  return failed === 0 && isEnough ? EXIT.ok : EXIT.failed;
}

async function runFile(terminal: Terminal, file: string, flags: TestFlags, reality: Reality): Promise<FileResult> {
  const { cases } = await readTestFile(file);
  const chosen = cases.filter(({ name }) => name.includes(flags.case ?? ''));
  const results: CaseResult[] = [];
  if (!terminal.json && chosen.length > 0) terminal.out.line(file);
  for (const one of chosen) {
    const result = await runCase(one, reality);
    results.push(result);
    if (!terminal.json) printCase(terminal.out, result);
  }
  return { file, cases: results };
}

function shownFile({ file, cases }: FileResult): object {
  const shown = cases.map(({ name, passed, problems, differences, tookMs, run }) => ({
    name,
    passed,
    problems,
    differences,
    tookMs: Math.round(tookMs),
    ...(run === undefined ? {} : shownRun(run)),
  }));
  return { file, cases: shown };
}

function shownRun(run: NonNullable<CaseResult['run']>): object {
  const { status, output, error, cause, path, elapsedSeconds } = run;
  return { status, output, error, cause, path, elapsedSeconds, calls: run.calls() };
}

/** A file as it is named; of a folder all test files in it and below. */
async function filesIn(source: string): Promise<readonly string[]> {
  const kind = await stat(source).catch(() => undefined);
  if (kind === undefined) throw new CommandFailed('Knhk.FileNotFound', `There is no file '${source}'.`, EXIT.notFound);
  if (!kind.isDirectory()) return [source];
  const inside = await readdir(source, { recursive: true });
  const tests = inside.filter((name) => name.endsWith('.test.json') && !/(^|[\\/])(node_modules|\.)/.test(name));
  return tests.sort().map((name) => join(source, name));
}

/** What carries out tasks without a mock: nothing, unless it was asked for. */
async function openReality(flags: TestFlags): Promise<Reality & { readonly close: () => void }> {
  const log = consoleLog('warn');
  const services = flags.real ? await realServices() : {};
  if (flags.lambdaEndpoint !== undefined) {
    const { invoker, close } = await openFunctions(readConfiguration(flags, {}, {}), log);
    return { ...services, functions: invoker, close };
  }
  if (flags.handlers === undefined) return { ...services, close: () => {} };
  const handlers = await moduleHandlers(flags.handlers, log);
  return { ...services, functions: new HandlerTasks(handlers), close: () => handlers.close() };
}

/** Loaded only where they are asked for. */
async function realServices(): Promise<Reality> {
  const [{ localServices }, { TaskRouter }] = await Promise.all([
    import('../../services.ts'),
    import('../../../execution/tasks/router.ts'),
  ]);
  const configuration = readConfiguration({}, process.env);
  return { services: new TaskRouter(localServices({ ...configuration, now: Date.now })) };
}

function percentOf(coverage: Coverage): number {
  const { parts, missing } = coverage;
  return parts.length === 0 ? 100 : (100 * (parts.length - missing.length)) / parts.length;
}

function readPercent(given = '0'): number {
  const percent = Number(given);
  if (percent >= 0 && percent <= 100) return percent;
  throw new CommandFailed('Knhk.CoverageInvalid', `--min-coverage is a number from 0 to 100, and '${given}' is none.`);
}
