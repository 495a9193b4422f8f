import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Writes the TypeScript of the messages and services from lib/api/grpc/proto; needs nothing but the installed packages:
 *
 *     node bin/grpc-code.ts [folder, instead of lib/api/grpc/gen]
 *
 * What it writes is in the repository; test/api/grpc fails where it is out of date.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [out = 'lib/api/grpc/gen'] = process.argv.slice(2);
const plugin = {
  local: ['node', 'node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es'],
  out,
  // Node strips types, and strips no enums.
  opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
};
const template = JSON.stringify({ version: 'v2', clean: false, plugins: [plugin] });
execFileSync('node_modules/.bin/buf', ['generate', '--template', template, 'lib/api/grpc/proto'], {
  cwd: ROOT,
  stdio: 'inherit',
});
