import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { Json } from '../model/json.ts';
import { BadBreakerPolicy, type BreakerPolicy, readBreakerPolicies } from '../resilience/breaker-policy.ts';
import { BadRateLimits, type RateLimitTable, readRateLimits } from '../resilience/rate-limit.ts';
import { BadPoolLimits, readPoolLimits } from '../resources/pools/pool-name.ts';
import {
  type Authentication,
  type AuthFlags,
  authSchema,
  BadAuthentication,
  readAuthentication,
} from './authentication.ts';
import { S3_BUCKETS } from './buckets.ts';
import { type ConfiguredConnections, connectionsSchema } from './connections.ts';

/** How a server on one machine is set up: by flags, else by the environment, else by `knhk.config.json`. */
export interface Configuration {
  /** 0 … 65,535; 0: a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Base URL of a Lambda Invoke API; without it, functions come from `handlers`. */
  readonly lambdaEndpoint?: string;
  /** Module whose exports are the functions. */
  readonly handlers?: string;
  /** Module whose default export is the stages of the pipeline. */
  readonly stages?: string;
  /** Folder whose folders are the buckets of maps; `s3`: those of S3. */
  readonly buckets: string;
  /** Hosts that HTTP tasks may call, see `HttpPolicy`. */
  readonly httpAllow?: readonly string[];
  /** Connections of HTTP tasks; from the configuration file alone. */
  readonly connections?: ConfiguredConnections;
  /** How callers say who they are. Absent: nobody is asked, and the server listens on loopback alone. */
  readonly authentication?: Authentication;
  /** Address that is listened on. Absent: 127.0.0.1. */
  readonly host?: string;
  /** Origins whose pages may call, as in `https://app.example.com`. Absent: none. */
  readonly corsOrigins?: readonly string[];
  /** Limits of resource pools, by name; from the configuration file alone. */
  readonly pools?: ReadonlyMap<string, number>;
  /** Rate limits, by name; from the configuration file alone. */
  readonly rateLimits?: RateLimitTable;
  /** Policies of circuit breakers, by target; from the configuration file alone. */
  readonly breakers?: ReadonlyMap<string, BreakerPolicy>;
  /** `false`: executions that are open in the data folder are left to an engine that has their handlers. */
  readonly takesUp?: boolean;
}

export interface Flags {
  readonly port?: string;
  readonly dataDir?: string;
  readonly lambdaEndpoint?: string;
  readonly handlers?: string;
  readonly stages?: string;
  readonly buckets?: string;
  readonly httpAllow?: readonly string[];
  readonly connections?: ConfiguredConnections;
  readonly auth?: AuthFlags;
  readonly host?: string;
  readonly corsOrigins?: readonly string[];
  readonly breakers?: Json;
  readonly pools?: Json;
  readonly rateLimits?: Json;
}

/** Read in the folder where the command runs; its paths are relative to that folder. */
export const CONFIGURATION_FILE = 'knhk.config.json';

const fileSchema = z.strictObject({
  port: z.int().min(0).max(65_535).optional(),
  dataDir: z.string().min(1).optional(),
  lambdaEndpoint: z.url().optional(),
  handlers: z.string().min(1).optional(),
  stages: z.string().min(1).optional(),
  buckets: z.string().min(1).optional(),
  httpAllow: z.array(z.string().min(1)).optional(),
  connections: connectionsSchema.optional(),
  auth: authSchema.optional(),
  host: z.string().min(1).optional(),
  corsOrigins: z.array(z.string().min(1)).optional(),
  breakers: z.json().optional(),
  pools: z.json().optional(),
  rateLimits: z.json().optional(),
});

