/**
 * What CI runs: format and lint, types, boundaries, dead code, then the tests. Every step runs even if one before it
 * failed; the last line counts them all, as `N passed, N failed`.
 */
import { spawn } from 'node:child_process';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const CHECKS: readonly Step[] = [
  { name: 'format and lint', command: ['biome', 'ci', '--colors=off', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json'] },
  { name: 'boundaries', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'lib', 'functions', 'bin'] },
  { name: 'dead code', command: ['knip', '--config', '.knip.json', '--no-progress'] },
];
const TESTS: Step = { name: 'tests', command: ['vitest', 'run', '--config', 'test/vitest.config.ts'] };
const CLOSING_LINE = /^(\d+) passed, (\d+) failed/m;

const count = { passed: 0, failed: 0 };
for (const check of CHECKS) {
  const { ok } = await run(check);
  if (ok) count.passed += 1;
  else count.failed += 1;
}
const tests = await run(TESTS);
const [, passed, failed] = CLOSING_LINE.exec(tests.output) ?? [];
count.passed += Number(passed ?? 0);
count.failed += Number(failed ?? 0);
if (!tests.ok && Number(failed ?? 0) === 0) count.failed += 1;
process.stdout.write(`\n${count.passed} passed, ${count.failed} failed\n`);
process.exitCode = count.failed === 0 ? 0 : 1;

function run({ name, command: [program, ...args] }: Step): Promise<{ ok: boolean; output: string }> {
  process.stdout.write(`\n── ${name}\n`);
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      process.stdout.write(text);
    });
    const end = (ok: boolean) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(`${name}: ${ok ? 'ok' : 'FAILED'} (${seconds} s)\n`);
      resolve({ ok, output });
    };
    child.on('error', (error) => {
      process.stdout.write(`${program} did not start: ${error.message}\n`);
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}
