import { OPTION_NAMES, PLAIN, type SimulationOptions } from './options.ts';

/** The most that a search costs. */
const MAX_RUNS = 150;

/** The smallest options that a search finds with which the simulation still fails: each option as plain as it can be, one after the other, until nothing gets plainer. */
export async function shrink(
  failing: SimulationOptions,
  fails: (options: SimulationOptions) => Promise<boolean>,
): Promise<SimulationOptions> {
  let smallest = failing;
  let runs = 0;
  for (let before: SimulationOptions | undefined; before !== smallest; ) {
    before = smallest;
    for (const name of OPTION_NAMES) {
      for (const value of plainer(smallest[name], PLAIN[name])) {
        if (runs === MAX_RUNS) return smallest;
        runs += 1;
        const smaller = { ...smallest, [name]: value };
        if (!(await fails(smaller))) continue;
        smallest = smaller;
        break;
      }
    }
  }
  return smallest;
}

/** What to try instead of `value`, the plainest first. */
function plainer(value: number, plain: number): number[] {
  if (value === plain) return [];
  if (!Number.isInteger(value)) return value > 0.001 ? [plain, value / 2] : [plain];
  const half = plain + Math.floor((value - plain) / 2);
  return half === plain ? [plain] : [plain, half];
}
