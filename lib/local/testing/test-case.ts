import { type Difference, describe } from './difference.ts';
import type { TestCase } from './test-file.ts';
import type { TestRun } from './test-run.ts';
import { type InnerOptions, runTest } from './test-workflow.ts';

/** What became of a case. */
export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /** Lines that say why not. */
  readonly problems: readonly string[];
  readonly differences: readonly Difference[];
  /** Really taken, ms. */
  readonly tookMs: number;
  /** Absent: the test could not be run. */
  readonly run?: TestRun;
}

/** What really carries out tasks without a mock. */
export type Reality = Pick<InnerOptions, 'functions' | 'services'>;

/** Runs a case, and compares what it did with what is expected. Rejects never. */
export async function runCase(test: TestCase, reality: Reality = {}): Promise<CaseResult> {
  const began = performance.now();
  const took = () => performance.now() - began;
  try {
    const run = await runTest(test.definition, {
      name: test.workflow,
      type: test.type,
      input: test.input,
      mocks: test.mocks,
      events: test.events,
      objects: test.objects,
      ...(test.buckets === undefined ? {} : { buckets: test.buckets }),
      workflows: test.workflows,
      ...(test.startTime === undefined ? {} : { startTime: test.startTime }),
      ...(test.seed === undefined ? {} : { seed: test.seed }),
      ...reality,
    });
    const differences = run.check(test.expect ?? {});
    const problems = test.expect === undefined ? endless(run) : differences.map(describe);
    const passed = problems.length === 0;
    return {
      name: test.name,
      passed,
      problems: passed ? [] : [...problems, ...where(run)],
      differences,
      tookMs: took(),
      run,
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { name: test.name, passed: false, problems: [problem], differences: [], tookMs: took() };
  }
}

/** All that can be asked of a case without expectations. */
function endless(run: TestRun): readonly string[] {
  return run.status === 'RUNNING' ? ['status: expected an end'] : [];
}

function where(run: TestRun): readonly string[] {
  const failed = run.visits().findLast(({ end }) => end === 'failed');
  const at =
    failed === undefined
      ? []
      : [
          `it failed in state ${[...failed.within, failed.state].join(' › ')}, entered with ${JSON.stringify(failed.input)}`,
        ];
  return [`the execution ended as ${run.summary}`, ...at, `on the path ${run.path.join(' → ')}`];
}
