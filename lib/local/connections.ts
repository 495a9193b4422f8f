import { z } from 'zod';
import {
  type Authorization,
  type Connection,
  type Connections,
  ConnectionUnusable,
  type HttpParameters,
  noParameters,
} from '../ports/http-connections.ts';

/** A text, or the name of the environment variable that has it: secrets need not stand in a file. */
const secretSchema = z.union([z.string(), z.strictObject({ env: z.string().min(1) })]);
type Secret = z.infer<typeof secretSchema>;

const fieldsSchema = z.record(z.string(), secretSchema);
const parametersSchema = z.strictObject({
  headers: fieldsSchema.optional(),
  query: fieldsSchema.optional(),
  body: fieldsSchema.optional(),
});

/** What takes the place of a connection of EventBridge on one machine. */
const connectionSchema = z.strictObject({
  apiKey: z.strictObject({ header: z.string().min(1), value: secretSchema }).optional(),
  basic: z.strictObject({ username: secretSchema, password: secretSchema }).optional(),
  oauth: z
    .strictObject({
      endpoint: z.url(),
      method: z.enum(['GET', 'POST', 'PUT']).optional(),
      clientId: secretSchema,
      clientSecret: secretSchema,
      parameters: parametersSchema.optional(),
    })
    .optional(),
  parameters: parametersSchema.optional(),
});

/** By name, or by ARN. */
export const connectionsSchema = z.record(
  z.string().min(1),
  connectionSchema.refine(
    ({ apiKey, basic, oauth }) => [apiKey, basic, oauth].filter((given) => given !== undefined).length === 1,
    'Give exactly one of apiKey, basic and oauth.',
  ),
);

export type ConfiguredConnections = z.infer<typeof connectionsSchema>;
type Configured = z.infer<typeof connectionSchema>;
type Variables = Readonly<Record<string, string | undefined>>;

/** The connections of `knhk.config.json`: by ARN, or by the name that stands in the ARN. */
export class LocalConnections implements Connections {
  readonly #configured: ConfiguredConnections;
  readonly #env: Variables;

  constructor(configured: ConfiguredConnections, env: Variables) {
    this.#configured = configured;
    this.#env = env;
  }

  async find(arn: string): Promise<Connection> {
    const name = /:connection\/([^/]+)/.exec(arn)?.[1] ?? arn;
    const configured = this.#own(arn) ?? this.#own(name);
    if (configured === undefined) {
      throw new ConnectionUnusable(
        'Events.ConnectionResource.ResourceNotFound',
        `There is no connection '${name}': describe it under 'connections' in knhk.config.json.`,
      );
    }
    const parameters = this.#parameters(configured.parameters);
    return { authorization: this.#authorization(configured, name), parameters };
  }

  #own(name: string): Configured | undefined {
    return Object.hasOwn(this.#configured, name) ? this.#configured[name] : undefined;
  }

  #authorization({ apiKey, basic, oauth }: Configured, name: string): Authorization {
    if (apiKey !== undefined) return { kind: 'apiKey', header: apiKey.header, value: this.#text(apiKey.value) };
    if (basic !== undefined) {
      return { kind: 'basic', username: this.#text(basic.username), password: this.#text(basic.password) };
    }
    if (oauth === undefined) throw new Error(`The connection '${name}' was not checked.`);
    return {
      kind: 'oauth',
      endpoint: oauth.endpoint,
      method: oauth.method ?? 'POST',
      clientId: this.#text(oauth.clientId),
      clientSecret: this.#text(oauth.clientSecret),
      parameters: this.#parameters(oauth.parameters),
    };
  }

  #parameters(given: z.infer<typeof parametersSchema> | undefined): HttpParameters {
    if (given === undefined) return noParameters;
    return {
      headers: this.#fields(given.headers),
      query: this.#fields(given.query),
      body: this.#fields(given.body),
    };
  }

  #fields(fields: Readonly<Record<string, Secret>> = {}): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.#text(value)]));
  }

  #text(secret: Secret): string {
    if (typeof secret === 'string') return secret;
    const value = this.#env[secret.env];
    if (value !== undefined) return value;
    throw new ConnectionUnusable(
      'Events.ConnectionResource.InvalidConnectionState',
      `Set the environment variable ${secret.env}, which a connection in knhk.config.json takes a value from.`,
    );
  }
}
