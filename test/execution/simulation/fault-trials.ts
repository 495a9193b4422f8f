import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const HERE = 'test/execution/simulation';
/** Of all simulations with one fault. */
const LONGEST_MS = 7_200_000;
const MOST_WORDS = 160;

interface Trial {
  readonly found: boolean;
  /** Until it was found, that one included. */
  readonly seeds: number | undefined;
  readonly by: string;
}

/** Puts each fault into a copy of the engine, and has simulations look for it. The exit code: 1 if one was not found. */
export async function tryFaults(
  seeds: number,
  { only, threads }: { readonly only: string | undefined; readonly threads: number },
): Promise<number> {
  const faults = FAULTS.filter(({ name }) => only === undefined || only.split(',').includes(name));
  const left = [...faults];
  let missed = 0;
  const work = async (copy: string) => {
    for (let fault = left.shift(); fault !== undefined; fault = left.shift()) {
      const { found, seeds: after, by } = await tryFault(fault, copy, seeds);
      if (!found) missed += 1;
      const how = found || after === undefined ? by : `not found in ${seeds} seeds`;
      console.log(`| \`${fault.name}\` | ${fault.what} | ${after ?? '–'} | ${how} |`);
    }
  };
  // At the outset, so that what is changed meanwhile changes nothing here.
  const copies = await Promise.all(Array.from({ length: threads }, copied));
  try {
    for (const fault of faults) await patched(fault);
    console.log('| fault | what is wrong then | found after seeds | by |\n|---|---|---|---|');
    await Promise.all(copies.map(work));
  } finally {
    for (const copy of copies) await rm(copy, { recursive: true, force: true });
  }
  console.log(`\n${faults.length - missed} of ${faults.length} faults found.`);
  return missed === 0 ? 0 : 1;
}

/** The file with the fault in it. Rejects if its text does not stand there exactly once. */
export async function patched({ name, file, text, replacement }: Fault, folder = root): Promise<string> {
  const source = await readFile(join(folder, file), 'utf8');
  const parts = source.split(text);
  if (parts.length !== 2) {
    throw new Error(`The text of the fault ${name} stands ${parts.length - 1} times in ${file}: adapt it there.`);
  }
  return parts.join(replacement);
}

/** The engine and its simulator in a folder of their own. */
async function copied(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'knhk-fault-'));
  await cp(join(root, 'lib'), join(copy, 'lib'), { recursive: true });
  await cp(join(root, HERE), join(copy, HERE), { recursive: true });
  await cp(join(root, 'package.json'), join(copy, 'package.json'));
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function tryFault(fault: Fault, copy: string, seeds: number): Promise<Trial> {
  const path = join(copy, fault.file);
  const sound = await readFile(path, 'utf8');
  await writeFile(path, await patched(fault, copy));
  try {
    return await run(copy, seeds);
  } finally {
    await writeFile(path, sound);
  }
}

async function run(copy: string, seeds: number): Promise<Trial> {
  const args = [join(copy, HERE, 'command.ts'), '--first', '--seeds', String(seeds)];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'], timeout: LONGEST_MS });
  const told = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    told.out += String(data);
  });
  child.stderr.on('data', (data) => {
    told.err += String(data);
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code === null) return { found: false, seeds: undefined, by: 'not found within two hours' };
  if (told.out === '') return { found: true, seeds: undefined, by: plain(told.err) };
  const answer: { readonly seeds: number; readonly violation?: string } = JSON.parse(told.out);
  return { found: code === 1, seeds: answer.seeds, by: plain(answer.violation ?? '') };
}

/** Without names of executions and the contents of states. */
function plain(violation: string): string {
  const text = violation
    .replaceAll(/arn:\S+:execution:\S+/g, '…')
    .replace(/; commit .*$/s, '.')
    .replaceAll(/[|\n]/g, ' ');
  return text.length > MOST_WORDS ? `${text.slice(0, MOST_WORDS)}…` : text;
}
