/**
 * Installs what is missing, then gets out of the way: runs before every npm script that needs the dependencies, on
 * whatever Node is there (20 or newer). The dependencies bring Node 24, which npm then puts first on the path.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const installed = join(root, 'node_modules', '.package-lock.json');
const lock = join(root, 'package-lock.json');
const node24 = join(root, 'node_modules', '.bin', 'node');

if (!isInstalled()) {
  process.stderr.write('Installing dependencies (once; takes a minute or two) …\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Not `npm ci`: the lock file need not list the native parts that other platforms install.
  const { status, error } = spawnSync(npm, ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel', 'error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0)
    fail(`npm install failed${error ? `: ${error.message}` : ''}. Look at its output above, then try again.`);
}
if (!existsSync(node24) && Number(process.versions.node.split('.')[0]) < 24) {
  fail(
    `Node 24 is needed, this is ${process.version}, and the package "node" did not install its own. Allow install scripts (npm config set ignore-scripts false), remove node_modules and try again; or install Node 24.`,
  );
}

function isInstalled() {
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