/** What the folder's configuration file says; nothing if there is none. @throws BadConfiguration */
export function readConfigurationFile(folder: string): Flags {
  const path = resolve(folder, CONFIGURATION_FILE);
  if (!existsSync(path)) return {};
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new BadConfiguration(`${path} cannot be read as JSON: ${error instanceof Error ? error.message : error}`);
  }
  const { success, data, error } = fileSchema.safeParse(content);
  if (!success) throw new BadConfiguration(`${path} is not understood. ${z.prettifyError(error)}`);
  const { port, dataDir, lambdaEndpoint, handlers, buckets, httpAllow, connections, auth, host, corsOrigins } = data;
  const { stages } = data;
  const { breakers, pools, rateLimits } = data;
  return {
    ...(port === undefined ? {} : { port: String(port) }),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(lambdaEndpoint === undefined ? {} : { lambdaEndpoint }),
    ...(handlers === undefined ? {} : { handlers }),
    ...(stages === undefined ? {} : { stages }),
    ...(buckets === undefined ? {} : { buckets }),
    ...(httpAllow === undefined ? {} : { httpAllow }),
    ...(connections === undefined ? {} : { connections }),
    ...(auth === undefined ? {} : { auth }),
    ...(host === undefined ? {} : { host }),
    ...(corsOrigins === undefined ? {} : { corsOrigins }),
    ...(breakers === undefined ? {} : { breakers }),
    ...(pools === undefined ? {} : { pools }),
    ...(rateLimits === undefined ? {} : { rateLimits }),
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws BadConfiguration naming the variable or flag, and what it must be. */
export function readConfiguration(flags: Flags, env: Variables, file = readConfigurationFile('.')): Configuration {
  const lambdaEndpoint = flags.lambdaEndpoint ?? env['KNHK_LAMBDA_ENDPOINT'] ?? file.lambdaEndpoint;
  const handlers = flags.handlers ?? env['KNHK_HANDLERS'] ?? file.handlers;
  const stages = flags.stages ?? env['KNHK_STAGES'] ?? file.stages;
  const buckets = flags.buckets ?? env['KNHK_BUCKETS'] ?? file.buckets ?? 'buckets';
  if (lambdaEndpoint !== undefined && !URL.canParse(lambdaEndpoint)) {
    throw new BadConfiguration(
      `KNHK_LAMBDA_ENDPOINT must be a URL such as http://127.0.0.1:9001, and is '${lambdaEndpoint}'.`,
    );
  }
  const httpAllow =
    flags.httpAllow ?? env['KNHK_HTTP_ALLOW']?.split(',').filter((host) => host !== '') ?? file.httpAllow;
  return {
    port: readPort(flags.port ?? env['PORT'] ?? file.port ?? '8080'),
    buckets: buckets === S3_BUCKETS ? buckets : resolve(buckets),
    dataDir: resolve(flags.dataDir ?? env['KNHK_DATA_DIR'] ?? file.dataDir ?? '.knhk'),
    ...(lambdaEndpoint === undefined ? {} : { lambdaEndpoint }),
    ...(handlers === undefined ? {} : { handlers: resolve(handlers) }),
    ...(stages === undefined ? {} : { stages: resolve(stages) }),
    ...(httpAllow === undefined ? {} : { httpAllow }),
    ...(file.connections === undefined ? {} : { connections: file.connections }),
    ...(file.breakers === undefined ? {} : { breakers: asConfigured(() => readBreakerPolicies(file.breakers ?? {})) }),
    ...(file.pools === undefined ? {} : { pools: asConfigured(() => readPoolLimits(file.pools ?? {})) }),
    ...(file.rateLimits === undefined ? {} : { rateLimits: asConfigured(() => readRateLimits(file.rateLimits)) }),
    ...readAccess(env, file),
  };
}

/** Who may call, and from where. */
function readAccess(env: Variables, file: Flags): Pick<Configuration, 'authentication' | 'corsOrigins' | 'host'> {
  const authentication = asConfigured(() => readAuthentication(env, file.auth));
  const host = env['KNHK_HOST'] ?? file.host;
  const corsOrigins = env['KNHK_CORS_ORIGINS']?.split(',').filter((origin) => origin !== '') ?? file.corsOrigins;
  if (host !== undefined && authentication === undefined && !LOOPBACK.has(host)) {
    throw new BadConfiguration(
      `KNHK_HOST may be '${host}' only with authentication: set KNHK_AUTH, for example to api-keys, or leave it out.`,
    );
  }
  const wrong = corsOrigins?.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (wrong !== undefined) {
    throw new BadConfiguration(`KNHK_CORS_ORIGINS must be like https://app.example.com, and one is '${wrong}'.`);
  }
  return {
    ...(authentication === undefined ? {} : { authentication }),
    ...(host === undefined ? {} : { host }),
    ...(corsOrigins === undefined ? {} : { corsOrigins }),
  };
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

const CONFIGURATION_ERRORS = [BadAuthentication, BadBreakerPolicy, BadPoolLimits, BadRateLimits] as const;

function asConfigured<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isBad = CONFIGURATION_ERRORS.some((kind) => error instanceof kind);
    throw isBad && error instanceof Error ? new BadConfiguration(error.message) : error;
  }
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
