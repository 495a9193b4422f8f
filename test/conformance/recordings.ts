import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Score } from './score.ts';
import { startEngine } from './server.ts';

/** Runs the runners that are in a folder against a server, and reads what they print: `levels: outcome 9/10, …` and `strict 9 of 10`. */
export async function runRecordings(root: string, folder: string): Promise<readonly Score[]> {
  const [executions, conversations] = ['run_cases.mjs', 'run_api_cases.mjs'].map((name) => join(folder, name));
  const scores: Score[] = [];
  const out = mkdtempSync(join(tmpdir(), 'knhk-failures-'));
  const engine = await startEngine(root);
  const endpoint = ['--endpoint', engine.url, '--out', join(out, 'failures.json')];
  try {
    if (executions !== undefined && existsSync(executions)) {
      const functions = ['--tiers', 'pure,lambda,activity', '--lambda-port', String(engine.lambdaPort)];
      const printed = await run(root, executions, [...endpoint, ...functions]);
      const [, levels = ''] = /^levels: (.*)$/m.exec(printed) ?? [];
      for (const level of levels.split(', ')) {
        const [, name, passed, total] = /^\+?([\w-]+) (\d+)\/(\d+)$/.exec(level) ?? [];
        if (name !== undefined)
          scores.push({ area: `executions: ${name}`, passed: Number(passed), total: Number(total) });
      }
    }
    if (conversations !== undefined && existsSync(conversations)) {
      const printed = await run(root, conversations, [...endpoint, '--tiers', 'pure']);
      const [, passed, total] = /^strict (\d+) of (\d+)$/m.exec(printed) ?? [];
      if (passed !== undefined) scores.push({ area: 'conversations', passed: Number(passed), total: Number(total) });
    }
  } finally {
    await engine.stop();
    rmSync(out, { recursive: true });
  }
  return scores;
}

/** What a runner prints; it also goes to our output. That some cases fail is no failure of the runner. */
function run(root: string, script: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      process.stdout.write(text);
    });
    child.on('error', reject);
    child.on('close', () => resolve(printed));
  });
}
