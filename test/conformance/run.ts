/**
 * Runs cases that lie outside of this project, and fails when fewer come out right than `thresholds.json` says:
 *
 *     npm run conformance -- --cases <folder>      (or KNHK_CONFORMANCE_DIR)
 *
 * The folder may hold `asl/run_cases.mjs` and `asl/run_api_cases.mjs`, runners that take `--endpoint`,
 * `asl/definitions.json.gz`, `jsonata/test-suite.json.gz`, and `patterns/scenarios.json` (or another file: `--patterns`);
 * what is not there is left out. `--only patterns` leaves out the rest.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkDefinitions } from './definitions.ts';
import { runJsonataSuite } from './jsonata.ts';
import { runPatterns } from './patterns.ts';
import { runRecordings } from './recordings.ts';
import type { Score } from './score.ts';
import thresholds from './thresholds.json' with { type: 'json' };

/** Shares of the cases of an area, 0 to 1. */
const wantedShares: ReadonlyMap<string, number> = new Map(Object.entries(thresholds));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: { cases: { type: 'string' }, patterns: { type: 'string' }, only: { type: 'string' } },
});
const given = values.cases ?? process.env['KNHK_CONFORMANCE_DIR'] ?? (values.patterns === undefined ? undefined : '.');
if (given === undefined || !existsSync(given)) {
  process.stderr.write('Say where the cases are: --cases <folder>, or KNHK_CONFORMANCE_DIR.\n');
  process.exit(1);
}

const asl = join(resolve(given), 'asl');
const definitions = join(asl, 'definitions.json.gz');
const jsonata = join(resolve(given), 'jsonata', 'test-suite.json.gz');
const scenarios = resolve(values.patterns ?? join(given, 'patterns', 'scenarios.json'));
const runs = (area: string, path: string) => (values.only ?? area) === area && existsSync(path);
const scores = [
  ...(runs('definitions', definitions) ? checkDefinitions(definitions) : []),
  ...(runs('jsonata', jsonata) ? runJsonataSuite(jsonata) : []),
  ...(runs('recordings', asl) ? await runRecordings(root, asl) : []),
  ...(runs('patterns', scenarios) ? await runPatterns(root, scenarios) : []),
];
process.stdout.write('\n');
const lost = scores.filter((score) => !report(score));
if (lost.length > 0 || scores.length === 0) {
  process.stdout.write(
    `\nFewer than test/conformance/thresholds.json asks for: ${lost.map(({ area }) => area).join(', ') || 'no cases at all'}\n`,
  );
  process.exitCode = 1;
}

function report({ area, passed, total }: Score): boolean {
  const wanted = wantedShares.get(area) ?? 0;
  const enough = passed >= Math.floor(wanted * total);
  const share = ((100 * passed) / total).toFixed(1);
  process.stdout.write(
    `${area.padEnd(34)} ${passed} of ${total} (${share} %)${enough ? '' : `, wanted ${100 * wanted} %`}\n`,
  );
  return enough;
}
