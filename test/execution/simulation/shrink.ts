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
    for (const candidate of plainer(smallest)) {
      if (runs === MAX_RUNS) return smallest;
      const { name, value } = candidate;
      if (smallest[name] === value) continue;
      runs += 1;
      const smaller = { ...smallest, [name]: value };
      if (await fails(smaller)) smallest = smaller;
    }
  }
  return smallest;
}

function* plainer(options: SimulationOptions) {
  for (const name of OPTION_NAMES) {
    const plain = PLAIN[name];
    const value = options[name];
    if (value === plain) continue;
    yield { name, value: plain };
    const half = Number.isInteger(value) ? plain + Math.floor((value - plain) / 2) : value / 2;
    if (half !== plain && (Number.isInteger(value) || value > 0.001)) yield { name, value: half };
  }
}
