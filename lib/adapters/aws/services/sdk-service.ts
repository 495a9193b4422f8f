import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AwsClients } from '../clients.ts';
import { listen, noAnswer, type RawAnswer } from './http-answer.ts';
import { packageOf } from './packages.ts';
import { operationShapes, type Shape } from './shape.ts';

/** The engine has no client for a service, or one that lacks the action: what to do about it stands in the message. */
export class NoClient extends Error {
  override readonly name = 'NoClient';
  readonly code = 'Knhk.NoClient';
}

/** One action of a service: what it takes and gives, and the call itself. */
export interface Operation {
  readonly input: Shape;
  readonly output: Shape;
  send(request: object, roleArn: string | undefined, signal: AbortSignal): Promise<SdkAnswer>;
}

export interface SdkAnswer {
  readonly value: unknown;
  readonly http: RawAnswer;
}

interface Client {
  readonly config: { readonly serviceId?: string };
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

type Command = Parameters<typeof listen>[0] & { readonly schema?: unknown };

/**
 * A service of AWS through its SDK client, loaded when it is first used. Those of the optimised integrations are part of
 * the deployed functions; others come from Lambda's own runtime, and on one machine from what is installed.
 */
export class SdkService {
  readonly #package: string;
  readonly #module: Readonly<Record<string, unknown>>;
  readonly #clients: AwsClients;
  readonly #byRole = new Map<string, Client>();

  /** @throws NoClient */
  static async load(service: string, clients: AwsClients): Promise<SdkService> {
    const name = packageOf(service);
    return new SdkService(name, await loadModule(name), clients);
  }

  private constructor(name: string, module: Readonly<Record<string, unknown>>, clients: AwsClients) {
    this.#package = name;
    this.#module = module;
    this.#clients = clients;
  }

  /** As in `DynamoDB`, `Secrets Manager`. */
  get id(): string {
    return this.#client(undefined).config.serviceId ?? this.#package;
  }

  /** Whether the service's model has a class for errors of this one's kind. */
  isDeclared(error: object): boolean {
    const base = this.#find((name) => name.endsWith('ServiceException') && name !== 'ServiceException');
    return base === undefined || error.constructor !== base;
  }

  /** @param action as in `putItem`. @throws NoClient */
  operation(action: string): Operation {
    const Make = this.#find((name) => name.toLowerCase() === `${action}command`.toLowerCase());
    if (Make === undefined) {
      throw new NoClient(
        `The package @aws-sdk/client-${this.#package} has no action '${action}': update it, or correct the Resource.`,
      );
    }
    // Every exported class whose name ends with `Command` takes the request.
    const make = (request: object) => new (Make as new (input: object) => Command)(request);
    const shapes = operationShapes(make({}).schema);
    if (shapes === undefined) {
      throw new NoClient(
        `The package @aws-sdk/client-${this.#package} is too old: install a version that describes its requests.`,
      );
    }
    return {
      ...shapes,
      send: async (request, roleArn, signal) => {
        const command = make(request);
        let http = noAnswer;
        listen(command, (answer) => {
          http = answer;
        });
        return { value: await this.#client(roleArn).send(command, { abortSignal: signal }), http };
      },
    };
  }

  destroy(): void {
    for (const client of this.#byRole.values()) client.destroy();
    this.#byRole.clear();
  }

  #client(roleArn: string | undefined): Client {
    const known = this.#byRole.get(roleArn ?? '');
    if (known !== undefined) return known;
    const Make = this.#find((name) => /[A-Za-z0-9]Client$/.test(name));
    if (Make === undefined) throw new NoClient(`The package @aws-sdk/client-${this.#package} has no client.`);
    // The class of a client takes its configuration.
    const client = new (Make as new (config: object) => Client)({
      ...this.#clients.taskConfig(roleArn),
      ...emulatorConfig(this.#package),
    });
    this.#byRole.set(roleArn ?? '', client);
    return client;
  }

  #find(isWanted: (name: string) => boolean): object | undefined {
    for (const [name, value] of Object.entries(this.#module)) {
      if (typeof value === 'function' && !name.startsWith('_') && isWanted(name)) return value;
    }
    return undefined;
  }
}

/** Where the environment names an endpoint, requests go there: not to a host name per bucket, nor to the host of a queue's URL. */
function emulatorConfig(name: string): object {
  const isRedirected = process.env[`AWS_ENDPOINT_URL_${name.toUpperCase()}`] ?? process.env['AWS_ENDPOINT_URL'];
  if (isRedirected === undefined) return {};
  return { s3: { forcePathStyle: true }, sqs: { useQueueUrlAsEndpoint: false } }[name] ?? {};
}

type Loader = () => Promise<object>;

/** Named one by one, so that they are bundled with the functions. */
const BUNDLED: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['dynamodb', () => import('@aws-sdk/client-dynamodb')],
  ['eventbridge', () => import('@aws-sdk/client-eventbridge')],
  ['lambda', () => import('@aws-sdk/client-lambda')],
  ['s3', () => import('@aws-sdk/client-s3')],
  ['scheduler', () => import('@aws-sdk/client-scheduler')],
  ['secrets-manager', () => import('@aws-sdk/client-secrets-manager')],
  ['sns', () => import('@aws-sdk/client-sns')],
  ['sqs', () => import('@aws-sdk/client-sqs')],
  ['sts', () => import('@aws-sdk/client-sts')],
]);

async function loadModule(name: string): Promise<Readonly<Record<string, unknown>>> {
  const bundled = BUNDLED.get(name);
  if (bundled !== undefined) return Object.fromEntries(Object.entries(await bundled()));
  if (!/^[a-z0-9-]+$/.test(name)) throw missing(name);
  // Beside the engine (on Lambda: in its runtime, which only `require` finds), or in the project it runs in.
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      // What a package exports is known by its names only.
      return createRequire(from)(`@aws-sdk/client-${name}`) as Record<string, unknown>;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw missing(name);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
}

function missing(name: string): NoClient {
  return new NoClient(
    `The engine has no client for this service: install the package @aws-sdk/client-${name} beside it.`,
  );
}
