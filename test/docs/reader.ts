import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Block } from './markdown.ts';

/** The address that the pages show. */
const SHOWN = 'localhost:8080';
const SERVER = /^npx knhk (serve|start)\b(.*)$/;

/** What the pages call from npm, and what stands for it here. */
const NPX = `#!/bin/sh
case "$1" in
  knhk) shift; exec node "$ROOT/bin/knhk.ts" "$@" ;;
  node) shift; exec node "$@" ;;
  *) echo "npx $1 is not run by these tests" >&2; exit 1 ;;
esac
`;
const AWS = `#!/bin/sh
exec node "${fileURLToPath(new URL('./aws.ts', import.meta.url))}" "$@"
`;

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

/**
 * Somebody who does what a page says: in a folder with the project's `examples` and `lib`, with one shell, and one
 * server at a time. A server that is started while another runs follows upon that one's sudden death.
 */
export class Reader {
  readonly #root: string;
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  #address = SHOWN;
  #server: ChildProcess | undefined;
  #shell: Shell | undefined;

  constructor(root: string, folder: string) {
    this.#root = root;
    this.#folder = folder;
    const shims = join(folder, '.shims');
    mkdirSync(shims, { recursive: true });
    for (const [name, script] of Object.entries({ npx: NPX, aws: AWS })) {
      writeFileSync(join(shims, name), script);
      chmodSync(join(shims, name), 0o755);
    }
    for (const name of ['examples', 'lib']) symlinkSync(join(root, name), join(folder, name));
    const own = Object.entries(process.env).filter(([name]) => !/^(AWS|KNHK|VITEST)|^(NODE_OPTIONS|PORT)$/.test(name));
    this.#environment = {
      ...Object.fromEntries(own),
      ROOT: root,
      HOME: folder,
      NO_COLOR: '1',
      // A page is thirty processes that all load the same modules.
      NODE_COMPILE_CACHE: join(folder, '..', 'compiled'),
      PATH: [shims, join(root, 'node_modules/.bin'), process.env['PATH']].join(':'),
    };
  }

  /** Saves a block as the file that the page names. */
  save(file: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, file)), { recursive: true });
    writeFileSync(join(this.#folder, file), text.replaceAll(SHOWN, this.#address));
  }

  /**
   * Types what a block of commands says. Answers with what came of it, in the words of the page, or `undefined` where
   * nothing was run because it is only checked to exist.
   * @throws if a command fails (a page that shows failures says `… || echo`).
   */
  async type(block: Block): Promise<string | undefined> {
    const commands = block.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const server = commands.length === 1 ? serverArguments(commands[0] ?? '') : undefined;
    if (server !== undefined) return this.#inWordsOfThePage(await this.#serve(server));
    if (commands.every(isOnlyChecked)) return undefined;
    this.#shell ??= new Shell(this.#folder, { ...this.#environment, PORT: this.#port });
    return this.#inWordsOfThePage(await this.#shell.run(block.text.replaceAll(SHOWN, this.#address)));
  }

  async leave(): Promise<void> {
    this.#shell?.close();
    await this.#end('SIGTERM');
  }

  get #port(): string {
    return this.#address.split(':')[1] ?? '';
  }

  async #serve(args: readonly string[]): Promise<string> {
    await this.#end('SIGKILL');
    const server = spawn('node', [join(this.#root, 'bin/knhk.ts'), ...args], {
      cwd: this.#folder,
      env: { ...this.#environment, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#server = server;
    const printed = await printedUntil(server, args[0] === 'start' ? /^.*Serving; .*\n/m : /listens on .*\n/);
    this.#address = /localhost:\d+/.exec(printed)?.[0] ?? SHOWN;
    await this.#shell?.run(`export PORT=${this.#port}`);
    return printed;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  #inWordsOfThePage(printed: string): string {
    return printed.replaceAll(this.#address, SHOWN).replaceAll(`${this.#folder}/`, '').replaceAll(`${this.#root}/`, '');
  }
}

/** The arguments of `knhk`, if the command starts a server. */
function serverArguments(command: string): readonly string[] | undefined {
  const [, name] = /^npm (?:run )?(start|serve)$/.exec(command) ?? [];
  const script = name === undefined ? command : scripts[name]?.replace('node bin/knhk.ts', 'npx knhk');
  const [, subcommand, flags = ''] = SERVER.exec(script ?? '') ?? [];
  return subcommand === undefined ? undefined : [subcommand, ...flags.split(' ').filter(Boolean)];
}

/** Commands that need an account or run for minutes: it is checked that they exist. @throws if they do not. */
function isOnlyChecked(command: string): boolean {
  const [program, ...words] = command.split(' ');
  if (program === 'npm') {
    const name = words[0] === 'run' ? words[1] : words[0];
    if (name === undefined || scripts[name] === undefined)
      throw new Error(`package.json has no script for ${command}.`);
    return true;
  }
  const isCdk = program === 'npx' && words[0] === 'cdk';
  if (isCdk && !['bootstrap', 'deploy', 'destroy', 'synth'].includes(words[1] ?? '')) {
    throw new Error(`cdk has no command such as ${command}.`);
  }
  return isCdk;
}

function printedUntil(process: ChildProcess, ready: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const hear = (text: Buffer) => {
      printed += text.toString();
      if (ready.test(printed)) resolve(printed);
    };
    process.stdout?.on('data', hear);
    process.stderr?.on('data', hear);
    process.on('exit', () => reject(new Error(`The server ended:\n${printed}`)));
  });
}

const DONE = 'what the reader typed is done:';

/** A shell that stays: what one block exports, the next one sees. */
class Shell {
  readonly #process: ChildProcess;
  readonly #folder: string;
  #printed = '';
  #heard: (() => void) | undefined;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#process = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process.stdout?.on('data', (text: Buffer) => {
      this.#printed += text.toString();
      this.#heard?.();
    });
    this.#process.stdin?.write(`set -E -o pipefail; trap 'failed="$BASH_COMMAND"' ERR\n`);
  }

  /** Standard output and error of the commands. @throws if one of them fails. */
  async run(commands: string): Promise<string> {
    const file = join(this.#folder, '.typed');
    writeFileSync(file, `${commands}\n`);
    this.#printed = '';
    this.#process.stdin?.write(`failed=; source .typed </dev/null 2>&1; printf '${DONE}%s\\n' "$failed"\n`);
    const end = new RegExp(`${DONE}(.*)\\n$`);
    while (!end.test(this.#printed)) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    const [marker = '', failed] = end.exec(this.#printed) ?? [];
    const printed = this.#printed.slice(0, -marker.length);
    if (failed !== '') throw new Error(`${failed}\nfailed and printed\n${printed}`);
    return printed;
  }

  close(): void {
    this.#process.kill();
  }
}
