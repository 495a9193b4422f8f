import { resolve } from 'node:path';

/** How a server on one machine is set up: from the environment, and flags before it. */
export interface Configuration {
  /** 0 … 65,535; 0: a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Base URL of a Lambda Invoke API; without it, functions come from `handlers`. */
  readonly lambdaEndpoint?: string;
  /** Module whose exports are the functions. */
  readonly handlers?: string;
}

export interface Flags {
  readonly port?: string;
  readonly dataDir?: string;
  readonly lambdaEndpoint?: string;
  readonly handlers?: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws BadConfiguration naming the variable or flag, and what it must be. */
export function readConfiguration(flags: Flags, env: Variables): Configuration {
  const lambdaEndpoint = flags.lambdaEndpoint ?? env['KNHK_LAMBDA_ENDPOINT'];
  const handlers = flags.handlers ?? env['KNHK_HANDLERS'];
  if (lambdaEndpoint !== undefined && !URL.canParse(lambdaEndpoint)) {
    throw new BadConfiguration(
      `KNHK_LAMBDA_ENDPOINT must be a URL such as http://127.0.0.1:9001, and is '${lambdaEndpoint}'.`,
    );
  }
  return {
    port: readPort(flags.port ?? env['PORT'] ?? '8080'),
    dataDir: resolve(flags.dataDir ?? env['KNHK_DATA_DIR'] ?? '.knhk'),
    ...(lambdaEndpoint === undefined ? {} : { lambdaEndpoint }),
    ...(handlers === undefined ? {} : { handlers: resolve(handlers) }),
  };
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new BadConfiguration(`PORT must be a number from 0 to 65535, and is '${text}'.`);
}

export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
  readonly code = 'Knhk.BadConfiguration';
}
