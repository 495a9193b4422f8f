import type { Coverage } from '../testing/coverage.ts';
import type { CaseResult } from '../testing/test-case.ts';
import { duration } from './format.ts';
import type { Screen } from './terminal.ts';

/** One line of a case, and below it what is wrong. */
export function printCase(screen: Screen, result: CaseResult): void {
  const { name, passed, run, problems } = result;
  const mark = passed ? screen.paint('green', '✓') : screen.paint('red', '✗');
  const time =
    run === undefined ? '' : `${counted(run.path.length)}, ${duration(run.elapsedSeconds * 1000)} of simulated time`;
  screen.line(`  ${mark} ${name}${time === '' ? '' : `  ${screen.paint('dim', time)}`}`);
  for (const problem of problems) screen.line(`      ${problem}`);
}

function counted(states: number): string {
  return states === 1 ? '1 state' : `${states} states`;
}

/** What no case has seen, and how much all have. */
export function printCoverage(screen: Screen, coverage: Coverage): void {
  const workflows = [...new Set(coverage.parts.map(({ workflow }) => workflow))];
  for (const workflow of workflows) {
    const parts = coverage.parts.filter((part) => part.workflow === workflow);
    const states = parts.filter(({ transition }) => transition === undefined);
    const transitions = parts.filter(({ transition }) => transition !== undefined);
    screen.line(`Coverage of ${workflow}: ${seen(states)} states, ${seen(transitions)} transitions`);
    for (const { state, times } of states) if (times === 0) screen.line(`  never entered: ${state}`);
    const unseen = new Set(states.filter(({ times }) => times === 0).map(({ state }) => state));
    for (const { state, transition, times } of transitions) {
      // How a state that was never entered might have been left goes without saying.
      if (times === 0 && !unseen.has(state)) screen.line(`  never taken: ${state} ${transition}`);
    }
  }
}

function seen(parts: readonly { readonly times: number }[]): string {
  return `${parts.filter(({ times }) => times > 0).length} of ${parts.length}`;
}
