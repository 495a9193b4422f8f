/**
 * `npm run bench`: five workloads on the embedded default, in one process, every step durable (fsync) before the next
 * begins. Figures depend on the machine's disk and cores above all; compare only what was measured on the same machine
 * in the same hour. J is the cost of OR-joins alone, P that of Pass and Choice states, H that of the chain of hashes. `--json` prints one JSON object, `--only W1,W4` runs some, `--quick` a tenth of everything.
 * `--telemetry metrics` takes the figures of /metrics, `--telemetry traces` makes the spans of every step, and drops them.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chaining } from './chain.ts';
import { bareCommits } from './disk.ts';
import { openBench } from './engine.ts';
import { handingOn } from './hand-on.ts';
import { orJoinCurves } from './or-join.ts';
import { telemetryOf } from './telemetry.ts';
import { type Measurement, workloads } from './workloads.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    only: { type: 'string' },
    telemetry: { type: 'string' },
  },
});
const scale = flags.quick === true ? 0.1 : 1;
const wanted = flags.only?.split(',');

mkdirSync('.knhk', { recursive: true });
// Beside the data of the engine, because another folder may lie in memory.
const folder = mkdtempSync(join('.knhk', 'bench-'));
try {
  const bench = await openBench(join(folder, 'data'), telemetryOf(flags.telemetry));
  const measured: Record<string, Measurement> = {};
  for (const [name, workload] of Object.entries(workloads)) {
    if (wanted === undefined || wanted.includes(name)) measured[name] = await workload(bench, scale);
    if (flags.json !== true && measured[name] !== undefined) print(name, measured[name]);
  }
  await bench.close();
  if (wanted === undefined || wanted.includes('J')) {
    for (const [name, measurement] of orJoinCurves(scale)) {
      measured[`J ${name}`] = measurement;
      if (flags.json !== true) print(`J ${name}`, measurement);
    }
  }
  if (wanted === undefined || wanted.includes('P')) {
    for (const [name, measurement] of handingOn(scale)) {
      measured[`P ${name}`] = measurement;
      if (flags.json !== true) print(`P ${name}`, measurement);
    }
  }
  if (wanted === undefined || wanted.includes('H')) {
    const measurement = chaining(scale);
    measured['H'] = measurement;
    if (flags.json !== true) print('H', measurement);
  }
  const disk = bareCommits(join(folder, 'bare.db'), Math.round(500 * scale));
  if (flags.json === true)
    process.stdout.write(`${JSON.stringify({ node: process.version, scale, disk, ...measured }, null, 2)}\n`);
  else print('disk', disk);
} finally {
  rmSync(folder, { recursive: true });
}

function print(name: string, measurement: Measurement): void {
  const figures = Object.entries(measurement).map(([figure, value]) => `${figure} ${value}`);
  process.stdout.write(`${name.padEnd(5)} ${figures.join('  ')}\n`);
}
